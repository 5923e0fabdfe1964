// A side arena on sub-heaps of 1 MiB: where its chunks lie, and how it grows, moves on, and comes back. Offsets are
// from the start of a sub-heap; they are glibc's for these sizes.
#include "support/configs.hpp"

#include <ptm/arena/align.hpp>
#include <ptm/arena/allocate.hpp>
#include <ptm/arena/clear.hpp>
#include <ptm/arena/resize.hpp>
#include <ptm/arena/sub_heap.hpp>
#include <ptm/arena/verify.hpp>
#include <ptm/os/buffer.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace {
using namespace ptm::literals;

struct small_heaps : ptm::edit<ptm_test::glass, ptm::set_arena_backend<ptm::reserve_backend<1_MiB>>,
                               ptm::set_mapped_backend<ptm::counted<ptm::mmap_backend>>,
                               ptm::set_tuned<ptm::tuning{.mmap_threshold = 1 << 30, .most_mmap_threshold = 1 << 30}>> {
};
// What one of its backends gives can be limited by tests: `left` calls succeed.
template <std::size_t Bytes>
struct rationed_stretch : ptm::reserve_backend<Bytes> {
    static inline int left = 1 << 30;
    ptm::pages obtain(std::size_t n) noexcept {
        return left-- > 0 ? ptm::reserve_backend<Bytes>::obtain(n) : ptm::no_pages();
    }
};
struct rationed : ptm::edit<small_heaps, ptm::set_arena_backend<rationed_stretch<1_MiB>>> {};
struct with_every_top_trimmed : ptm::edit<small_heaps, ptm::set_ruled<ptm::rules{.trims_every_top = true}>> {};
// beside_a_buffer - the main backend's pages are smaller than those of the sub-heaps.
struct beside_a_buffer : ptm::edit<small_heaps, ptm::set_main_backend<ptm::buffer_backend>> {};

// side - a side arena that gives everything back at the end.
template <class C = small_heaps>
class side {
    ptm::shared_state<C> shared_{};
    ptm::arena_state<C>* arena_ = nullptr;

public:
    using header = typename C::header;
    using heap = ptm::sub_heap<C>;

    explicit side(std::size_t request = 640) { arena_ = ptm::make_side_arena<ptm::arena_state<C>>(shared_, request); }
    side(const side&) = delete;
    ~side() {
        if (!arena_) return;
        for (heap *h = newest(), *before = nullptr; h; h = before) {
            before = h->previous;
            ptm::close_sub_heap(shared_, h);
        }
    }

    ptm::arena_state<C>* operator->() { return arena_; }
    ptm::arena_state<C>& operator*() { return *arena_; }
    ptm::shared_state<C>& shared() { return shared_; }
    bool made() const { return arena_ != nullptr; }
    heap* newest() { return ptm::sub_heap_of<C>(arena_->top); }

    void* take(std::size_t n) {
        auto* c = ptm::allocate(*arena_, ptm::no_stash{}, ptm::want<C>(n));
        return c ? header::to_user(c) : nullptr;
    }
    void* take_cleared(std::size_t n) {
        return header::to_user(ptm::allocate_cleared(*arena_, ptm::no_stash{}, ptm::want<C>(n)));
    }
    void give(void* p) { ptm::release_to_arena(*arena_, header::from_user(p), ptm::origin::user); }
    ptm::arena_figures figures() { return ptm::figures_of(*arena_); }
    std::string verdict() {
        const char* broken = ptm::verify(*arena_);
        return broken ? broken : "sound";
    }

    // place - offset in its sub-heap.
    static std::size_t place(const void* p) { return ptm::bytes_between(ptm::sub_heap_of<C>(p), p); }
    static heap* of(const void* p) { return ptm::sub_heap_of<C>(p); }
};

bool all_are(unsigned char byte, const void* p, std::size_t n) {
    const auto* at = static_cast<const unsigned char*>(p);
    return std::all_of(at, at + n, [=](unsigned char b) { return b == byte; });
}
bool all_zero(const void* p, std::size_t n) { return all_are(0, p, n); }
}

TEST_CASE("the first chunk of a side arena lies behind the arena itself") {
    side a;
    CHECK(a.place(a.take(24)) == 0x8e0);
    CHECK(a.place(a.take(100)) == 0x900);
    CHECK(a.figures().system_bytes == 0x21000);
    CHECK(a.figures().sub_heaps == 1);
    CHECK(a->side_arena);
    CHECK_FALSE(a->contiguous);
    CHECK(a.verdict() == "sound");
}

TEST_CASE("a new arena is made large enough for its first user, or as small as it can be") {
    CHECK(side(600'000).figures().system_bytes == ptm::align_up(600'000 + 131072 + 48 + 2200 + 16, 4096));
    CHECK(side(1_MiB - 5000).figures().system_bytes == 1_MiB); // the pad is cut
    CHECK(side(2_MiB).figures().system_bytes == 0x21000);      // will not fit anyhow
}

