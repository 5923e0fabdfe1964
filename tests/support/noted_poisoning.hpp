// support/noted_poisoning.hpp - a poisoning policy that keeps the marks of one stretch of memory, byte by byte, so that
// tests can ask for them in every build; and memory resources over arenas, to put arenas into arenas.
#pragma once

#include "support/configs.hpp"

#include <ptm/os/buffer.hpp>

#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <new>
#include <vector>

namespace ptm_test {

// noted_poisoning - knows of nothing until watch(); what lies outside is not noted, and can be touched.
struct noted_poisoning {
    static constexpr bool works = true;
    static constexpr bool poisons = true;

    static inline ptm::pages watched{};
    static inline std::vector<bool> hidden{};
    static inline int workers = 0;

    struct at_work {
        at_work() noexcept { ++workers; }
        at_work(const at_work&) = delete;
        ~at_work() { --workers; }
    };

    // watch - from now on these bytes, none of which is hidden.
    static void watch(ptm::pages run) {
        watched = run;
        hidden.assign(run.bytes, false);
    }

    static void hide(void* p, std::size_t n) noexcept { mark(p, n, true); }
    static void expose(void* p, std::size_t n) noexcept { mark(p, n, false); }
    static void define(void* p, std::size_t n) noexcept { mark(p, n, false); }
    static std::size_t reach(const void* p, std::size_t n) noexcept {
        std::size_t at = ptm::bytes_between(watched.data, p);
        if (at >= watched.bytes) return n;
        auto from = hidden.begin() + std::ptrdiff_t(at), to = from + std::ptrdiff_t(n);
        return static_cast<std::size_t>(std::find(from, to, true) - from);
    }

    static bool is_hidden(const void* p) { return reach(p, 1) == 0; }
    static std::size_t exposed_bytes() {
        return static_cast<std::size_t>(std::count(hidden.begin(), hidden.end(), false));
    }

private:
    static void mark(void* p, std::size_t n, bool yes) noexcept {
        std::size_t at = ptm::bytes_between(watched.data, p);
        for (std::size_t i = at; i < at + n && i < watched.bytes; ++i) hidden[i] = yes;
    }
};

static_assert(ptm::poisoning_policy<noted_poisoning>);

// exactly - n bytes at p can be touched, those before and behind cannot.
inline bool exactly(void* p, std::size_t n) {
    bool all = noted_poisoning::reach(p, n) == n;
    return all && noted_poisoning::is_hidden(ptm::offset(p, n))
        && noted_poisoning::is_hidden(ptm::offset(p, -std::size_t{1}));
}

// resource_over - a memory resource whose memory is blocks of an arena.
template <class A>
class resource_over : public std::pmr::memory_resource {
    A& arena_;

public:
    explicit resource_over(A& arena) : arena_(arena) {}

private:
    void* do_allocate(std::size_t n, std::size_t alignment) override {
        if (void* p = arena_.allocate(n, alignment)) return p;
        throw std::bad_alloc{};
    }
    void do_deallocate(void* p, std::size_t, std::size_t) override { arena_.deallocate(p); }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
};

} // namespace ptm_test
