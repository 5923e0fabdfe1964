// preload/label.hpp - blocks that tell whether somebody else wrote into them, whichever thread asks.
#pragma once

#include "preload/check.hpp"

#include <cstdlib>

namespace preload {

// A block begins with its size and the byte that fills the rest.
struct label {
    std::size_t bytes;
    unsigned char byte;
};

inline label* labelled(void* block, std::size_t bytes, unsigned char byte) {
    EXPECT(block && malloc_usable_size(block) >= bytes);
    fill(block, bytes, byte);
    auto* l = static_cast<label*>(block);
    *l = {bytes, byte};
    return l;
}

// intact - as far as `bytes`; not more than it was labelled with.
inline bool intact(const label* l, std::size_t bytes) {
    return holds(reinterpret_cast<const char*>(l) + sizeof(label), bytes - sizeof(label), l->byte);
}

inline bool intact(const label* l) { return intact(l, l->bytes); }

inline void discard(label* l) {
    if (!l) return;
    EXPECT(intact(l));
    std::free(l);
}

} // namespace preload
