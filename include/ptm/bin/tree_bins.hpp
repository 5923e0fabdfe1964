// bin/tree_bins.hpp - all large chunks in one red-black tree, by size and among equal ones by address: best fit, the
// lowest address first.
//
//                    4096                      in order: 1984, 2016 (lower), 2016 (higher), 4096, 12288
//                   /    \                     bins:     those of glibc's table are runs of this order; they have no
//                2016    12288                           heads of their own
//               /    \                         .
//            1984    2016
//
// A chunk outside the tree, in the unsorted queue, has no colour (chunk/tree_traits.hpp): remove() asks for that. The
// caller holds the arena's lock. Every verb costs O(log chunks), for_each O(chunks).
//
// For arenas that hold many different large sizes. A best fit, its removal and an insertion, instructions counted by
// callgrind, with sizes from 1 to 160 KiB free (GCC 12, -O2):
//
//   sizes free       100     1,000    10,000
//   tree_bins        410       458       523
//   sorted_bins      235     1,095     9,649      at 10,000 140 times as long by the clock: it walks through memory
#pragma once

#include <cstddef>

#include <ptm/bin/index.hpp>
#include <ptm/bin/large_bins.hpp>
#include <ptm/bin/rings.hpp>
#include <ptm/chunk/tree_traits.hpp>

namespace ptm {

struct tree_bins {
    static constexpr bool fits_best = true;

    template <bin_context C>
    class in;
};

template <bin_context C>
class tree_bins::in {
    using header = typename C::header;
    using chunk = chunk_in<C>;
    using table = bin_table<header>;
    using traits = tree_traits<typename header::ring_links>;
    using algorithms = tree<typename header::ring_links>;
    using node = tree_node;

    // A node lies over both pairs of links: they must be words, and neighbours.
    static_assert(header::links_hold_pointers,
                  "tree_bins: the header's links are too short for a tree; use sorted_bins");
    static_assert(sizeof(ring_node) == 2 * sizeof(void*), "tree_bins: a link of a chunk must be a word");
    static_assert(offsetof(chunk, skip) == offsetof(chunk, ring) + sizeof(ring_node),
                  "tree_bins: the two pairs of links of a chunk must be neighbours");

    node head_{};

public:
    constexpr in() noexcept = default;

    void clear() noexcept { algorithms::init_header(&head_); }

    // insert
    // faults   large_links_disagree, large_skip_links_disagree: at the chunk that c comes below
    void insert(chunk* c) noexcept {
        typename algorithms::insert_commit_data place = place_for(node_of(c));
        if (place.node != &head_) {
            expect<C, fault::large_links_disagree>(children_agree(place.node), chunk_of(place.node));
            expect<C, fault::large_skip_links_disagree>(parent_agrees(place.node), chunk_of(place.node));
        }
        algorithms::insert_unique_commit(&head_, node_of(c), place);
    }

    chunk* best_fit(chunk_size n) noexcept {
        node* c = first([&](const node* k) { return size_of(k) >= n; });
        return c && table::large_index(size_of(c)) == table::large_index(n) ? chunk_of(c) : nullptr;
    }

    // first_above - n may be any size.
    chunk* first_above(chunk_size n) noexcept {
        unsigned own = table::index(n);
        node* c = first([&](const node* k) { return table::large_index(size_of(k)) > own; });
        return c ? chunk_of(c) : nullptr;
    }

    // remove
    // faults   links_disagree, skip_links_disagree
    void remove(chunk* c) noexcept {
        if (is_absent(c)) return detail::rings<C>::unlink(c);
        look_at(node_of(c));
        if (node* next = successor_below(node_of(c))) look_at(next);
        algorithms::erase(&head_, node_of(c));
    }

    PTM_UNSANITIZED void mark_absent(chunk* c) noexcept { *header::skip_of(c) = {}; }

    bool links_agree(const chunk* c) const noexcept {
        return !is_absent(c) && children_agree(node_of(c)) && parent_agrees(node_of(c));
    }

    void for_each(auto&& visit) const {
        for (node* n = traits::get_left(&head_); n != &head_;) {
            unsigned i = table::large_index(size_of(n));
            node* past = past_bin(n, i);
            for (node* m = past; m != n;) visit(chunk_of(m = algorithms::prev_node(m)), i);
            n = past;
        }
    }

private:
    static node* node_of(chunk* c) noexcept { return reinterpret_cast<node*>(header::ring_of(c)); }
    static const node* node_of(const chunk* c) noexcept { return reinterpret_cast<const node*>(header::ring_of(c)); }
    static chunk* chunk_of(node* n) noexcept { return header::from_ring(&n->children); }
    static chunk_size size_of(const node* n) noexcept { return header::size_of(chunk_of(const_cast<node*>(n))); }
    static bool is_absent(const chunk* c) noexcept { return traits::get_color(node_of(c)) == traits::color::none; }

    // before - in the order of the tree.
    static bool before(const node* a, const node* b) noexcept {
        return size_of(a) != size_of(b) ? size_of(a) < size_of(b) : address_of(a) < address_of(b);
    }

    // place_for - the parent of a node that comes in, and which child it will be.
    typename algorithms::insert_commit_data place_for(const node* n) noexcept {
        typename algorithms::insert_commit_data place;
        place.node = &head_;
        place.link_left = true;
        for (node* at = traits::get_parent(&head_); at;) {
            place.node = at;
            place.link_left = before(n, at);
            at = place.link_left ? traits::get_left(at) : traits::get_right(at);
        }
        return place;
    }

    // first - the first node in order of which `holds` is true; it is then true of all that follow. nullptr: none.
    node* first(auto&& holds) const noexcept {
        node* found = nullptr;
        for (node* at = traits::get_parent(&head_); at;) {
            bool yes = holds(at);
            if (yes) found = at;
            at = yes ? traits::get_left(at) : traits::get_right(at);
        }
        return found;
    }

    node* past_bin(node* n, unsigned i) const noexcept {
        while (n != &head_ && table::large_index(size_of(n)) == i) n = algorithms::next_node(n);
        return n;
    }

    // successor_below - the node that takes the place of one with two children when that is erased.
    static node* successor_below(const node* n) noexcept {
        node* right = traits::get_right(n);
        return right && traits::get_left(n) ? algorithms::minimum(right) : nullptr;
    }

    // children_agree - is n the parent of its children, and between them?
    static bool children_agree(const node* n) noexcept {
        const node *left = traits::get_left(n), *right = traits::get_right(n);
        return (!left || (traits::get_parent(left) == n && before(left, n)))
            && (!right || (traits::get_parent(right) == n && before(n, right)));
    }

    // parent_agrees - is n a child of its parent, on the side of its size?
    bool parent_agrees(const node* n) const noexcept {
        const node* parent = traits::get_parent(n);
        if (parent == &head_) return traits::get_parent(&head_) == n;
        return n == (before(n, parent) ? traits::get_left(parent) : traits::get_right(parent));
    }

    void look_at(const node* n) const noexcept {
        expect<C, fault::links_disagree>(children_agree(n), n);
        expect<C, fault::skip_links_disagree>(parent_agrees(n), n);
    }
};

} // namespace ptm
