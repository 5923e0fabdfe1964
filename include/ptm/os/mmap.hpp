// os/mmap.hpp - anonymous private mappings, one for each obtain(). Thread-safe.
#pragma once

#include <bit>
#include <cstddef>

#include <sys/mman.h>

#include <ptm/os/backend.hpp>
#include <ptm/os/page.hpp>

namespace ptm {

namespace detail {
// The address that mmap() and mremap() return, with failure as nullptr.
inline std::byte* mapped_or_null(void* address) noexcept {
    return address == MAP_FAILED ? nullptr : static_cast<std::byte*>(address);
}
}

struct mmap_backend {
    static constexpr can able =
        can::remap | can::discard | can::zeroed | can::advise | can::huge | can::split | can::join | can::move;
    static std::size_t page_bytes() noexcept { return system_page_bytes(); }

    // obtain - `bytes` readable and writable, a multiple of the page size; {} and ENOMEM when the system refuses.
    pages obtain(std::size_t bytes) noexcept {
        void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        std::byte* data = detail::mapped_or_null(at);
        return data ? pages{data, bytes} : pages{};
    }

    // obtain_huge - the same in huge pages of `page_bytes`. The system refuses with other errors too: a size that it
    // does not know, too few pages set aside.
    pages obtain_huge(std::size_t bytes, std::size_t page_bytes) noexcept {
        int size = std::countr_zero(page_bytes) << MAP_HUGE_SHIFT;
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | size;
        std::byte* data = detail::mapped_or_null(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0));
        return data ? pages{data, bytes} : no_pages();
    }

    bool give_back(pages run) noexcept { return munmap(run.data, run.bytes) == 0; }

    pages remap(pages run, std::size_t bytes) noexcept {
        std::byte* data = detail::mapped_or_null(mremap(run.data, run.bytes, bytes, MREMAP_MAYMOVE));
        return data ? pages{data, bytes} : pages{};
    }

    // move_to - Linux before 6.17 refuses a run of several mappings. Where it refuses because there are too many, the
    // pages at `to` stay mapped, and nobody's.
    bool move_to(pages run, std::byte* to) noexcept {
        return mremap(run.data, run.bytes, run.bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to;
    }

    bool discard(pages run) noexcept { return drop_contents(run); }

    void advise_huge(pages run) noexcept { advise_huge_pages(run); }
};

static_assert(backend_policy<mmap_backend>);

} // namespace ptm
