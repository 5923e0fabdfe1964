// support/mailbox.hpp - blocks on their way from one thread to another, oldest first. Thread-safe.
#pragma once

#include "support/live_blocks.hpp"

#include <cstddef>
#include <deque>
#include <mutex>

namespace ptm_test {

class mailbox {
    std::mutex lock_{};
    std::deque<live_blocks::block> waiting_{};

public:
    static constexpr std::size_t room = 2000; // blocks

    // put - false: the box is full, the block stays with the caller.
    bool put(const live_blocks::block& b) {
        std::lock_guard hold(lock_);
        if (waiting_.size() == room) return false;
        waiting_.push_back(b);
        return true;
    }

    // take - false: there is none.
    bool take(live_blocks::block& b) {
        std::lock_guard hold(lock_);
        if (waiting_.empty()) return false;
        b = waiting_.front();
        waiting_.pop_front();
        return true;
    }
};

} // namespace ptm_test
