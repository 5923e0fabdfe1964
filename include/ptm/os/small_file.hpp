// os/small_file.hpp - what the system says in files: short ones whole, longer ones line by line.
//
// Nothing here allocates; errno may change; thread-safe as long as an object stays with one thread.
#pragma once

#include <cerrno>
#include <cstddef>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include <ptm/core/text.hpp>

namespace ptm::detail {

// path_text - room for the path of a file, in a folder of control groups too.
using path_text = text<1024>;

// read_some - as read(), and again when a signal came first. At the end of the file, or if it cannot be read: 0.
inline std::size_t read_some(int file, char* into, std::size_t bytes) noexcept {
    ssize_t got = 0;
    do got = read(file, into, bytes);
    while (got < 0 && errno == EINTR);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
}

// open_in - the file whose path is these parts one behind the other; -1 if it cannot be opened. A path that is too long
// is one of those.
template <class... Parts>
int open_in(const Parts&... parts) noexcept {
    path_text path;
    (path << ... << parts) << std::string_view{"\0", 1};
    return path.truncated() ? -1 : open(path.view().data(), O_RDONLY | O_CLOEXEC);
}

// small_file - the first `Capacity` characters of a file; empty if it cannot be read.
template <std::size_t Capacity = 128>
class small_file {
    char chars_[Capacity] = {};
    std::size_t length_ = 0;

public:
    // parts - of the path, one behind the other; the first one is the root that tests bring.
    template <class... Parts>
    explicit small_file(const Parts&... parts) noexcept {
        int file = open_in(parts...);
        if (file < 0) return;
        while (std::size_t got = read_some(file, chars_ + length_, Capacity - length_)) length_ += got;
        close(file);
    }

    std::string_view text() const noexcept { return {chars_, length_}; }
};

// file_lines - a file of any length, line by line; no line if it cannot be read.
//
//     for (file_lines<> lines(root, "/proc/stat"); lines.next();) use(lines.line());
//
// `Longest` is in characters: what a line has beyond them is left out, and is_cut() says so.
template <std::size_t Longest = 512>
class file_lines {
    int file_;
    char chunk_[256] = {};
    std::size_t at_ = 0;
    std::size_t length_ = 0;
    text<Longest> line_;

public:
    template <class... Parts>
    explicit file_lines(const Parts&... parts) noexcept : file_(open_in(parts...)) {}
    file_lines(const file_lines&) = delete;
    file_lines& operator=(const file_lines&) = delete;
    ~file_lines() {
        if (file_ >= 0) close(file_);
    }

    // next - goes to the next line; false: there is none. The last one may do without an end of line.
    bool next() noexcept {
        line_.clear();
        if (!fill()) return false;
        while (fill() && chunk_[at_] != '\n') line_ << std::string_view{&chunk_[at_++], 1};
        ++at_;
        return true;
    }

    std::string_view line() const noexcept { return line_.view(); }
    bool is_cut() const noexcept { return line_.truncated(); }

private:
    // Whether there is a character at at_.
    bool fill() noexcept {
        if (at_ < length_) return true;
        length_ = file_ < 0 ? 0 : read_some(file_, chunk_, sizeof chunk_);
        at_ = 0;
        return length_ > 0;
    }
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

} // namespace ptm::detail
