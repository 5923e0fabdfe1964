// bin/context.hpp - what a bin may read of a configuration, and nothing more. Three lines make one for a test.
#pragma once

#include <concepts>

#include <ptm/check/check_set.hpp>
#include <ptm/chunk/header.hpp>
#include <ptm/report/reporter.hpp>

namespace ptm {

template <class C>
concept bin_context = header_policy<typename C::header> && reporter_policy<typename C::reporter> && requires {
    { C::checked } -> std::convertible_to<check_set>;
};

template <class C>
using chunk_in = typename C::header::chunk;

// no_check - for a place that shares code with one that checks, and does not.
inline constexpr fault no_check = fault::count;

namespace detail {
// nothing - a visitor, for concepts.
struct nothing {
    void operator()(const auto&...) const noexcept {}
};
}

} // namespace ptm
