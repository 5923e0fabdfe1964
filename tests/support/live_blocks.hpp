// support/live_blocks.hpp - the blocks that a test holds, each filled with a pattern of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ptm_test {

inline void paint(void* at, std::size_t bytes, std::uint8_t tag) {
    auto* to = static_cast<std::uint8_t*>(at);
    for (std::size_t i = 0; i < bytes; ++i) to[i] = static_cast<std::uint8_t>(tag + 13 * i);
}

inline bool painted(const void* at, std::size_t bytes, std::uint8_t tag) {
    const auto* from = static_cast<const std::uint8_t*>(at);
    std::uint8_t wrong = 0;
    for (std::size_t i = 0; i < bytes; ++i) wrong |= static_cast<std::uint8_t>(from[i] ^ (tag + 13 * i));
    return wrong == 0;
}

inline bool reads_as_zero(const void* at, std::size_t bytes) {
    const auto* from = static_cast<const std::uint8_t*>(at);
    std::uint8_t all = 0;
    for (std::size_t i = 0; i < bytes; ++i) all |= from[i];
    return all == 0;
}

class live_blocks {
public:
    struct block {
        void* at;
        std::size_t bytes;
        std::uint8_t tag;

        bool intact() const { return painted(at, bytes, tag); }
    };

    bool empty() const { return blocks_.empty(); }
    std::size_t size() const { return blocks_.size(); }
    const block& operator[](std::size_t i) const { return blocks_[i]; }

    // add - paints it. false: it overlaps with one that is held.
    bool add(void* at, std::size_t bytes) {
        for (const block& b : blocks_)
            if (overlap(b, at, bytes)) return false;
        blocks_.push_back({at, bytes, ++tags_});
        paint(at, bytes, tags_);
        return true;
    }

    // take - block i, which is held no longer.
    block take(std::size_t i) {
        block b = blocks_[i];
        blocks_[i] = blocks_.back();
        blocks_.pop_back();
        return b;
    }

    bool intact() const {
        for (const block& b : blocks_)
            if (!b.intact()) return false;
        return true;
    }

private:
    std::vector<block> blocks_;
    std::uint8_t tags_ = 0;

    static bool overlap(const block& b, void* at, std::size_t bytes) {
        auto from = reinterpret_cast<std::uintptr_t>(at), other = reinterpret_cast<std::uintptr_t>(b.at);
        return at == b.at || (from < other + b.bytes && other < from + bytes);
    }
};

} // namespace ptm_test
