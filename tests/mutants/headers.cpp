// Headers with a planted fault.
#include "mutants/mutants.hpp"

namespace mutants {
namespace {

using tag = boundary_tag<plain_links>;

template <header_policy H>
struct with_header : edit<sound, set_header<H>> {};

// free_between - a chunk of 2016 bytes that is free, between used ones.
template <class A>
void free_between(A& a) {
    a.allocate(100);
    void* p = a.allocate(2000);
    a.allocate(100);
    a.deallocate(p);
}

constexpr auto one_block = [](auto& a) { a.allocate(100); };
constexpr auto one_free = [](auto& a) { free_between(a); };

struct odd_sizes : tag {
    static void set_free(chunk* c, chunk_size n) noexcept { tag::set_free(c, n + chunk_size{8}); }
};
struct huge_sizes : tag {
    static void set_free(chunk* c, chunk_size n) noexcept { tag::set_top(c, n + chunk_size{1_GiB}); }
};
struct without_footer : tag {
    static void set_free(chunk* c, chunk_size n) noexcept { tag::set_top(c, n); }
};
struct unsure_of_the_one_before : tag {
    static void set_free(chunk* c, chunk_size n) noexcept {
        tag::set_free(c, n);
        tag::set_prev_in_use(c, false);
    }
};
struct silent_to_the_next : tag {
    static void set_prev_in_use(chunk* c, bool yes) noexcept {
        if (yes) tag::set_prev_in_use(c, yes);
    }
};
struct with_leftover_flags : tag {
    static void set_free(chunk* c, chunk_size n) noexcept {
        tag::set_free(c, n);
        tag::mark_side_arena(c);
    }
};
struct careless_with_the_first : tag {
    static void set_used(chunk* c, chunk_size n, bool of_side) noexcept {
        tag::set_used(c, n, of_side);
        tag::set_prev_in_use(c, false);
    }
};
struct odd_used_sizes : tag {
    static void set_used(chunk* c, chunk_size n, bool of_side) noexcept {
        tag::set_used(c, n + chunk_size{8}, of_side);
    }
};
struct twice_free : tag { // marks two chunks as following a free one
    static void set_prev_in_use(chunk* c, bool yes) noexcept {
        tag::set_prev_in_use(c, yes);
        if (!yes) tag::set_prev_in_use(tag::next(c), false);
    }
};
struct top_beside_a_free_one : tag {
    static void set_top(chunk* c, chunk_size n) noexcept {
        tag::set_top(c, n);
        tag::set_prev_in_use(c, false);
    }
};
struct tiny_top : tag {
    static void set_top(chunk* c, chunk_size) noexcept { tag::set_top(c, chunk_size{16}); }
};
struct boundless_top : tag {
    static void set_top(chunk* c, chunk_size n) noexcept { tag::set_top(c, n + chunk_size{1_GiB}); }
};

using sealed = sealed_tag<plain_links>;
struct unsealed_top : sealed {
    static void set_top(chunk* c, chunk_size n) noexcept {
        sealed::set_top(c, n);
        c->word ^= std::uint64_t{1} << 60;
    }
};
struct unsealed_blocks : sealed {
    static void set_used(chunk* c, chunk_size n, bool of_side) noexcept {
        sealed::set_used(c, n, of_side);
        c->word ^= std::uint64_t{1} << 60;
    }
};

struct no_fence : tag {
    static void set_fence(chunk* c) noexcept { tag::set_top(c, tag::smallest); }
};
struct in_regions_without_fence : edit<sound_in_regions, set_header<no_fence>> {};

// A block that is longer than what was cut from top leads past top: to a word in a block that was there before.
struct longer_than_cut : tag {
    static inline bool now = false;
    static void set_used(chunk* c, chunk_size n, bool of_side) noexcept {
        tag::set_used(c, now ? n + chunk_size{16} : n, of_side);
    }
};

std::string past_top() {
    return said_of_side<with_header<longer_than_cut>>([](auto& a) {
        auto* old = static_cast<std::size_t*>(take(a, 4000));
        for (std::size_t i = 0; i < 500; ++i) old[i] = tag::header_bytes | 1; // fences
        release_to_arena(a, longer_than_cut::from_user(old), origin::user);
        longer_than_cut::now = true;
        take(a, 2000);
    });
}

} // namespace

const std::vector<mutant>& in_headers() {
    static const std::vector<mutant> all{
        {"a free chunk is given an odd size", "a binned chunk has an aligned address and size",
         [] { return said_of<with_header<odd_sizes>>(one_free); }},
        {"a free chunk is given far too large a size", "a binned chunk is no larger than the arena",
         [] { return said_of<with_header<huge_sizes>>(one_free); }},
        {"the footer is not written", "a binned chunk's size is repeated behind it",
         [] { return said_of<with_header<without_footer>>(one_free); }},
        {"a free chunk forgets that the one before is in use", "the chunk before a binned one is in use",
         [] { return said_of<with_header<unsure_of_the_one_before>>(one_free); }},
        {"the next chunk is not told of a free one", "a binned chunk is marked free in the next one",
         [] { return said_of<with_header<silent_to_the_next>>(one_free); }},
        {"a free chunk keeps a flag", "a binned chunk has no other flags",
         [] { return said_of<with_header<with_leftover_flags>>(one_free); }},
        {"a used chunk forgets that the one before is in use", "a chunk knows whether the one before is in use",
         [] { return said_of<with_header<careless_with_the_first>>(one_block); }},
        {"a used chunk is given an odd size", "a chunk's size is possible",
         [] { return said_of<with_header<odd_used_sizes>>(one_block); }},
        {"two chunks are told of a free one", "no two free chunks are neighbours",
         [] {
             return said_of<with_header<twice_free>>([](auto& a) {
                 void* p = a.allocate(2000);
                 a.allocate(100);
                 a.allocate(100); // not top
                 a.deallocate(p);
             });
         }},
        {"top forgets that the one before is in use", "the chunk before top is in use",
         [] { return said_of<with_header<top_beside_a_free_one>>(one_block); }},
        {"top is smaller than a chunk", "top is a chunk", [] { return said_of<with_header<tiny_top>>(one_block); }},
        {"top is larger than it is", "top is no larger than the arena",
         [] { return said_of<with_header<boundless_top>>(one_block); }},
        {"top's seal is broken", "top's size word is as it was written",
         [] { return said_of<with_header<unsealed_top>>(one_block); }},
        {"a block's seal is broken", "a chunk's size word is as it was written",
         [] { return said_of<with_header<unsealed_blocks>>(one_block); }},
        {"a fence is none", "top ends at the fence of its region",
         [] { return said_of<in_regions_without_fence>(one_block); }},
        {"a block is longer than what was cut for it", "the newest sub-heap has top", past_top},
    };
    return all;
}

} // namespace mutants
