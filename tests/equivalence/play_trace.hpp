// play_trace.hpp - reading a trace: one step a line, mapped from the file, parsed without allocating.
//
// A line is a verb of one character and up to three numbers; "@3" before it says that it is thread 3's step, and not
// the initial thread's. '#' starts a comment, "=>" starts expectations, which only the driver reads. Numbers are
// decimal or 0x hexadecimal; a leading '-' wraps, so -1 is SIZE_MAX. Empty lines and lines of comment are no steps. The
// verbs are listed at the top of play.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace play {

struct step {
    char verb;
    int count;               // how many numbers the line gave
    std::uint64_t number[3]; // those it did not give are 0
    const char* text;        // the step as written, for the log
    std::size_t length;
    std::uint64_t thread;
};

class trace_reader {
public:
    bool open(const char* path) {
        const int file = ::open(path, O_RDONLY | O_CLOEXEC);
        struct stat about{};
        if (file < 0 || ::fstat(file, &about) != 0) return false;
        const auto size = static_cast<std::size_t>(about.st_size);
        if (size == 0) return true;
        void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
        ::close(file);
        if (mapped == MAP_FAILED) return false;
        at_ = static_cast<const char*>(mapped);
        end_ = at_ + size;
        return true;
    }

    bool next(step& out) {
        while (at_ != end_) {
            const char* line = at_;
            while (at_ != end_ && *at_ != '\n') ++at_;
            const char* line_end = at_;
            if (at_ != end_) ++at_;
            if (parse(line, line_end, out)) return true;
        }
        return false;
    }

private:
    static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

    static const char* cut_remarks(const char* p, const char* end) {
        while (p != end && *p != '#' && *p != '=') ++p;
        return p;
    }

    static bool parse(const char* p, const char* end, step& out) {
        end = cut_remarks(p, end);
        while (end != p && blank(end[-1])) --end;
        while (p != end && blank(*p)) ++p;
        if (p == end) return false;
        out = step{'\0', 0, {0, 0, 0}, p, static_cast<std::size_t>(end - p), 0};
        if (*p == '@' && !read_number(++p, end, out.thread)) return true;
        while (p != end && blank(*p)) ++p;
        if (p == end) return true;
        out.verb = *p++;
        while (out.count < 3 && read_number(p, end, out.number[out.count])) ++out.count;
        return true;
    }

    static int digit(char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        return 16;
    }

    static bool read_number(const char*& p, const char* end, std::uint64_t& value) {
        while (p != end && blank(*p)) ++p;
        if (p == end) return false;
        const bool negative = *p == '-';
        if (negative) ++p;
        const bool hexadecimal = end - p > 2 && p[0] == '0' && p[1] == 'x';
        if (hexadecimal) p += 2;
        const int base = hexadecimal ? 16 : 10;
        std::uint64_t sum = 0;
        for (; p != end && digit(*p) < base; ++p) {
            sum = sum * static_cast<unsigned>(base) + static_cast<unsigned>(digit(*p));
        }
        while (p != end && !blank(*p)) ++p; // what is no digit belongs to no number
        value = negative ? 0 - sum : sum;
        return true;
    }

    const char* at_ = nullptr;
    const char* end_ = nullptr;
};

} // namespace play
