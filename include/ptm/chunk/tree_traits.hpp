// chunk/tree_traits.hpp - where Boost.Intrusive's red-black trees enter: a node is the four link words of a large
// chunk, the two of its ring and the two of its ring of sizes.
//
//   ring node ->  +----------+                                   skip node ->  +----------+
//                 | left     |   child, encoded                                | parent   |   encoded
//                 +----------+                                                 +----------+
//                 | right    |   child, encoded                                | colour   |   1 red, 2 black
//                 +----------+                                                 +----------+
//
// The colour of a linked node is never 0: a chunk whose skip node reads {0, 0} is in no tree. A tree's head is such a
// node alone: its parent is the root, left and right are the first and the last in order.
#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/intrusive/rbtree_algorithms.hpp>

#include <ptm/chunk/node_traits.hpp>
#include <ptm/core/config.hpp>

namespace ptm {

struct PTM_MAY_ALIAS tree_node {
    ring_node children; // forward: left, back: right
    ring_node above;    // forward: parent, back: colour
};

static_assert(sizeof(tree_node) == 4 * sizeof(void*) && offsetof(tree_node, above) == sizeof(ring_node));

// tree_traits - what Boost.Intrusive's algorithms ask of a node.
template <link_encoding L>
struct tree_traits {
    using node = tree_node;
    using node_ptr = tree_node*;
    using const_node_ptr = const tree_node*;
    enum class color : std::uintptr_t { none, red, black };

    PTM_UNSANITIZED static node_ptr get_parent(const_node_ptr n) noexcept { return decode(n->above.forward); }
    PTM_UNSANITIZED static void set_parent(node_ptr n, node_ptr to) noexcept { encode(n->above.forward, to); }
    PTM_UNSANITIZED static node_ptr get_left(const_node_ptr n) noexcept { return decode(n->children.forward); }
    PTM_UNSANITIZED static void set_left(node_ptr n, node_ptr to) noexcept { encode(n->children.forward, to); }
    PTM_UNSANITIZED static node_ptr get_right(const_node_ptr n) noexcept { return decode(n->children.back); }
    PTM_UNSANITIZED static void set_right(node_ptr n, node_ptr to) noexcept { encode(n->children.back, to); }
    PTM_UNSANITIZED static color get_color(const_node_ptr n) noexcept { return static_cast<color>(n->above.back); }
    PTM_UNSANITIZED static void set_color(node_ptr n, color c) noexcept {
        n->above.back = static_cast<std::uintptr_t>(c);
    }
    static constexpr color black() noexcept { return color::black; }
    static constexpr color red() noexcept { return color::red; }

private:
    PTM_UNSANITIZED static node_ptr decode(const std::uintptr_t& slot) noexcept {
        return static_cast<node_ptr>(L::decode(&slot, slot));
    }
    PTM_UNSANITIZED static void encode(std::uintptr_t& slot, node_ptr to) noexcept { slot = L::encode(&slot, to); }
};

// tree - init_header, insert_unique_commit, erase, next_node, ... over tree nodes.
template <link_encoding L>
using tree = boost::intrusive::rbtree_algorithms<tree_traits<L>>;

} // namespace ptm
