// Backends with a planted fault, and observers that cannot keep their hands off what they are told of.
#include "mutants/mutants.hpp"

namespace mutants {
namespace {

// A stretch that commits a page more than it says, once it grows.
template <std::size_t Bytes>
struct generous : reserve_backend<Bytes> {
    pages obtain(std::size_t bytes) noexcept {
        bool grows = this->committed() != 0;
        pages run = reserve_backend<Bytes>::obtain(bytes);
        if (grows && run) reserve_backend<Bytes>::obtain(this->page_bytes());
        return run;
    }
};
struct in_generous_sub_heaps : edit<sound, set_arena_backend<generous<1_MiB>>> {};

// A stretch whose successor makes it longer.
template <std::size_t Bytes>
struct growing_behind_ones_back : reserve_backend<Bytes> {
    static inline std::byte* first = nullptr;

    std::byte* frontier() noexcept {
        std::byte* end = reserve_backend<Bytes>::frontier();
        return this->base() == first && left ? end + this->page_bytes() : end;
    }
    pages obtain(std::size_t bytes) noexcept {
        pages run = reserve_backend<Bytes>::obtain(bytes);
        if (!first) first = this->base();
        left |= this->base() != first;
        return run;
    }

private:
    static inline bool left = false;
};
struct in_sub_heaps_that_grow : edit<sound, set_arena_backend<growing_behind_ones_back<1_MiB>>> {};

// What a block in a side arena takes when its sub-heap is full.
template <class C>
void fill_sub_heap(arena_state<C>& a) {
    auto* first = sub_heap_of<C>(a.top);
    while (sub_heap_of<C>(a.top) == first) take(a, 60'000);
}

// scribbler - remembers the last two runs; Scribble(last, one before) is called with every block handed out.
template <void (*Scribble)(pages last, pages before)>
struct scribbler {
    pages last{}, before{};

    void operator()(const events::system_grew& e) noexcept {
        before = last;
        last = e.gained;
    }
    void operator()(const events::allocated&) noexcept { Scribble(last, before); }
    void operator()(const events::freed&) noexcept {}
    void operator()(const events::system_shrank&) noexcept {}
    void operator()(const events::consolidated&) noexcept {}
};

// record_of - the record of the region that lies in this run.
region& record_of(pages run) {
    using C = sound_in_regions;
    auto* first = ptm::detail::chunks_of<C>({run, nullptr, nullptr, ptm::region_source::main});
    std::uintptr_t record = align_down(address_of(run.end()) - sizeof(region), alignof(region));
    std::uintptr_t room = record - ptm::detail::fence_bytes<C> - address_of(first);
    return *ptm::detail::region_behind<C>(C::header::at(first, align_down(room, C::header::alignment)));
}

void lengthen(pages last, pages) { record_of(last).run.bytes += 4096; }
void swallow(pages last, pages before) {
    if (!before) return;
    record_of(last).run.bytes += before.bytes;
    record_of(last).older = nullptr;
}
struct with_longer_regions : edit<sound_in_regions, set_observer<scribbler<lengthen>>> {};
struct with_swallowed_regions : edit<sound_in_regions, set_observer<scribbler<swallow>>> {};

// disowned - an observer that clears the first word of a sub-heap: whose it is.
struct disowner {
    void operator()(const events::consolidated&) noexcept {
        if (last) *reinterpret_cast<void**>(last.data) = nullptr;
    }
    void operator()(const events::system_grew& e) noexcept { last = e.gained; }
    void operator()(const auto&) noexcept {}

private:
    pages last{};
};
struct with_disowned_sub_heaps : edit<sound, set_observer<disowner>> {};

} // namespace

const std::vector<mutant>& in_memory() {
    static const std::vector<mutant> all{
        {"a backend commits more than it says", "top ends where the newest sub-heap ends",
         [] { return said_of_side<in_generous_sub_heaps>([](auto& a) { take(a, 100'000), take(a, 100'000); }); }},
        {"a sub-heap that is full grows", "the sub-heaps are the memory of a side arena",
         [] { return said_of_side<in_sub_heaps_that_grow>([](auto& a) { fill_sub_heap(a); }); }},
        {"a sub-heap is made nobody's", "a sub-heap knows its arena",
         [] { return said_of_side<with_disowned_sub_heaps>([](auto& a) { ptm::consolidate(a); }); }},
        {"a region's record says that it is longer", "the regions are the memory of an arena without a frontier",
         [] { return said_of<with_longer_regions>([](auto& a) { a.allocate(100); }); }},
        {"a region's record swallows the one before", "top lies in a region",
         [] {
             return said_of<with_swallowed_regions>([](auto& a) {
                 a.allocate(100);
                 a.allocate(30'000); // has a region of its own
             });
         }},
    };
    return all;
}

} // namespace mutants
