// measured - runs the work of a benchmark program and tells what it used.
//
// The sum goes to standard output: it is the same on every allocator. The figures go, as one line, to the end of the
// file that PTM_BENCH_FIGURES names, or else to standard error:
//
//   processor=  microseconds of the processor, user and system, all threads, while the work was done
//   wall=       microseconds that passed meanwhile
//   peak=       KiB: the process's resident memory at most
//   held=       KiB: resident memory that is left when all blocks are freed and a second went by, less `start`. Nobody
//               calls the allocator in that second
//   start=      KiB: resident memory before the work
//   live=       KiB: bytes in use at most, by the program's own count; 0 where it does not count
//
// PTM_BENCH_WAIT gives another number of milliseconds instead of the second.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

namespace bench {

// What a program's work returns; a sum alone will do.
struct outcome {
    outcome(std::uint64_t all, std::size_t live_bytes = 0) : sum(all), live(live_bytes) {}

    std::uint64_t sum;
    std::size_t live;
};

namespace detail {

// Reads the beginning of a file into `text`; false where there is no such file. Never calls the allocator.
template <std::size_t Size>
bool read_text(const char* name, char (&text)[Size]) {
    const int file = open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    const ssize_t count = read(file, text, Size - 1);
    close(file);
    text[std::max<ssize_t>(count, 0)] = '\0';
    return count > 0;
}

// KiB. smaps_rollup is exact; statm, for kernels without the former, may lag behind by some pages for each thread.
inline long resident() {
    char text[256];
    const char* const rss = read_text("/proc/self/smaps_rollup", text) ? std::strstr(text, "Rss:") : nullptr;
    if (rss != nullptr) return std::strtol(rss + 4, nullptr, 10);
    if (!read_text("/proc/self/statm", text)) std::abort();
    return std::strtol(std::strchr(text, ' '), nullptr, 10) * (sysconf(_SC_PAGESIZE) / 1024);
}

inline long peak() {
    rusage used = {};
    getrusage(RUSAGE_SELF, &used);
    return used.ru_maxrss;
}

inline long long microseconds(clockid_t clock) {
    timespec now = {};
    clock_gettime(clock, &now);
    return now.tv_sec * 1'000'000LL + now.tv_nsec / 1000;
}

inline void wait() {
    const char* const given = std::getenv("PTM_BENCH_WAIT");
    const long milliseconds = given != nullptr ? std::strtol(given, nullptr, 10) : 1000;
    timespec left{milliseconds / 1000, milliseconds % 1000 * 1'000'000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {}
}

struct figures {
    long long processor = 0;
    long long wall = 0;
    long peak = 0;
    long start = 0;
    long held = 0;
    std::size_t live = 0;
};

// One write to a file opened for appending, so that programs that end together do not mix their lines.
inline void tell(const figures& used) {
    const char* const name = std::getenv("PTM_BENCH_FIGURES");
    const int file = name == nullptr ? STDERR_FILENO : open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) std::abort();
    dprintf(file, "processor=%lld wall=%lld start=%ld peak=%ld held=%ld live=%zu\n", used.processor, used.wall,
            used.start, used.peak, used.held, used.live / 1024);
}

} // namespace detail

// measured - what main does: runs work(), which frees all it allocates, prints its sum, and tells the figures.
//
//   work     returns an outcome, or a sum
//   returns  0
template <class Work>
int measured(Work work) {
    detail::figures used;
    used.start = detail::resident();
    used.wall = -detail::microseconds(CLOCK_MONOTONIC);
    used.processor = -detail::microseconds(CLOCK_PROCESS_CPUTIME_ID);
    const outcome result = work();
    used.processor += detail::microseconds(CLOCK_PROCESS_CPUTIME_ID);
    used.wall += detail::microseconds(CLOCK_MONOTONIC);
    used.peak = std::max(detail::peak(), detail::resident());
    used.live = result.live;
    detail::wait();
    used.held = detail::resident() - used.start;
    detail::tell(used);
    std::printf("%llu\n", static_cast<unsigned long long>(result.sum));
    return 0;
}

} // namespace bench
