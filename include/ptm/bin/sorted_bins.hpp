// bin/sorted_bins.hpp - rings in order of size, with a second ring that skips equal sizes: glibc's large bins.
//
//   bin     front                                                     back
//     |       |                                                         |
//   head <-> 2032 <-> 2016 <-> 2016 <-> 2016 <-> 2000 <-> 1984 <-> 1984 <-> head
//             |        |                          |        |
//   skip     [R] <--> [R] <--------------------> [R] <--> [R]      (and round from the smallest to the largest)
//
// The first chunk of each size is its representative: it alone is linked in the skip ring, and has non-null skip links.
// Another of its size goes in just behind it, and comes out first. Forward in the skip ring is the next smaller size.
//
// The caller holds the arena's lock. Insertion and best fit cost O(different sizes in the bin).
// source   glibc 2.36 malloc.c, _int_malloc and unlink_chunk
#pragma once

#include <ptm/bin/binmap.hpp>
#include <ptm/bin/index.hpp>
#include <ptm/bin/large_bins.hpp>
#include <ptm/bin/rings.hpp>

namespace ptm {

struct sorted_bins {
    static constexpr bool fits_best = true;

    template <bin_context C>
    class in;
};

template <bin_context C>
class sorted_bins::in {
    using rings = detail::rings<C>;
    using traits = typename rings::traits;
    using algorithms = typename rings::algorithms;
    using header = typename C::header;
    using node = typename header::node;
    using chunk = chunk_in<C>;
    using table = bin_table<header>;

    static constexpr unsigned bins = table::bins - table::first_large;

    node heads_[bins] = {};
    binmap map_;

public:
    constexpr in() noexcept = default;

    void clear() noexcept {
        for (node& head : heads_) algorithms::init_header(&head);
        map_ = {};
    }

    void insert(chunk* c) noexcept {
        unsigned i = bin_of(header::size_of(c));
        map_.set(i);
        node& head = heads_[i];
        if (rings::empty(head))
            insert_first(head, c);
        else if (header::size_of(c) < header::size_of(rings::back_chunk(head)))
            insert_smallest(head, c);
        else
            insert_between(head, c);
    }

    chunk* best_fit(chunk_size n) noexcept {
        node& head = heads_[bin_of(n)];
        if (rings::empty(head) || header::size_of(largest(head)) < n) return nullptr;
        chunk* c = larger(largest(head)); // round the ring: the smallest
        while (header::size_of(c) < n) c = larger(c);
        return second_of_its_size(head, c);
    }

    // first_above - n may be any size.
    chunk* first_above(chunk_size n) noexcept {
        unsigned i = table::is_small(n) ? 0 : bin_of(n) + 1;
        while ((i = map_.first_from(i)) < bins) {
            if (!rings::empty(heads_[i])) return rings::back_chunk(heads_[i]);
            map_.clear(i);
        }
        return nullptr;
    }

    // remove
    // faults   links_disagree, skip_links_disagree
    void remove(chunk* c) noexcept {
        node* after = traits::get_next(header::ring_of(c));
        rings::unlink(c);
        if (represents(c)) remove_representative(c, after);
    }

    PTM_UNSANITIZED void mark_absent(chunk* c) noexcept { *header::skip_of(c) = {}; }

    bool links_agree(const chunk* c) const noexcept {
        return points_back<typename header::ring_links>(header::ring_of(c));
    }

    void for_each(auto&& visit) const {
        for (unsigned i = 0; i < bins; ++i)
            rings::for_each(heads_[i], [&](chunk* c) { visit(c, i + table::first_large); });
    }

    // represents - is c linked in a skip ring?
    PTM_UNSANITIZED static bool represents(const chunk* c) noexcept { return header::skip_of(c)->forward != 0; }

private:
    static unsigned bin_of(chunk_size n) noexcept { return table::large_index(n) - table::first_large; }
    bool is_head(const node* n) const noexcept { return bytes_between(heads_, n) < sizeof heads_; }
    static chunk* largest(const node& head) noexcept { return header::from_ring(rings::front(head)); }
    static chunk* smaller(chunk* c) noexcept { return header::from_skip(traits::get_next(header::skip_of(c))); }
    static chunk* larger(chunk* c) noexcept { return header::from_skip(traits::get_previous(header::skip_of(c))); }

    // The newest of a size lies right behind its representative; taking that one leaves the skip ring alone.
    static chunk* second_of_its_size(const node& head, chunk* c) noexcept {
        node* after = traits::get_next(header::ring_of(c));
        if (after == &head) return c;
        chunk* second = header::from_ring(after);
        return header::size_of(second) == header::size_of(c) ? second : c;
    }

    void insert_first(node& head, chunk* c) noexcept {
        algorithms::init_header(header::skip_of(c));
        rings::link_front(head, c);
    }

    // faults   large_skip_links_disagree_at_end
    void insert_smallest(node& head, chunk* c) noexcept {
        chunk* first = largest(head);
        expect<C, fault::large_skip_links_disagree_at_end>(smaller(larger(first)) == first, first);
        algorithms::link_before(header::skip_of(first), header::skip_of(c));
        algorithms::link_before(&head, header::ring_of(c));
    }

    // faults   large_skip_links_disagree, large_links_disagree
    void insert_between(node& head, chunk* c) noexcept {
        chunk* at = largest(head);
        while (header::size_of(c) < header::size_of(at)) at = smaller(at);
        node* successor = header::ring_of(at);
        if (header::size_of(c) == header::size_of(at)) {
            mark_absent(c);
            successor = traits::get_next(successor);
        } else {
            expect<C, fault::large_skip_links_disagree>(smaller(larger(at)) == at, at);
            algorithms::link_before(header::skip_of(at), header::skip_of(c));
        }
        const node* before = traits::get_previous(successor);
        expect<C, fault::large_links_disagree>(traits::get_next(before) == successor, successor);
        algorithms::link_before(successor, header::ring_of(c));
    }

    // Another chunk of the size, if there is one, takes over the place in the skip ring.
    PTM_ALWAYS_INLINE void remove_representative(chunk* c, node* after) noexcept {
        node* skip = header::skip_of(c);
        expect<C, fault::skip_links_disagree>(points_back<typename header::ring_links>(skip), c);
        if (!is_head(after) && !represents(header::from_ring(after)))
            algorithms::link_before(skip, header::skip_of(header::from_ring(after)));
        algorithms::unlink(skip);
    }
};

} // namespace ptm
