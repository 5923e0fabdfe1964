// thread/batch.hpp - free chunks of a size that change hands together.
//
//   batch:         first --> chunk --> chunk --> nullptr
//   batch_stack:   newest --> batch --> batch --> nullptr
//
//   first chunk of a batch in a stack:   | next chunk | chunks in this batch, next batch |   at the user pointer
//                                                     63                   48          0
//
// Where addresses have 32 bits, the count is a third word. Where they have 64, user space has no more than 2^48 of them
// on the usual machines, unless a program asks for others by name, so that two words are enough, as in a block of 16.
//
// To put a batch on a stack or to take the newest one touches its first chunk, however many there are.
#pragma once

#include <cstddef>
#include <cstdint>

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

    static constexpr bool packs = sizeof(std::uintptr_t) == 8;
    static constexpr unsigned count_at = packs ? 48 : 0;
    static constexpr std::uintptr_t address_bits = (std::uintptr_t{1} << count_at) - 1;
    static_assert(packs || bytes(header::smallest) - header::overhead >= 3 * sizeof(void*),
                  "batch_stack: the header's smallest chunk has no room for three words");

    void* newest_ = nullptr;

public:
    constexpr batch_stack() noexcept = default;

    bool empty() const noexcept { return !newest_; }

    PTM_UNSANITIZED void push(batch b) noexcept {
        chunk_in<C>* c = header::from_user(b.first);
        header::ring_of(c)->back = address_of(newest_) | (packs ? std::uintptr_t{b.count} << count_at : 0);
        if constexpr (!packs) header::skip_of(c)->forward = b.count;
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
        std::uintptr_t word = header::ring_of(header::from_user(first))->back;
        return reinterpret_cast<void*>(packs ? word & address_bits : word);
    }
    PTM_UNSANITIZED_INLINE static unsigned count_in(void* first) noexcept {
        chunk_in<C>* c = header::from_user(first);
        return static_cast<unsigned>(packs ? header::ring_of(c)->back >> count_at : header::skip_of(c)->forward);
    }
};

} // namespace detail

} // namespace ptm
