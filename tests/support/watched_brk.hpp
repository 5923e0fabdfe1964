// support/watched_brk.hpp - brk_backend that notes what others took at the program break between two of our own runs.
#pragma once

#include <ptm/os/brk.hpp>

#include <cstddef>

namespace ptm_test {

struct watched_brk : ptm::brk_backend {
    std::byte* expected = nullptr;
    std::size_t foreign_bytes = 0;
    std::size_t moves = 0;

    ptm::pages obtain(std::size_t bytes) noexcept {
        ptm::pages run = brk_backend::obtain(bytes);
        if (run && expected && run.data != expected) {
            foreign_bytes += ptm::bytes_between(expected, run.data);
            ++moves;
        }
        if (run) expected = run.end();
        return run;
    }
    std::size_t retreat(std::size_t bytes) noexcept {
        std::size_t released = brk_backend::retreat(bytes);
        expected = ptm::offset(expected, -released);
        return released;
    }
};

} // namespace ptm_test
