// bin/stack_bins.hpp - one last-in-first-out list for each small size: glibc's fastbins.
//
// A chunk here keeps its "in use" state, so neighbours do not merge with it; only its first user word is written, with
// the encoded address of the chunk below. The caller holds the arena's lock.
#pragma once

#include <ptm/bin/fast_bins.hpp>
#include <ptm/check/predicates.hpp>

namespace ptm {

// stack_bins_to - for requests of up to MostRequest bytes; how many of them are in use is a setting.
template <std::size_t MostRequest>
struct stack_bins_to {
    template <bin_context C>
    class in;
};

using stack_bins = stack_bins_to<20 * sizeof(std::size_t)>;

template <std::size_t MostRequest>
template <bin_context C>
class stack_bins_to<MostRequest>::in {
    using header = typename C::header;
    using links = typename header::stack_links;
    using chunk = chunk_in<C>;

public:
    // The largest that may ever be configured.
    static constexpr chunk_size most = header::size_for(MostRequest);
    static constexpr unsigned bins =
        static_cast<unsigned>((bytes(most) - bytes(header::smallest)) / header::alignment) + 1;

    constexpr in() noexcept = default;

    // push - c, of size n.
    // faults   double_free_fast_top, invalid_fast_entry
    void push(chunk* c, chunk_size n, origin who) noexcept {
        PTM_ASSUME(n <= most);
        chunk*& head = heads_[index(n)];
        expect<C, fault::double_free_fast_top>(head != c, c);
        if (who == origin::arena && head)
            expect<C, fault::invalid_fast_entry>(&heads_[index(header::size_of(head))] == &head, head);
        set_below(c, head);
        head = c;
    }

    // pop
    // faults   fast_unaligned_chunk, fast_wrong_bin
    chunk* pop(chunk_size n) noexcept {
        chunk* c = pop_as<fault::fast_unaligned_chunk>(n);
        if (c) expect<C, fault::fast_wrong_bin>(header::size_of(c) == n, c);
        return c;
    }

    // try_pop, try_push - pop, and push by the user, if no check speaks against it: what is damaged stays where it is,
    // for pop and push to report. So the usual path has no call in it, and needs no stack.
    PTM_ALWAYS_INLINE chunk* try_pop(chunk_size n) noexcept {
        PTM_ASSUME(n <= most);
        chunk*& head = heads_[slot(n)];
        chunk* c = head;
        if (!c) return nullptr;
        if (C::checked(fault::fast_unaligned_chunk) && !user_aligned<header>(c)) [[unlikely]]
            return nullptr;
        if (C::checked(fault::fast_wrong_bin) && header::size_of(c) != n) [[unlikely]]
            return nullptr;
        head = below(c);
        return c;
    }

    PTM_ALWAYS_INLINE bool try_push(chunk* c, chunk_size n) noexcept {
        PTM_ASSUME(n <= most);
        chunk*& head = heads_[slot(n)];
        chunk* old = head;
        if (C::checked(fault::double_free_fast_top) && old == c) [[unlikely]]
            return false;
        set_below(c, old);
        head = c;
        return true;
    }

    // pop_further
    // faults   fast_unaligned_chunk_stashing, fast_wrong_bin_stashing
    chunk* pop_further(chunk_size n) noexcept {
        chunk* c = pop_as<fault::fast_unaligned_chunk_stashing>(n);
        if (c) expect<C, fault::fast_wrong_bin_stashing>(header::size_of(c) == n, c);
        return c;
    }

    // take_bin - visit(chunk) may reuse the chunk's memory at once.
    // faults   consolidate_unaligned_fast_chunk, consolidate_invalid_size
    void take_bin(unsigned i, auto&& visit) noexcept {
        chunk* c = heads_[i];
        heads_[i] = nullptr;
        while (c) {
            expect<C, fault::consolidate_unaligned_fast_chunk>(user_aligned<header>(c), c);
            expect<C, fault::consolidate_invalid_size>(index(header::size_of(c)) == i, c);
            chunk* rest = below(c);
            visit(c);
            c = rest;
        }
    }

    // for_each - visit(chunk, bin), newest first; visit may look at the chunk before its link is read.
    void for_each(auto&& visit) const {
        for (unsigned i = 0; i < bins; ++i)
            for (chunk* c = heads_[i]; c; c = below(c)) visit(c, i);
    }

private:
    chunk* heads_[bins] = {};

    static constexpr unsigned index(chunk_size n) noexcept {
        return static_cast<unsigned>(bytes(n) / header::alignment - bytes(header::smallest) / header::alignment);
    }

    static constexpr std::size_t slot(chunk_size n) noexcept {
        return bytes(n) / header::alignment - bytes(header::smallest) / header::alignment;
    }

    PTM_UNSANITIZED static chunk* below(chunk* c) noexcept {
        const void* slot = &header::ring_of(c)->forward;
        return static_cast<chunk*>(links::decode(slot, header::ring_of(c)->forward));
    }
    PTM_UNSANITIZED static void set_below(chunk* c, chunk* other) noexcept {
        auto& slot = header::ring_of(c)->forward;
        slot = static_cast<decltype(header::node::forward)>(links::encode(&slot, other));
    }

    template <fault Unaligned>
    PTM_ALWAYS_INLINE chunk* pop_as(chunk_size n) noexcept {
        PTM_ASSUME(n <= most);
        chunk*& head = heads_[index(n)];
        chunk* c = head;
        if (!c) return nullptr;
        expect<C, Unaligned>(user_aligned<header>(c), c);
        head = below(c);
        return c;
    }
};

} // namespace ptm
