// The battery of observer_policy, and what is no observer.
#include "support/catch.hpp"

#include <ptm/observe/counters.hpp>
#include <ptm/observe/observer.hpp>
#include <ptm/observe/ring.hpp>
#include <ptm/observe/scopes.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <thread>
#include <tuple>
#include <type_traits>

namespace events = ptm::events;

namespace {

using observers =
    std::tuple<ptm::no_observer, ptm::counters, ptm::ring_observer<4096>, ptm::scoped<>, ptm::scoped<ptm::counters>>;

template <class O>
constinit O before_constructors{};

template <class O>
constinit O told_by_threads{};

// How many times one_of_each() was heard; `told` from an observer that remembers nothing.
std::uint64_t rounds_seen(ptm::no_observer&, std::uint64_t told) { return told; }
std::uint64_t rounds_seen(ptm::counters& o, std::uint64_t) { return o.now().freed; }
template <std::size_t Entries>
std::uint64_t rounds_seen(ptm::ring_observer<Entries>& o, std::uint64_t) {
    return o.seen() / 5;
}

void one_of_each(auto& observer, void* user, ptm::pages memory) {
    observer(events::system_grew{memory});
    observer(events::allocated{user, 24});
    observer(events::freed{user});
    observer(events::consolidated{});
    observer(events::system_shrank{memory.bytes});
}

} // namespace

TEMPLATE_LIST_TEST_CASE("observer: a model of observer_policy", "", observers) {
    STATIC_REQUIRE(ptm::observer_policy<TestType>);
    STATIC_REQUIRE(std::is_trivially_destructible_v<TestType>);
}

TEMPLATE_LIST_TEST_CASE("observer: looks and does not touch", "", observers) {
    std::byte memory[64], same[64];
    std::memset(memory, 0x5a, sizeof memory);
    std::memset(same, 0x5a, sizeof same);
    errno = EDOM;
    one_of_each(before_constructors<TestType>, memory + 16, {memory, sizeof memory});
    CHECK(errno == EDOM);
    CHECK(std::memcmp(memory, same, sizeof memory) == 0);
}

// A block that is freed may be gone already, and one of size zero has no bytes.
TEMPLATE_LIST_TEST_CASE("observer: never follows an address", "", observers) {
    errno = 0;
    one_of_each(before_constructors<TestType>, reinterpret_cast<void*>(16), {});
    CHECK(errno == 0);
}

TEMPLATE_LIST_TEST_CASE("observer: told by several threads at once, it misses nothing", "", observers) {
    auto& observer = told_by_threads<TestType>;
    std::byte memory[64] = {};
    auto work = [&] {
        for (int i = 0; i < 200; ++i) one_of_each(observer, memory, {memory, sizeof memory});
    };
    std::thread a(work), b(work);
    work();
    a.join();
    b.join();
    CHECK(rounds_seen(observer, 600) == 600);
    CHECK(memory[0] == std::byte{0});
}

// ---- what is no observer -------------------------------------------------------------------------------------------

namespace {

struct deaf {};

// Each of these lacks one event.
template <class Missing>
struct all_but {
    template <class E>
    void operator()(const E&) noexcept
        requires(!std::is_same_v<E, Missing>);
};

struct may_throw {
    void operator()(const auto&);
};
struct deletes_one {
    void operator()(const auto&) noexcept;
    void operator()(const events::freed&) noexcept = delete;
};
struct decides_in_silence : ptm::no_observer {
    bool permits(std::size_t) noexcept { return true; }
};
struct decides_without_a_word : ptm::no_observer {
    [[maybe_unused]] static constexpr bool decides = true;
};
struct decides_and_may_throw : decides_without_a_word {
    bool permits(std::size_t) { return true; }
};
struct one_may_throw {
    void operator()(const auto&) noexcept;
    void operator()(const events::consolidated&);
};

} // namespace

static_assert(!ptm::observer_policy<int> && !ptm::observer_policy<deaf>);
static_assert(ptm::observer_policy<all_but<void>>, "the other ones lack what they say, nothing else");
static_assert(!ptm::observer_policy<all_but<events::allocated>> && !ptm::observer_policy<all_but<events::freed>>);
static_assert(!ptm::observer_policy<all_but<events::system_grew>>);
static_assert(!ptm::observer_policy<all_but<events::system_shrank>>);
static_assert(!ptm::observer_policy<all_but<events::consolidated>>);
static_assert(!ptm::observer_policy<may_throw>);
static_assert(!ptm::observer_policy<one_may_throw> && !ptm::observer_policy<deletes_one>);
static_assert(!ptm::observer_policy<decides_in_silence> && !ptm::observer_policy<decides_without_a_word>);
static_assert(!ptm::observer_policy<decides_and_may_throw>);
