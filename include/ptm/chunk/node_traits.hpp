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

#include <concepts>
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

// link_node - what else may be a node: two unsigned words, wide enough for what the encoding stores.
template <class N>
concept link_node =
    std::unsigned_integral<decltype(N::forward)> && std::same_as<decltype(N::forward), decltype(N::back)>;

// ring_traits - what Boost.Intrusive's algorithms ask of a node.
template <link_encoding L, link_node Node = ring_node>
struct ring_traits {
    using node = Node;
    using node_ptr = Node*;
    using const_node_ptr = const Node*;

    PTM_UNSANITIZED static node_ptr get_next(const_node_ptr n) noexcept { return decode(&n->forward, n->forward); }
    PTM_UNSANITIZED static void set_next(node_ptr n, node_ptr next) noexcept { n->forward = encode(&n->forward, next); }
    PTM_UNSANITIZED static node_ptr get_previous(const_node_ptr n) noexcept { return decode(&n->back, n->back); }
    PTM_UNSANITIZED static void set_previous(node_ptr n, node_ptr previous) noexcept {
        n->back = encode(&n->back, previous);
    }

private:
    using word = decltype(Node::forward);

    static word encode(const void* slot, const void* target) noexcept {
        return static_cast<word>(L::encode(slot, target));
    }
    static node_ptr decode(const void* slot, word stored) noexcept {
        return static_cast<node_ptr>(L::decode(slot, stored));
    }
};

// ring - init_header, link_before, link_after, unlink, ... over ring nodes.
template <link_encoding L, link_node Node = ring_node>
using ring = boost::intrusive::circular_list_algorithms<ring_traits<L, Node>>;

// points_back - do the neighbours of a linked node point at it? Costs two loads besides the node.
template <link_encoding L, link_node Node>
bool points_back(const Node* n) noexcept {
    using traits = ring_traits<L, Node>;
    return traits::get_previous(traits::get_next(n)) == n && traits::get_next(traits::get_previous(n)) == n;
}

} // namespace ptm
