// chunk/node_traits.hpp - where Boost.Intrusive enters: a ring of nodes inside chunks, linked as the header says.
//
//   ring node ->  +----------+
//                 | forward  |   the next node of the ring, encoded
//                 +----------+
//                 | back     |   the one before, encoded
//                 +----------+
//
// A bin's head is such a node alone; a chunk holds two, one for its bin's ring and one for the ring of sizes.
#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/intrusive/circular_list_algorithms.hpp>

#include <ptm/chunk/links.hpp>
#include <ptm/core/config.hpp>

namespace ptm {

struct PTM_MAY_ALIAS ring_node {
    std::uintptr_t forward;
    std::uintptr_t back;
};

static_assert(sizeof(ring_node) == 2 * sizeof(void*));

// ring_traits - what Boost.Intrusive's algorithms ask of a node.
template <link_encoding L>
struct ring_traits {
    using node = ring_node;
    using node_ptr = ring_node*;
    using const_node_ptr = const ring_node*;

    static node_ptr get_next(const_node_ptr n) noexcept { return decode(&n->forward, n->forward); }
    static void set_next(node_ptr n, node_ptr next) noexcept { n->forward = L::encode(&n->forward, next); }
    static node_ptr get_previous(const_node_ptr n) noexcept { return decode(&n->back, n->back); }
    static void set_previous(node_ptr n, node_ptr previous) noexcept { n->back = L::encode(&n->back, previous); }

private:
    static node_ptr decode(const void* slot, std::uintptr_t stored) noexcept {
        return static_cast<node_ptr>(L::decode(slot, stored));
    }
};

// ring - init_header, link_before, link_after, unlink, ... over ring nodes.
template <link_encoding L>
using ring = boost::intrusive::circular_list_algorithms<ring_traits<L>>;

// points_back - do the neighbours of a linked node point at it? Costs two loads besides the node.
template <link_encoding L>
bool points_back(const ring_node* n) noexcept {
    using traits = ring_traits<L>;
    return traits::get_previous(traits::get_next(n)) == n && traits::get_next(traits::get_previous(n)) == n;
}

} // namespace ptm
