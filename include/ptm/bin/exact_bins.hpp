// bin/exact_bins.hpp - a ring for each small size, first in, first out: glibc's small bins.
//
// Insertion is at the front, removal at the back. The caller holds the arena's lock.
#pragma once

#include <ptm/bin/binmap.hpp>
#include <ptm/bin/index.hpp>
#include <ptm/bin/rings.hpp>
#include <ptm/bin/small_bins.hpp>

namespace ptm {

struct exact_bins {
    template <bin_context C>
    class in;
};

template <bin_context C>
class exact_bins::in {
    using rings = detail::rings<C>;
    using header = typename C::header;
    using node = typename header::node;
    using chunk = chunk_in<C>;
    using table = bin_table<header>;

    static constexpr unsigned first = table::small_index(header::smallest);
    static constexpr unsigned bins = table::first_large;

    node heads_[bins - first] = {};
    binmap map_;

public:
    constexpr in() noexcept = default;

    void clear() noexcept {
        for (node& head : heads_) rings::algorithms::init_header(&head);
        map_ = {};
    }

    // insert
    // faults   Broken, when the newest chunk of the size does not point back
    template <fault Broken = no_check>
    void insert(chunk* c) noexcept {
        unsigned i = table::small_index(header::size_of(c));
        const node* front = rings::front(head(i));
        expect<C, Broken>(rings::traits::get_previous(front) == &head(i), front);
        rings::link_front(head(i), c);
        map_.set(i);
    }

    // take_exact
    // faults   small_links_disagree
    chunk* take_exact(chunk_size n) noexcept {
        node& ring = head(table::small_index(n));
        node* oldest = rings::back(ring);
        if (oldest == &ring) return nullptr;
        node* before = rings::traits::get_previous(oldest);
        expect<C, fault::small_links_disagree>(rings::traits::get_next(before) == oldest, oldest);
        rings::algorithms::unlink(oldest);
        return header::from_ring(oldest);
    }

    // first_above - n may be any size, smaller or larger than the bins hold.
    chunk* first_above(chunk_size n) noexcept {
        unsigned i = table::is_small(n) ? table::small_index(n) + 1 : bins;
        while ((i = map_.first_from(i)) < bins) {
            if (!rings::empty(head(i))) return rings::back_chunk(head(i));
            map_.clear(i);
        }
        return nullptr;
    }

    // remove
    // faults   links_disagree
    void remove(chunk* c) noexcept { rings::unlink(c); }

    void for_each(auto&& visit) const {
        for (unsigned i = first; i < bins; ++i) rings::for_each(heads_[i - first], [&](chunk* c) { visit(c, i); });
    }

private:
    node& head(unsigned i) noexcept { return heads_[i - first]; }
};

} // namespace ptm
