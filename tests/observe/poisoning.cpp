#include <ptm/observe/poisoning.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <type_traits>

namespace {

struct worker {
    int value;
    [[no_unique_address]] ptm::no_poisoning::at_work at_work;
};

struct without_reach {
    static constexpr bool works = true;
    static constexpr bool poisons = true;
    struct at_work {};
    static void hide(void*, std::size_t) noexcept {}
    static void expose(void*, std::size_t) noexcept {}
    static void define(void*, std::size_t) noexcept {}
};
struct complete : without_reach {
    static std::size_t reach(const void*, std::size_t n) noexcept { return n; }
};
struct in_another_build : complete {
    static constexpr bool works = false;
};
struct that_may_throw : complete {
    static void hide(void*, std::size_t) {}
};
struct without_work : complete {
    using at_work = int&;
};

} // namespace

static_assert(sizeof(worker) == sizeof(int), "an empty at_work adds no byte");
static_assert(ptm::poisoning_policy<complete>);
static_assert(!ptm::poisoning_policy<without_reach> && !ptm::poisoning_policy<in_another_build>);
static_assert(!ptm::poisoning_policy<that_may_throw> && !ptm::poisoning_policy<without_work>);
static_assert(!ptm::poisoning_policy<int>);

TEST_CASE("no_poisoning hides nothing, and costs nothing, not even at compile time") {
    constexpr std::size_t reach = [] {
        char bytes[16] = {};
        ptm::no_poisoning::hide(bytes, 16);
        return ptm::no_poisoning::reach(bytes, 16);
    }();
    CHECK(reach == 16);
    CHECK(std::is_trivially_default_constructible_v<ptm::no_poisoning::at_work>);
}
