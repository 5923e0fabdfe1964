// os/reserve.hpp - one aligned stretch of address space, reserved PROT_NONE and committed by mprotect as it grows.
//
//     base                 end                 committed            base + Bytes
//      +--------------------+---------------------+-----------------------+
//      | handed out         | committed, taken    | PROT_NONE             |
//      |                    | back, reads as zero |                       |
//      +--------------------+---------------------+-----------------------+
//
// Invariants: base <= end <= committed <= base + Bytes; base is a multiple of Bytes; committed of the page size.
// Not thread-safe. Holds its address space until release(), also after everything was given back.
#pragma once

#include <cstddef>

#include <sys/mman.h>

#include <ptm/core/address.hpp>
#include <ptm/core/bits.hpp>
#include <ptm/os/backend.hpp>
#include <ptm/os/mmap.hpp>
#include <ptm/os/page.hpp>

namespace ptm {

// reserve_backend - `Bytes` is the size and the alignment of the stretch: a power of two, at least 64 KiB.
template <std::size_t Bytes>
class reserve_backend {
    static_assert(is_power_of_two(Bytes), "reserve_backend: the size must be a power of two");
    static_assert(Bytes >= 65536,
                  "reserve_backend: the size must be at least that of the largest page there is, 64 KiB");

    std::byte* base_ = nullptr;
    std::byte* end_ = nullptr;
    std::byte* committed_ = nullptr;

public:
    static constexpr can able = can::grow | can::discard | can::zeroed | can::advise;
    static constexpr std::size_t reserved_bytes = Bytes;
    static std::size_t page_bytes() noexcept { return system_page_bytes(); }

    // obtain - the next `bytes` at the frontier; {} and ENOMEM when the stretch is used up or cannot be had.
    // cost     one mprotect for pages never handed out before, none for those that were
    pages obtain(std::size_t bytes) noexcept {
        if (!base_ && !reserve()) return {};
        if (bytes > bytes_between(end_, base_ + Bytes) || !commit(end_ + bytes)) return no_pages();
        std::byte* begin = end_;
        end_ += bytes;
        return {begin, bytes};
    }

    bool give_back(pages run) noexcept { return run.end() == end_ && retreat(run.bytes) == run.bytes; }

    std::byte* frontier() noexcept { return end_; }

    std::size_t retreat(std::size_t bytes) noexcept {
        if (bytes == 0 || bytes > bytes_between(base_, end_) || !drop(end_ - bytes)) return 0;
        end_ -= bytes;
        return bytes;
    }

    bool discard(pages run) noexcept { return drop_contents(run); }

    void advise_huge(pages run) noexcept { advise_huge_pages(run); }

    // release - unmaps everything; the backend is as new.
    void release() noexcept {
        if (base_) munmap(base_, Bytes);
        *this = {};
    }

private:
    // Twice the size holds an aligned stretch for certain; the rest goes back at once.
    bool reserve() noexcept {
        std::byte* raw = detail::mapped_or_null(
            mmap(nullptr, 2 * Bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
        if (!raw) return false;
        std::size_t before = bytes_to_aligned(raw, Bytes);
        if (before > 0) munmap(raw, before);
        if (before < Bytes) munmap(raw + before + Bytes, Bytes - before);
        base_ = end_ = committed_ = raw + before;
        return true;
    }

    bool commit(std::byte* upto) noexcept {
        if (upto <= committed_) return true;
        std::size_t more = align_up(bytes_between(committed_, upto), page_bytes());
        if (mprotect(committed_, more, PROT_READ | PROT_WRITE) != 0) return false;
        committed_ += more;
        return true;
    }

    // Whole pages from `from` on lose their contents; the part of a page before them is cleared by hand, so that
    // all that is obtained again reads as zero.
    bool drop(std::byte* from) noexcept {
        std::size_t head = bytes_to_aligned(from, page_bytes());
        std::byte* whole = from + head;
        if (whole < committed_ && !drop_contents({whole, bytes_between(whole, committed_)})) return false;
        std::size_t used = bytes_between(from, end_);
        __builtin_memset(from, 0, head < used ? head : used);
        return true;
    }
};

static_assert(backend_policy<reserve_backend<std::size_t{1} << 20>>);

} // namespace ptm
