// bin/rings.hpp - what all bins made of rings of chunks share. A ring's head is a node without a chunk around it.
//
//   front = the node after the head, back = the node before it. The caller holds the arena's lock.
#pragma once

#include <ptm/bin/context.hpp>
#include <ptm/chunk/node_traits.hpp>

namespace ptm::detail {

template <bin_context C>
struct rings {
    using header = typename C::header;
    using chunk = chunk_in<C>;
    using node = typename header::node;
    using traits = ring_traits<typename header::ring_links, node>;
    using algorithms = ring<typename header::ring_links, node>;

    static bool empty(const node& head) noexcept { return traits::get_next(&head) == &head; }
    static node* front(const node& head) noexcept { return traits::get_next(&head); }
    static node* back(const node& head) noexcept { return traits::get_previous(&head); }
    static chunk* back_chunk(const node& head) noexcept { return header::from_ring(back(head)); }

    static void link_front(node& head, chunk* c) noexcept { algorithms::link_after(&head, header::ring_of(c)); }

    // unlink - out of whatever ring c is in.
    // faults   links_disagree
    static void unlink(chunk* c) noexcept {
        expect<C, fault::links_disagree>(points_back<typename header::ring_links>(header::ring_of(c)), c);
        algorithms::unlink(header::ring_of(c));
    }

    // for_each - visit(chunk), front to back. visit must not change the ring.
    static void for_each(const node& head, auto&& visit) {
        for (node* n = front(head); n != &head; n = traits::get_next(n)) visit(header::from_ring(n));
    }
};

} // namespace ptm::detail
