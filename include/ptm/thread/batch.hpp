// thread/batch.hpp - free chunks of a size that change hands together.
//
//   batch:         first --> chunk --> chunk --> nullptr
//   batch_stack:   newest --> batch --> batch --> nullptr
//
//   first chunk of a batch in a stack:   | next chunk | next batch | chunks in this batch |   at the user pointer
//
// To put a batch on a stack or to take the newest one touches its first chunk, however many there are.
#pragma once

#include <cstddef>

#include <ptm/bin/context.hpp>
#include <ptm/core/address.hpp>
#include <ptm/core/config.hpp>

namespace ptm {

// batch - a chain of cached chunks, by user pointers; the last one's link is nullptr.
struct batch {
    void* first = nullptr;
    unsigned count = 0;

    explicit operator bool() const noexcept { return first != nullptr; }
};

namespace detail {

// batch_stack - none of its batches is empty. For one thread at a time.
template <bin_context C>
class batch_stack {
    using header = typename C::header;

    static_assert(bytes(header::smallest) - header::overhead >= 3 * sizeof(void*),
                  "batch_stack: the header's smallest chunk has no room for three words");

    void* newest_ = nullptr;

public:
    constexpr batch_stack() noexcept = default;

    bool empty() const noexcept { return !newest_; }

    PTM_UNSANITIZED void push(batch b) noexcept {
        chunk_in<C>* c = header::from_user(b.first);
        header::ring_of(c)->back = address_of(newest_);
        header::skip_of(c)->forward = b.count;
        newest_ = b.first;
    }

    // pop - the newest; {}: there is none.
    batch pop() noexcept {
        if (!newest_) return {};
        batch b{newest_, count_in(newest_)};
        newest_ = below(newest_);
        return b;
    }

    // chunks - in all batches together; O(batches).
    unsigned chunks() const noexcept {
        unsigned sum = 0;
        for (void* p = newest_; p; p = below(p)) sum += count_in(p);
        return sum;
    }

private:
    PTM_UNSANITIZED_INLINE static void* below(void* first) noexcept {
        return reinterpret_cast<void*>(header::ring_of(header::from_user(first))->back);
    }
    PTM_UNSANITIZED_INLINE static unsigned count_in(void* first) noexcept {
        return static_cast<unsigned>(header::skip_of(header::from_user(first))->forward);
    }
};

} // namespace detail

} // namespace ptm
