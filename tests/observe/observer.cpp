#include <ptm/observe/observer.hpp>

#include "support/catch.hpp"

#include <ptm/core/text.hpp>

#include <cstdint>
#include <type_traits>

namespace {

struct watched {
    int value;
    [[no_unique_address]] ptm::no_observer observer;
};

// What a user may write: one operator for each event.
struct telling {
    ptm::text<64> heard;
    void operator()(const ptm::events::allocated& e) noexcept { heard << "a" << std::uint64_t{e.request}; }
    void operator()(const ptm::events::freed&) noexcept { heard << "f"; }
    void operator()(const ptm::events::system_grew& e) noexcept { heard << "g" << std::uint64_t{e.gained.bytes}; }
    void operator()(const ptm::events::system_shrank& e) noexcept { heard << "s" << std::uint64_t{e.bytes}; }
    void operator()(const ptm::events::consolidated&) noexcept { heard << "c"; }
};

} // namespace

static_assert(sizeof(watched) == sizeof(int), "an empty observer adds no byte");
static_assert(ptm::observer_policy<telling>);

TEST_CASE("an event goes to the operator of its kind, with what it carries") {
    telling observer;
    std::byte memory[32] = {};
    observer(ptm::events::system_grew{{memory, 32}});
    observer(ptm::events::allocated{memory, 24});
    observer(ptm::events::freed{memory});
    observer(ptm::events::consolidated{});
    observer(ptm::events::system_shrank{16});
    CHECK(observer.heard.view() == "g32a24fcs16");
}

TEST_CASE("no_observer costs nothing, not even at compile time") {
    constexpr bool silent = [] {
        ptm::no_observer observer;
        observer(ptm::events::allocated{nullptr, 1});
        observer(ptm::events::consolidated{});
        return true;
    }();
    CHECK(silent);
    CHECK(std::is_empty_v<ptm::no_observer>);
}
