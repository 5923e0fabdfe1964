// bin/queue_bin.hpp - first in, first out, all sizes: glibc's unsorted bin. The caller holds the arena's lock.
#pragma once

#include <ptm/bin/rings.hpp>
#include <ptm/bin/unsorted_bin.hpp>

namespace ptm {

struct queue_bin {
    template <bin_context C>
    class in;
};

template <bin_context C>
class queue_bin::in {
    using rings = detail::rings<C>;
    using header = typename C::header;
    using node = typename header::node;
    using chunk = chunk_in<C>;

    node head_{};

public:
    static constexpr bool queues = true;

    constexpr in() noexcept = default;

    void clear() noexcept { rings::algorithms::init_header(&head_); }

    // push - Broken: the fault to report when the front chunk does not point back at the head.
    template <fault Broken>
    PTM_ALWAYS_INLINE void push(chunk* c) noexcept {
        node* front = rings::front(head_);
        expect<C, Broken>(rings::traits::get_previous(front) == &head_, front);
        rings::link_front(head_, c);
    }

    chunk* oldest() noexcept { return rings::empty(head_) ? nullptr : rings::back_chunk(head_); }

    bool is_only(chunk* c) noexcept { return rings::traits::get_previous(header::ring_of(c)) == &head_; }

    // links_agree - does the oldest chunk's neighbour point at it, and it at the head?
    bool links_agree(chunk* c) noexcept {
        const node* n = header::ring_of(c);
        return rings::traits::get_next(rings::traits::get_previous(n)) == n && rings::traits::get_next(n) == &head_;
    }

    // remove - c, whose links were looked at before.
    void remove(chunk* c) noexcept { rings::algorithms::unlink(header::ring_of(c)); }

    void for_each(auto&& visit) const { rings::for_each(head_, visit); }
};

} // namespace ptm
