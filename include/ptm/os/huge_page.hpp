// os/huge_page.hpp - whether the system gives huge pages to those who ask by madvise, and how large they are.
//
// Nothing here allocates; errno survives; thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include <ptm/core/errno_guard.hpp>
#include <ptm/core/text.hpp>

namespace ptm {

namespace detail {

// small_file - what a file of a few characters holds; empty if it cannot be read.
class small_file {
    char chars_[128] = {};
    std::size_t length_ = 0;

public:
    explicit small_file(const char* path) noexcept {
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0) return;
        ssize_t got = read(file, chars_, sizeof chars_);
        if (got > 0) length_ = static_cast<std::size_t>(got);
        close(file);
    }
    std::string_view text() const noexcept { return {chars_, length_}; }
};

// decimal - the number at the start of `text`; 0 if there is none.
constexpr std::size_t decimal(std::string_view text) noexcept {
    std::size_t n = 0;
    for (char c : text) {
        if (c < '0' || c > '9') break;
        n = n * 10 + static_cast<std::size_t>(c - '0');
    }
    return n;
}

// small_file_in - root/place; a path that is too long is a file that cannot be read.
inline small_file small_file_in(std::string_view root, std::string_view place) noexcept {
    text<256> path;
    path << root << place << std::string_view{"\0", 1};
    return small_file{path.truncated() ? "" : path.view().data()};
}

} // namespace detail

// advised_huge_page_bytes - of a transparent huge page, where the system gives them on advice; 0 where it gives them
// always or never, and where it does not say.
//
//   root     where the system's files are; another folder in tests
//   source   glibc 2.36, the tunable glibc.malloc.hugetlb=1
inline std::size_t advised_huge_page_bytes(std::string_view root = "") noexcept {
    errno_guard keep;
    detail::small_file mode = detail::small_file_in(root, "/sys/kernel/mm/transparent_hugepage/enabled");
    if (mode.text().find("[madvise]") == std::string_view::npos) return 0;
    return detail::decimal(detail::small_file_in(root, "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size").text());
}

} // namespace ptm
