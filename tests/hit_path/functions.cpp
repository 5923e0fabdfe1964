// The usual path of malloc and free, and of an arena, three times: with the library's empty pieces (empty_), with empty
// pieces written anew by a user (other_), and with pieces that do something (busy_). compare.bash looks at the machine
// code: the first two must not differ by one instruction, the third must, or the comparison shows nothing.
#include <ptm/ptm.hpp>

namespace {

struct other_observer {
    void operator()(const auto&) noexcept {}
};
struct other_hooks {
    static constexpr ptm::malloc_hook on_malloc() noexcept { return nullptr; }
    static constexpr ptm::realloc_hook on_realloc() noexcept { return nullptr; }
    static constexpr ptm::free_hook on_free() noexcept { return nullptr; }
    static constexpr ptm::memalign_hook on_memalign() noexcept { return nullptr; }
    static constexpr void set_up() noexcept {}
};
struct other_poisoning {
    static constexpr bool works = true;
    static constexpr bool poisons = false;
    struct at_work {};
    static void hide(void*, std::size_t) noexcept {}
    static void expose(void*, std::size_t) noexcept {}
    static void define(void*, std::size_t) noexcept {}
    static std::size_t reach(const void*, std::size_t n) noexcept { return n; }
};
struct other_lock {
    void lock() noexcept {}
    bool try_lock() noexcept { return true; }
    void unlock() noexcept {}
    void reset_after_fork() noexcept {}
};

template <class Lock, class Observer, class Hooks, class Poisoning>
struct built
    : ptm::edit<ptm::glibc_2_36, ptm::set_main_backend<ptm::reserve_backend<std::size_t{1} << 26>>, ptm::set_lock<Lock>,
                ptm::set_observer<Observer>, ptm::set_hooks<Hooks>, ptm::set_poisoning<Poisoning>> {};

struct empty : built<ptm::no_lock, ptm::no_observer, ptm::no_hooks, ptm::no_poisoning> {};
struct other : built<other_lock, other_observer, other_hooks, other_poisoning> {};
struct busy : built<ptm::spin_lock, ptm::counters, ptm::run_time_hooks, ptm::default_poisoning> {};

static_assert(sizeof(ptm::arena<empty>) == sizeof(ptm::arena<other>));
static_assert(sizeof(ptm::arena<empty>) < sizeof(ptm::arena<busy>));

// least - what an arena with nothing but its data would need: no byte goes to an empty piece.
struct least {
    ptm::shared_state<empty>* shared;
    bool flags[4];
    void* pointers[3];
    std::size_t sizes[2];
    empty::fast_bins::in<empty> fast;
    empty::unsorted_bin::in<empty> unsorted;
    empty::small_bins::in<empty> small;
    empty::large_bins::in<empty> large;
    empty::main_backend backend;
};
static_assert(sizeof(ptm::arena_state<empty>) == sizeof(least));
}

#define PTM_TEST_FUNCTIONS(name)                                                                                       \
    extern "C" void* name##_malloc(std::size_t n) { return ptm::heap<name>::malloc(n); }                               \
    extern "C" void name##_free(void* p) { ptm::heap<name>::free(p); }                                                 \
    extern "C" void* name##_allocate(ptm::arena<name>& a, std::size_t n) { return a.allocate(n); }                     \
    extern "C" void name##_deallocate(ptm::arena<name>& a, void* p) { a.deallocate(p); }

PTM_TEST_FUNCTIONS(empty)
PTM_TEST_FUNCTIONS(other)
PTM_TEST_FUNCTIONS(busy)
