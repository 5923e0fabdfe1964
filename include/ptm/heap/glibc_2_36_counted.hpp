// heap/glibc_2_36_counted.hpp - glibc_2_36 with a tally of what it did; every block lies where it would lie without.
//
// When the environment names a file in PTM_COUNTERS_FILE, of at least sizeof(tally) bytes, the tally is kept there,
// shared by all processes that name it: words of 64 bits, first blocks allocated, blocks freed, processes.
#pragma once

#include <cstdlib>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/observe/counters.hpp>

namespace ptm {

// shared_counters - counters that move to the file on the first event.
class shared_counters {
    counters counters_;
    std::atomic<bool> looked_ = false;

public:
    constexpr shared_counters() noexcept = default;

    tally& now() noexcept { return counters_.now(); }

    void operator()(const auto& event) noexcept {
        if (!looked_.exchange(true, std::memory_order_relaxed)) [[unlikely]]
            move_to_file(std::getenv("PTM_COUNTERS_FILE"));
        counters_(event);
    }

private:
    PTM_COLD void move_to_file(const char* path) noexcept {
        int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
        if (file < 0) return;
        void* at = mmap(nullptr, sizeof(tally), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        close(file);
        if (at == MAP_FAILED) return;
        counters_.move_to(*static_cast<tally*>(at));
        counters_.now().processes.fetch_add(1, std::memory_order_relaxed);
    }
};

static_assert(observer_policy<shared_counters>);

struct glibc_2_36_counted : edit<glibc_2_36, set_observer<shared_counters>> {};

static_assert(heap_config<glibc_2_36_counted>);

} // namespace ptm