TEST_CASE("blocks of a side arena bear its flag, whichever way they are handed out") {
    side a;
    auto flagged = [](void* p) { return side<>::header::of_side_arena(side<>::header::from_user(p)); };
    void *top = a.take(100), *fence = a.take(24), *large = a.take(3000), *other = a.take(24);
    CHECK(flagged(top));
    a.give(large);
    void* whole = a.take(3000);
    CHECK(flagged(whole));
    a.give(whole);
    CHECK(flagged(a.take(500))); // a part of it
    auto* aligned = ptm::allocate_aligned(*a, ptm::no_stash{}, 512, 100);
    CHECK(side<>::header::of_side_arena(aligned));
    a->fast.for_each([&](auto* c, unsigned) { CHECK(side<>::header::of_side_arena(c)); });
    CHECK(a.figures().fast_chunks + a.figures().binned_chunks > 1); // what was cut off the aligned one
    for (void* p : {top, fence, other}) a.give(p);
    CHECK(a.verdict() == "sound");
}

TEST_CASE("a sub-heap grows by the pages that are missing, without a pad") {
    side a;
    a.take(100'000);
    std::size_t top = a.figures().top_bytes;
    void* p = a.take(top + 1000);
    CHECK(a.of(p) == a.newest());
    CHECK(a.figures().sub_heaps == 1);
    CHECK(a.figures().system_bytes == 0x21000 + 4096);
    CHECK(a.figures().committed_bytes == 0x22000);
    CHECK(a.verdict() == "sound");
}

TEST_CASE("a full sub-heap is followed by another one; the old top becomes a free chunk before a fence") {
    side a;
    void* first = a.take(900'000);
    void* second = a.take(400'000);
    CHECK(a.place(second) == 0x40);
    CHECK(a.of(first) == a.of(second)->previous);
    CHECK(a.of(second)->arena == &*a);
    ptm::arena_figures f = a.figures();
    CHECK(f.sub_heaps == 2);
    CHECK(f.binned_chunks == 1);
    CHECK(f.system_bytes == a.of(first)->size() + a.of(second)->size());
    CHECK(a.verdict() == "sound");
    a.give(first);
    a.give(second);
    CHECK(a.verdict() == "sound");
}

TEST_CASE("a sub-heap without a used block goes back, and top moves back before the fence") {
    side a;
    void* first = a.take(600'000); // leaves room in the first sub-heap
    void* second = a.take(700'000);
    CHECK(a.figures().sub_heaps == 2);
    a.give(second);
    CHECK(a.figures().sub_heaps == 1);
    CHECK(a.of(a->top) == a.of(first));
    CHECK(ptm::bytes_between(a->top, a.newest()->end()) == a.figures().top_bytes);
    CHECK(a.verdict() == "sound");
    CHECK(a.of(a.take(100)) == a.of(first));
}

TEST_CASE("a sub-heap stays when the one before it has no room to go on in") {
    side a;
    a.take(1_MiB - 4000); // all but a page
    void* second = a.take(300'000);
    a.give(second);
    CHECK(a.figures().sub_heaps == 2);
    CHECK(a.figures().system_bytes <= 1_MiB + 0x21000 + 4096); // but its end goes back
    CHECK(a.verdict() == "sound");
}

TEST_CASE("a large old top is free with its sub-heap's rest, and the new sub-heap is given back at once") {
    side a;
    a.take(100);
    std::size_t top = a.figures().top_bytes;
    CHECK(top > 65536);
    CHECK(a.take(1_MiB - 2'000) == nullptr); // as in glibc: the caller tries another arena
    CHECK(a.figures().sub_heaps == 1);
    CHECK(a.figures().top_bytes == top);
    CHECK(a.verdict() == "sound");
}

TEST_CASE("the end of top goes back above the threshold, but for the pad") {
    side a;
    void* keep = a.take(1000);
    a.give(a.take(500'000));
    CHECK(a.figures().system_bytes == 0x21000);
    CHECK(a.figures().top_bytes >= 131072 + 33);
    CHECK(a.figures().committed_bytes > a.figures().reserved_bytes); // kept for the next time
    a.give(keep);
    CHECK(a.verdict() == "sound");
}

TEST_CASE("cleared memory is zero also where a sub-heap grows again over what was given back") {
    side a;
    for (int round = 0; round < 3; ++round) {
        void* p = a.take_cleared(500'000);
        REQUIRE(all_zero(p, 500'000));
        std::memset(p, 0x5a, 500'000);
        a.give(p);
    }
    CHECK(a.verdict() == "sound");
}

TEST_CASE("what no sub-heap can hold is mapped by itself, whatever the threshold") {
    side a;
    void* p = a.take(2_MiB);
    CHECK(side<>::header::is_mapped(side<>::header::from_user(p)));
    CHECK(a.shared().mapped_count == 1);
    ptm::unmap_chunk(a.shared(), side<>::header::from_user(p));
    CHECK(a.verdict() == "sound");
}

TEST_CASE("a side arena that gets no further sub-heap stays as it is") {
    side<rationed> a;
    a.take(900'000);
    ptm::arena_figures before = a.figures();
    rationed_stretch<1_MiB>::left = 0;
    void* p = a.take(500'000); // a mapping of its own
    rationed_stretch<1_MiB>::left = 1 << 30;
    CHECK(p != nullptr);
    CHECK(a.shared().mapped_count == 1);
    ptm::unmap_chunk(a.shared(), rationed::header::from_user(p));
    CHECK(a.figures().system_bytes == before.system_bytes);
    CHECK(a.figures().top_bytes == before.top_bytes);
    CHECK(a.verdict() == "sound");
}

TEST_CASE("without memory there is no side arena") {
    rationed_stretch<1_MiB>::left = 0;
    side<rationed> a;
    rationed_stretch<1_MiB>::left = 1 << 30;
    CHECK_FALSE(a.made());
}

TEST_CASE("an old top too small for a chunk becomes part of the fence") {
    for (std::size_t left = 32; left <= 96; left += 16) {
        side a;
        a.take(1_MiB - 0x8d0 - 20'000);
        std::size_t top = 1_MiB - ptm::bytes_between(a.newest(), a->top);
        a.take(top - left - 8);
        CHECK(a.figures().top_bytes == left);
        void* p = a.take(200'000);
        CHECK(a.place(p) == 0x40);
        CHECK(a.verdict() == "sound");
        a.give(p);
        CHECK(a.verdict() == "sound");
    }
}

TEST_CASE("a chain of sub-heaps goes back from its newest end") {
    side a;
    std::vector<void*> blocks;
    for (int i = 0; i < 6; ++i) blocks.push_back(a.take(1'040'000)); // what is left is too small to tidy up for
    CHECK(a.figures().sub_heaps == 6);
    for (int i = 0; i < 5; ++i) a.give(blocks[static_cast<std::size_t>(i)]);
    CHECK(a.figures().sub_heaps == 6); // top's is in use
    a.give(blocks[5]);
    CHECK(a.figures().sub_heaps == 1);
    CHECK(a.figures().used_bytes() == 0x8d0);
    CHECK(a.verdict() == "sound");
}

TEST_CASE("verify notices a sub-heap that says it is another arena's") {
    side a;
    a.take(900'000);
    a.take(400'000);
    a.newest()->previous->arena = nullptr;
    CHECK(a.verdict() == "a sub-heap knows its arena");
    a.newest()->previous->arena = &*a;
    a->system_bytes += 4096;
    CHECK(a.verdict() == "the sub-heaps are the memory of a side arena");
    a->system_bytes -= 4096;
    CHECK(a.verdict() == "sound");
}

TEST_CASE("trim drops pages inside free chunks of a side arena, and keeps its top") {
    side a;
    void *p = a.take(100'000), *fence = a.take(24);
    std::memset(p, 0x77, 100'000);
    a.give(p);
    std::size_t top = a.figures().top_bytes;
    CHECK(ptm::trim(*a, 0));
    CHECK(a.figures().top_bytes == top);
    CHECK(all_zero(static_cast<std::byte*>(p) + 8192, 4096));
    a.give(fence);
}

TEST_CASE("trim gives the top of a side arena back, too, where that is the rule") {
    side<with_every_top_trimmed> a;
    a.shared().trim_threshold = SIZE_MAX;
    void* p = a.take(100'000);
    a.give(a.take(900'000)); // the top grew, and no free trims it
    std::memset(p, 0x77, 100'000);
    std::size_t before = a.figures().system_bytes;
    REQUIRE(a.figures().top_bytes > 800'000);
    CHECK(ptm::trim(*a, 40'000));
    CHECK(a.figures().top_bytes >= 40'000);
    CHECK(a.figures().top_bytes < 40'000 + 4096 + 33);
    CHECK(a.figures().system_bytes < before - 700'000);
    CHECK_FALSE(ptm::trim(*a, 40'000));
    CHECK(all_are(0x77, p, 100'000));
    CHECK(a.verdict() == "sound");
    CHECK(a.take(900'000) != nullptr);
}

TEST_CASE("trim drops pages of a side arena as its own backend counts them, whatever the main one does") {
    side<beside_a_buffer> a;
    std::vector<void*> kept, given;
    for (int i = 0; i < 250; ++i) {
        given.push_back(a.take(1000));
        kept.push_back(a.take(1000));
        std::memset(kept.back(), 0x77, 1000);
    }
    for (void* p : given) a.give(p);
    ptm::trim(*a, 0);
    for (void* p : kept) CHECK(all_are(0x77, p, 1000));
    CHECK(a.verdict() == "sound");
}
