// os/reserve.hpp - one aligned stretch of address space, reserved PROT_NONE and committed by mprotect as it grows.
//
//     base               frontier            base + committed         base + Bytes
//      +--------------------+---------------------+-----------------------+
//      | handed out         | taken back, reads   | PROT_NONE             |
//      |                    | as zero             |                       |
//      +--------------------+---------------------+-----------------------+
//
// Invariants: base <= frontier <= base + committed <= base + Bytes; base is a multiple of Bytes, committed of the page
// size. Where the system counts memory that may be written, committed ends with the page that the frontier is in.
//
// Not thread-safe. Holds its address space until release(), also after everything was given back. An object is a plain
// value: it may be copied into the memory that it manages, and is then used there and nowhere else, until it is copied
// out again for release().
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <sys/mman.h>

#include <ptm/core/address.hpp>
#include <ptm/core/bits.hpp>
#include <ptm/core/errno_guard.hpp>
#include <ptm/os/backend.hpp>
#include <ptm/os/mmap.hpp>
#include <ptm/os/overcommit.hpp>
#include <ptm/os/page.hpp>

namespace ptm {

// reserve_backend - `Bytes` is the size and the alignment of the stretch: a power of two, at least 64 KiB.
template <std::size_t Bytes>
class reserve_backend {
    static_assert(is_power_of_two(Bytes), "reserve_backend: the size must be a power of two");
    static_assert(Bytes >= 65536,
                  "reserve_backend: the size must be at least that of the largest page there is, 64 KiB");

    // Below 4 GiB an object takes two words; it is kept in every sub-heap.
    using distance = std::conditional_t<(Bytes <= UINT32_MAX), std::uint32_t, std::size_t>;

    std::byte* base_ = nullptr;
    distance used_ = 0;
    distance committed_ = 0;

    // The address right behind the last stretch that came out of one of twice the size without a cut at its front; the
    // next stretch fits there with luck, and without a cut. One for all objects; only its own value matters.
    static inline constinit std::atomic<std::byte*> behind_last_{nullptr};

public:
    static constexpr can able = can::grow | can::discard | can::zeroed | can::advise | can::locate | can::release;
    static constexpr std::size_t reserved_bytes = Bytes;
    static std::size_t page_bytes() noexcept { return system_page_bytes(); }

    // obtain - the next `bytes` at the frontier; {} and ENOMEM when the stretch is used up or cannot be had.
    // cost     one mprotect for pages that are not committed, none for those that are
    pages obtain(std::size_t bytes) noexcept {
        if (!base_ && !reserve()) return no_pages();
        if (bytes > Bytes - used_ || !commit(used_ + bytes)) return no_pages();
        std::byte* begin = frontier();
        used_ += static_cast<distance>(bytes);
        return {begin, bytes};
    }

    bool give_back(pages run) noexcept { return run.end() == frontier() && retreat(run.bytes) == run.bytes; }

    std::byte* frontier() noexcept { return base_ + used_; }

    std::size_t retreat(std::size_t bytes) noexcept {
        if (bytes == 0 || bytes > used_ || !drop(used_ - bytes)) return 0;
        used_ -= static_cast<distance>(bytes);
        return bytes;
    }

    bool discard(pages run) noexcept { return drop_contents(run); }

    void advise_huge(pages run) noexcept { advise_huge_pages(run); }

    // base - where the stretch begins; nullptr before the first obtain().
    std::byte* base() const noexcept { return base_; }

    // committed - bytes from base() on that may be written, those beyond the frontier included.
    std::size_t committed() const noexcept { return committed_; }

    // release - unmaps everything; the backend is as new.
    void release() noexcept {
        if (!base_) return;
        std::byte* behind = base_ + Bytes;
        behind_last_.compare_exchange_strong(behind, nullptr, std::memory_order_relaxed);
        munmap(base_, Bytes);
        *this = {};
    }

    bool holds(const void* p) const noexcept { return base_ && bytes_between(base_, p) < used_; }

    // for_each_run - visit(pages), for what is handed out.
    void for_each_run(auto&& visit) const {
        if (used_ != 0) visit(pages{base_, used_});
    }

private:
    // source   glibc 2.36, a new heap of an arena
    bool reserve() noexcept {
        errno_guard keep;
        base_ = behind_the_last();
        if (!base_) base_ = out_of_twice_the_size();
        if (!base_) base_ = aligned_by_luck(nullptr);
        return base_ != nullptr;
    }

    // Address space without memory; at `where`, if the system likes that, or if `flags` say that it must.
    static std::byte* map(std::byte* where, std::size_t bytes, int flags = 0) noexcept {
        flags |= MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
        return detail::mapped_or_null(mmap(where, bytes, PROT_NONE, flags, -1, 0));
    }

    static std::byte* behind_the_last() noexcept {
        std::byte* hint = behind_last_.exchange(nullptr, std::memory_order_relaxed);
        return hint ? aligned_by_luck(hint) : nullptr;
    }

    static std::byte* aligned_by_luck(std::byte* hint) noexcept {
        std::byte* raw = map(hint, Bytes);
        if (!raw || is_aligned(raw, Bytes)) return raw;
        munmap(raw, Bytes);
        return nullptr;
    }

    // Twice the size holds an aligned stretch for certain; the rest goes back at once.
    static std::byte* out_of_twice_the_size() noexcept {
        std::byte* raw = map(nullptr, 2 * Bytes);
        if (!raw) return nullptr;
        std::size_t before = bytes_to_aligned(raw, Bytes);
        if (before > 0) munmap(raw, before);
        if (before == 0) behind_last_.store(raw + Bytes, std::memory_order_relaxed);
        munmap(raw + before + Bytes, Bytes - before);
        return raw + before;
    }

    bool commit(std::size_t upto) noexcept {
        if (upto <= committed_) return true;
        std::size_t more = align_up(upto - committed_, page_bytes());
        if (mprotect(base_ + committed_, more, PROT_READ | PROT_WRITE) != 0) return false;
        committed_ += static_cast<distance>(more);
        return true;
    }

    // Whole pages from `from` on lose their contents; the part of a page before them is cleared by hand, so that
    // all that is obtained again reads as zero.
    bool drop(std::size_t from) noexcept {
        std::size_t whole = align_up(from, page_bytes());
        if (whole < committed_ && !drop_whole_pages(whole)) return false;
        std::size_t cleared = whole < used_ ? whole : used_;
        __builtin_memset(base_ + from, 0, cleared - from);
        return true;
    }

    bool drop_whole_pages(std::size_t from) noexcept {
        std::size_t dropped = committed_ - from;
        if (!memory_is_counted_here()) return drop_contents({base_ + from, dropped});
        if (!map(base_ + from, dropped, MAP_FIXED)) return false;
        committed_ = static_cast<distance>(from);
        return true;
    }
};

static_assert(backend_policy<reserve_backend<std::size_t{1} << 20>>);
static_assert(std::is_trivially_copyable_v<reserve_backend<std::size_t{1} << 20>>);
static_assert(sizeof(reserve_backend<std::size_t{1} << 31>) <= 2 * sizeof(std::uint64_t));

} // namespace ptm
