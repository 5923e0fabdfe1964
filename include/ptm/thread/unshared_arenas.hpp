// thread/unshared_arenas.hpp - a thread keeps to one arena until another thread has used that, or is in it; then it
// goes to one of the processor that it runs on, and keeps to that.
//
// What arenas_per_cpu gives to threads that work at the same time, and one arena to a thread that works while others
// sleep: by the processor, that one would leave holes in every arena that it has passed on its way, which it cannot use
// while it is elsewhere. A redis server, whose one busy thread moves between two processors, takes 57 MiB so at its
// peak, always, and 57 or 65 with arenas_per_cpu; larson, threads_churn, short_threads, producer_consumer and burst
// take the same time.
//
// Not: until the arena is found locked. Two threads rarely meet in one that they share, and all the while their blocks
// lie side by side, in the same cache lines: threads_churn takes 1.4 times as long.
//
// source   W. Gloger, ptmalloc, before glibc 2.10, for the idea to try the arena used last
#pragma once

#include <cstddef>
#include <cstdint>

#include <sys/single_threaded.h>

#include <ptm/core/address.hpp>
#include <ptm/thread/cpu_arenas.hpp>

namespace ptm {

// unshared_arenas - N for each processor, as in arenas_per_cpu.
template <unsigned N>
struct unshared_arenas {
    static constexpr bool several = true;

    template <arena_config C>
    class in;
};

template <unsigned N>
template <arena_config C>
class unshared_arenas<N>::in : public arenas_per_cpu<N>::template in<C> {
    using by_processor = typename arenas_per_cpu<N>::template in<C>;

public:
    using arena = typename by_processor::arena;
    using by_processor::by_processor;

    arena* lock_one(std::size_t request) noexcept {
        std::uint16_t me = this_thread();
        if (last_ && last_->last_user == me && !__libc_single_threaded && busy::try_enter(last_->lock)) return last_;
        last_ = by_processor::lock_one(request);
        last_->last_user = me;
        return last_;
    }

    void leave() noexcept { last_ = nullptr; }

private:
    static inline constinit thread_local arena* last_ = nullptr; // of the calling thread

    // this_thread - a number that two living threads share so seldom that it does not matter.
    static std::uint16_t this_thread() noexcept {
        return static_cast<std::uint16_t>(std::uint64_t{address_of(&last_)} * 0x9e3779b97f4a7c15 >> 48);
    }
};

} // namespace ptm
