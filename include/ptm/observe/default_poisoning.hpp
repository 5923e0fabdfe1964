// observe/default_poisoning.hpp - what the named configurations tell: AddressSanitizer in builds with it, else nobody.
#pragma once

#include <type_traits>

#include <ptm/core/config.hpp>
#include <ptm/observe/asan_poisoning.hpp>
#include <ptm/observe/poisoning.hpp>

namespace ptm {

using default_poisoning = std::conditional_t<asan_poisoning::works, asan_poisoning, no_poisoning>;

static_assert(poisoning_policy<default_poisoning>);

} // namespace ptm
