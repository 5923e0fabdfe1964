// play_log.hpp - the player's log: text collected in static storage, written with write(2).
//
// The player measures an allocator, so nothing here may allocate: no iostream, no stdio, no container. One line is
// built from literals and numbers; when the buffer is nearly full, and at the end, it goes to the descriptor.
//
// Single-threaded. A signal handler may call flush() in a process that is about to die.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unistd.h>

namespace play {

class log_file {
public:
    void attach(int descriptor) { descriptor_ = descriptor; }

    log_file& text(const char* s) {
        while (*s != '\0') put(*s++);
        return *this;
    }

    log_file& text(const char* s, std::size_t length) {
        for (std::size_t i = 0; i < length; ++i) put(s[i]);
        return *this;
    }

    log_file& number(std::uint64_t value) { return digits(value, 10, 1); }
    log_file& hex(std::uint64_t value) { return digits(value, 16, 1); }
    log_file& byte(unsigned char value) { return digits(value, 16, 2); }

    // A distance that may be negative: "+1f0" or "-40".
    log_file& offset(std::intptr_t distance) {
        put(distance < 0 ? '-' : '+');
        const auto size = static_cast<std::uint64_t>(distance);
        return hex(distance < 0 ? 0 - size : size);
    }

    log_file& end_line() {
        put('\n');
        return *this;
    }

    void flush() {
        std::size_t done = 0;
        while (done < used_) {
            const ssize_t n = ::write(descriptor_, buffer_ + done, used_ - done);
            if (n <= 0) break;
            done += static_cast<std::size_t>(n);
        }
        used_ = 0;
    }

private:
    void put(char c) {
        if (used_ == sizeof buffer_) flush();
        buffer_[used_++] = c;
    }

    log_file& digits(std::uint64_t value, unsigned base, int at_least) {
        char reversed[24];
        int n = 0;
        do {
            reversed[n++] = "0123456789abcdef"[value % base];
            value /= base;
        } while (value != 0 || n < at_least);
        while (n > 0) put(reversed[--n]);
        return *this;
    }

    char buffer_[1 << 18];
    std::size_t used_;
    int descriptor_;
};

} // namespace play
