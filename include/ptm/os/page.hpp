// os/page.hpp - pages of the system: their size, dropping what is in them, and getting memory for them at once.
#pragma once

#include <cstddef>

#include <sys/auxv.h>
#include <sys/mman.h>

#include <ptm/core/address.hpp>
#include <ptm/core/errno_guard.hpp>
#include <ptm/core/units.hpp>

namespace ptm {

// system_page_bytes - power of two; 4096 on x86-64. Read from the auxiliary vector: no system call, no state.
// Thread-safe, usable before constructors.
inline std::size_t system_page_bytes() noexcept { return getauxval(AT_PAGESZ); }

// drop_contents - the pages of `run` read as zero afterwards, and take no memory until they are written again.
//   returns  false: the system refused, contents kept
inline bool drop_contents(pages run) noexcept { return madvise(run.data, run.bytes, MADV_DONTNEED) == 0; }

// populate - the pages of `run`, which may be written, get memory now, in one call instead of a fault for each; what is
// in them stays. Linux 5.14 and later; errno survives.
//   returns  false: the system cannot, or would not for all of them; what has none gets it when it is written
inline bool populate(pages run) noexcept {
    constexpr int populate_write = 23; // MADV_POPULATE_WRITE, which older headers do not have
    errno_guard keep;
    return madvise(run.data, run.bytes, populate_write) == 0;
}

// advise_huge_pages - asks for huge pages where `run` lies, from the start of its first page on. A refusal is nothing.
inline void advise_huge_pages(pages run) noexcept {
    errno_guard keep;
    std::size_t ahead = address_of(run.data) & (system_page_bytes() - 1);
    madvise(run.data - ahead, run.bytes + ahead, MADV_HUGEPAGE);
}

} // namespace ptm
