// os/huge_page.hpp - the system's huge pages and how large they are: those it gives to who asks by madvise, and those
// that are mapped as such.
//
// Nothing here allocates; errno survives; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <unistd.h>

#include <ptm/core/errno_guard.hpp>
#include <ptm/os/small_file.hpp>

namespace ptm {

// advised_huge_page_bytes - of a transparent huge page, where the system gives them on advice; 0 where it gives them
// always or never, and where it does not say.
//
//   root     where the system's files are; another folder in tests
//   source   glibc 2.36, the tunable glibc.malloc.hugetlb=1
inline std::size_t advised_huge_page_bytes(std::string_view root = "") noexcept {
    errno_guard keep;
    constexpr std::string_view place = "/sys/kernel/mm/transparent_hugepage/";
    detail::small_file mode(root, place, "enabled");
    if (mode.text().find("[madvise]") == std::string_view::npos) return 0;
    return detail::decimal(detail::small_file(root, place, "hpage_pmd_size").text());
}

namespace detail {

// The number behind `name` in a file of lines "name:   number kB"; 0 if there is none.
inline std::size_t kilobytes_of(std::string_view name, std::string_view root, std::string_view place) noexcept {
    for (file_lines<64> lines(root, place); lines.next();) {
        std::string_view entry = lines.line();
        if (!entry.starts_with(name)) continue;
        entry.remove_prefix(name.size());
        if (!entry.starts_with(':')) continue;
        std::size_t digits = entry.find_first_not_of(": \t");
        entry.remove_prefix(digits == entry.npos ? entry.size() : digits);
        return decimal(entry);
    }
    return 0;
}

inline bool has_huge_pages_of(std::size_t kilobytes, std::string_view root) noexcept {
    int folder = open_in(root, "/sys/kernel/mm/hugepages/hugepages-", std::uint64_t{kilobytes}, "kB");
    if (folder >= 0) close(folder);
    return folder >= 0;
}

} // namespace detail

// explicit_huge_page_bytes - of the huge pages to map memory in; 0: none.
//
//   wanted   2 for those of the system's usual size, or bytes: a size that the system has. 0 and 1 want none.
//   source   glibc 2.36, the tunable glibc.malloc.hugetlb from 2 on
inline std::size_t explicit_huge_page_bytes(std::uint64_t wanted, std::string_view root = "") noexcept {
    errno_guard keep;
    if (wanted < 2) return 0;
    if (wanted == 2) return detail::kilobytes_of("Hugepagesize", root, "/proc/meminfo") * 1024;
    bool listed = wanted % 1024 == 0 && detail::has_huge_pages_of(wanted / 1024, root);
    return listed ? static_cast<std::size_t>(wanted) : 0;
}

} // namespace ptm
