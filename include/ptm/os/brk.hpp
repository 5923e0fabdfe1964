// os/brk.hpp - the program break, as glibc's main arena uses it.
//
// There is one break in a process and anybody may move it with sbrk(): a run that does not begin where the last one
// ended is the arena's business. Not thread-safe against others who move the break.
#pragma once

#include <cstddef>
#include <cstdint>

#include <unistd.h>

#include <ptm/core/address.hpp>
#include <ptm/core/checked.hpp>
#include <ptm/os/backend.hpp>
#include <ptm/os/page.hpp>

namespace ptm {

struct brk_backend {
    static constexpr can able = can::grow | can::discard | can::zeroed | can::advise;
    static std::size_t page_bytes() noexcept { return system_page_bytes(); }

    // obtain - moves the break up by `bytes`, at most PTRDIFF_MAX; {} and ENOMEM when the system refuses.
    pages obtain(std::size_t bytes) noexcept {
        if (bytes > largest_request) return no_pages(); // sbrk() would take it for a step down
        std::byte* begin = move_by(static_cast<std::intptr_t>(bytes));
        return begin ? pages{begin, bytes} : pages{};
    }

    // give_back - only the run at the break can go.
    bool give_back(pages run) noexcept { return frontier() == run.end() && retreat(run.bytes) == run.bytes; }

    std::byte* frontier() noexcept { return move_by(0); }

    // retreat - moves the break down; what counts is where it is afterwards. As for sbrk(), `bytes` is a distance with
    // a sign: one that wrapped moves the break up, and so does the result.
    std::size_t retreat(std::size_t bytes) noexcept {
        std::byte* before = frontier();
        move_by(-static_cast<std::intptr_t>(bytes));
        std::byte* after = frontier();
        if (after && after < before) clear_rest_of_page(after, before);
        return after ? bytes_between(after, before) : 0;
    }

    bool discard(pages run) noexcept { return drop_contents(run); }

    void advise_huge(pages run) noexcept { advise_huge_pages(run); }

private:
    // The page that the break stands in stays mapped; cleared by hand, so that what is obtained again reads as zero.
    static void clear_rest_of_page(std::byte* from, std::byte* upto) noexcept {
        std::size_t rest = bytes_to_aligned(from, page_bytes());
        std::size_t dropped = bytes_between(from, upto);
        if (rest > 0) __builtin_memset(from, 0, rest < dropped ? rest : dropped);
    }

    static std::byte* move_by(std::intptr_t bytes) noexcept {
        void* before = sbrk(bytes);
        return address_of(before) == UINTPTR_MAX ? nullptr : static_cast<std::byte*>(before);
    }
};

static_assert(backend_policy<brk_backend>);

} // namespace ptm
