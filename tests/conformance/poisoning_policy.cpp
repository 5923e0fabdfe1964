// The battery of poisoning_policy.
#include "support/catch.hpp"
#include "support/noted_poisoning.hpp"

#include <ptm/observe/default_poisoning.hpp>
#include <ptm/observe/valgrind_poisoning.hpp>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <tuple>
#include <type_traits>

namespace {

using memcheck_if_there =
    std::conditional_t<ptm::valgrind_poisoning::works, ptm::valgrind_poisoning, ptm::no_poisoning>;
using models = std::tuple<ptm::no_poisoning, ptm::default_poisoning, memcheck_if_there, ptm_test::noted_poisoning>;

alignas(16) std::byte memory[256];

template <class P>
void begin() {
    if constexpr (std::is_same_v<P, ptm_test::noted_poisoning>) P::watch({memory, sizeof memory});
    P::expose(memory, sizeof memory);
}

} // namespace

TEMPLATE_LIST_TEST_CASE("poisoning: a model of poisoning_policy, without a state", "", models) {
    STATIC_REQUIRE(ptm::poisoning_policy<TestType>);
    STATIC_REQUIRE(std::is_empty_v<TestType>);
    STATIC_REQUIRE(std::is_empty_v<typename TestType::at_work>);
}

TEMPLATE_LIST_TEST_CASE("poisoning: marks change no byte and no errno", "", models) {
    begin<TestType>();
    std::memset(memory, 0x5a, sizeof memory);
    errno = EDOM;
    TestType::hide(memory, sizeof memory);
    TestType::hide(memory + 32, 0);
    TestType::define(memory, 100);
    TestType::expose(memory + 100, sizeof memory - 100);
    CHECK(errno == EDOM);
    bool same = true;
    for (std::byte b : memory) same = same && b == std::byte{0x5a};
    CHECK(same);
}

TEMPLATE_LIST_TEST_CASE("poisoning: reach ends at the first hidden byte, or nothing is ever hidden", "", models) {
    begin<TestType>();
    for (std::size_t n : {0u, 1u, 15u, 16u, 100u}) {
        TestType::hide(memory, sizeof memory);
        TestType::expose(memory, n);
        std::size_t reach = TestType::reach(memory, sizeof memory);
        CHECK((reach == n || reach == sizeof memory));
        if constexpr (!TestType::poisons) CHECK(reach == sizeof memory);
        CHECK(TestType::reach(memory, n) == n);
        TestType::expose(memory, sizeof memory);
        CHECK(TestType::reach(memory, sizeof memory) == sizeof memory);
    }
}

TEMPLATE_LIST_TEST_CASE("poisoning: work may begin within work", "", models) {
    [[maybe_unused]] typename TestType::at_work outer;
    { [[maybe_unused]] typename TestType::at_work inner; }
    if constexpr (std::is_same_v<TestType, ptm_test::noted_poisoning>) CHECK(TestType::workers == 1);
    CHECK(TestType::reach(memory, 0) == 0);
}
