// support/playground.hpp - for tests of bins: contexts of three lines, and memory with free chunks in it.
#pragma once

#include "support/catching.hpp"

#include <ptm/bin/context.hpp>
#include <ptm/chunk/boundary_tag.hpp>

#include <cstddef>
#include <vector>

namespace ptm_test {

template <class Links, class RingLinks = ptm::plain_links>
struct bin_test_context {
    using header = ptm::boundary_tag<Links, RingLinks>;
    using reporter = catching_reporter;
    static constexpr auto checked = ptm::checks::all;
};

using plain_context = bin_test_context<ptm::plain_links>;
using safe_context = bin_test_context<ptm::safe_links>;
using safest_context = bin_test_context<ptm::safe_links, ptm::safe_links>;

static_assert(ptm::bin_context<plain_context> && ptm::bin_context<safe_context>);

// playground - free chunks one behind the other, with a used one of the smallest size between them.
template <class C = safe_context>
class playground {
    using header = typename C::header;
    using chunk = ptm::chunk_in<C>;

    std::vector<std::max_align_t> memory_;
    chunk* next_;

public:
    explicit playground(std::size_t bytes = std::size_t{1} << 20)
        : memory_(bytes / sizeof(std::max_align_t)), next_(header::at(memory_.data(), 0)) {}

    // make - a chunk of n bytes; the playground must have room for it.
    chunk* make(std::size_t n) {
        chunk* c = next_;
        header::set_free(c, ptm::chunk_size{n});
        chunk* fence = header::next(c);
        header::set_used(fence, header::smallest, false);
        header::set_prev_in_use(fence, false);
        next_ = header::next(fence);
        header::set_used(next_, header::smallest, false);
        return c;
    }
};

// stocked - bins, and the playground that their chunks come from.
template <class Bins, class C>
struct stocked {
    playground<C> ground;
    Bins b;
    stocked() { b.clear(); }

    ptm::chunk_in<C>* add(std::size_t n) {
        ptm::chunk_in<C>* c = ground.make(n);
        b.insert(c);
        return c;
    }
};

} // namespace ptm_test
