#include <ptm/observe/asan_poisoning.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"

#include <cstddef>
#include <string>

static_assert(ptm::poisoning_policy<ptm::asan_poisoning> == ptm::asan_poisoning::works);
static_assert(ptm::asan_poisoning::works == (PTM_ADDRESS_SANITIZED == 1));

namespace {

alignas(16) char memory[64];

bool poisoned([[maybe_unused]] const char* p) {
    bool yes = false;
    PTM_IF_ADDRESS_SANITIZED(yes = __asan_address_is_poisoned(p) != 0;)
    return yes;
}

[[gnu::noinline]] void touch(volatile char* p) { *p = 1; }

} // namespace

TEST_CASE("asan_poisoning hides and exposes single bytes at the end of a stretch") {
    constexpr bool there = ptm::asan_poisoning::works;
    for (std::size_t n : {0u, 1u, 7u, 8u, 13u, 47u, 48u}) {
        ptm::asan_poisoning::hide(memory, 48);
        ptm::asan_poisoning::expose(memory, n);
        for (std::size_t i = 0; i < 48; ++i) CHECK(poisoned(memory + i) == (there && i >= n));
        CHECK(ptm::asan_poisoning::reach(memory, 48) == (there ? n : 48));
        CHECK_FALSE(poisoned(memory + 48));
    }
    ptm::asan_poisoning::define(memory, 48);
    CHECK(ptm::asan_poisoning::reach(memory, 64) == 64);
}

TEST_CASE("asan_poisoning: who touches what is hidden gets a report, in builds with AddressSanitizer") {
    auto end = ptm_test::in_child([] {
        ptm::asan_poisoning::hide(memory, 16);
        touch(memory);
    });
    if constexpr (ptm::asan_poisoning::works)
        CHECK(end.errors.find("use-after-poison") != std::string::npos);
    else
        CHECK(end.nothing_wrong());
}
