// observe/scopes.hpp - what a thread may allocate while a scope lasts: nothing at all, or so many bytes and no more.
//
//   struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_observer<ptm::scoped<>>> {};
//
//   ptm::no_allocation_scope quiet;          // from here on, malloc in a heap<mine> ends the program with a sentence
//   ptm::budget_scope small(64 * 1024);      // from here on, it returns nullptr beyond 64 KiB
//
// A scope holds for the thread that made it, for every heap and arena whose observer is scoped<>, and for nothing else.
// Scopes lie inside one another: a block must be allowed by all of them, and counts in all of them. What is freed does
// not come back to a budget: it bounds what was asked for, not what is held. A configuration that does not name
// scoped<> has not an instruction of this; one that does has two for each block while there is no scope.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <type_traits>

#include <unistd.h>

#include <ptm/core/config.hpp>
#include <ptm/core/text.hpp>
#include <ptm/observe/observer.hpp>

namespace ptm {

// on_breach - what becomes of a request that a scope does not allow: it fails as if memory had ended, or the process
// writes a sentence to standard error and aborts.
enum class on_breach : bool { refuse, abort };

// allocation_scope - what both kinds have in common. Lives on its thread's stack, and ends there in turn.
class allocation_scope {
    allocation_scope* const outer_;
    std::size_t left_;
    std::size_t refused_ = 0;
    const bool none_;
    const on_breach reaction_;

    static inline constinit thread_local allocation_scope* innermost_ = nullptr;

public:
    allocation_scope(const allocation_scope&) = delete;
    allocation_scope& operator=(const allocation_scope&) = delete;

    // refused - requests that this scope did not allow, so far.
    std::size_t refused() const noexcept { return refused_; }

    // permits - may the calling thread have a block of so many bytes? Counts them if so.
    PTM_ALWAYS_INLINE static bool permits(std::size_t bytes) noexcept {
        if (!innermost_) [[likely]]
            return true;
        return all_permit(bytes);
    }

protected:
    // none: not even a block of 0 bytes.
    allocation_scope(std::size_t budget, bool none, on_breach reaction) noexcept
        : outer_(innermost_), left_(budget), none_(none), reaction_(reaction) {
        innermost_ = this;
    }
    ~allocation_scope() { innermost_ = outer_; }

    std::size_t left_here() const noexcept { return left_; }

private:
    PTM_NOINLINE static bool all_permit(std::size_t bytes) noexcept {
        for (allocation_scope* s = innermost_; s; s = s->outer_)
            if (s->none_ || bytes > s->left_) return s->refuse(bytes);
        for (allocation_scope* s = innermost_; s; s = s->outer_) s->left_ -= bytes;
        return true;
    }

    PTM_COLD bool refuse(std::size_t bytes) noexcept {
        ++refused_;
        if (reaction_ == on_breach::abort) report(bytes);
        return false;
    }

    [[noreturn]] PTM_COLD void report(std::size_t bytes) const noexcept {
        text<160> line;
        line << "ptm: " << std::uint64_t{bytes} << " bytes were asked for in a scope that allows ";
        if (none_)
            line << "no allocation\n";
        else
            line << std::uint64_t{left_} << " more\n";
        std::string_view all = line.view();
        [[maybe_unused]] ssize_t written = write(STDERR_FILENO, all.data(), all.size());
        std::abort();
    }
};

// no_allocation_scope - not one block, of however few bytes. Freeing is allowed, and realloc that needs no more room.
class no_allocation_scope : public allocation_scope {
public:
    explicit no_allocation_scope(on_breach reaction = on_breach::abort) noexcept
        : allocation_scope(0, true, reaction) {}
};

// budget_scope - blocks of `bytes` bytes in all, as asked for; a realloc counts with what it adds, and a request that
// then finds no memory counts, too.
class budget_scope : public allocation_scope {
public:
    explicit budget_scope(std::size_t bytes, on_breach reaction = on_breach::refuse) noexcept
        : allocation_scope(bytes, false, reaction) {}

    std::size_t left() const noexcept { return left_here(); }
};

// scoped - an observer that asks the scopes of the calling thread, and is otherwise `Other`.
template <observer_policy Other = no_observer>
struct scoped : Other {
    static constexpr bool decides = true;

    PTM_ALWAYS_INLINE bool permits(std::size_t bytes) noexcept {
        if constexpr (ptm::decides<Other>)
            if (!Other::permits(bytes)) return false;
        return allocation_scope::permits(bytes);
    }
};

static_assert(observer_policy<scoped<>> && std::is_empty_v<scoped<>>);

} // namespace ptm
