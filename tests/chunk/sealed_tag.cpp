// A seal under a known secret. Its promises: conformance/header.cpp; who looks at it: here.
#include <ptm/chunk/sealed_tag.hpp>

#include "support/catch.hpp"
#include "support/configs.hpp"
#include "support/heaps.hpp"

#include <ptm/heap/glibc_2_42.hpp>

#include <cstddef>
#include <string_view>

namespace {

using ptm::chunk_size;
using ptm_test::fault_of;

template <std::uintptr_t Word>
struct secret {
    static std::uintptr_t word() noexcept { return Word; }
    static std::uintptr_t word_in_use() noexcept { return Word; }
};

using tag = ptm::sealed_tag<ptm::safe_links>;
using ptm::boundary_tag;

static_assert(sizeof(tag::chunk) == sizeof(boundary_tag<ptm::safe_links>::chunk));
static_assert(tag::smallest == boundary_tag<ptm::safe_links>::smallest && tag::overhead == 8);

// Damage to the word of a live block; bit 0 is not covered.
constexpr unsigned last_bit = 64;
void flip(void* block, unsigned bit) { static_cast<std::size_t*>(block)[-1] ^= std::size_t{1} << bit; }

template <int>
struct sealed : ptm::edit<ptm_test::glass, ptm::set_header<tag>> {};
template <int>
struct sealed_2_42
    : ptm::edit<ptm_test::in_glass<ptm::glibc_2_42>, ptm::set_header<tag>, ptm::set_poisoning<ptm::no_poisoning>> {};

template <int I>
using sealed_heap = ptm_test::tested_heap<sealed<I>>;
using tiered_heap = ptm_test::tested_heap<sealed_2_42<0>>;

// Sizes whose word has several bits: one that becomes 0 is an invalid pointer to glibc, and so it is here.
// free_faults - frees p with each bit of its word flipped: the sentence it is, if always the same one.
template <class H>
std::string_view free_faults(void* p) {
    std::string_view first;
    for (unsigned bit = 1; bit < last_bit; ++bit) {
        if (bit == 1) continue; // mapped: unmapped_faults
        flip(p, bit);
        std::string_view seen = fault_of([&] { H::free(p); });
        flip(p, bit);
        if (!first.empty() && seen != first) return seen;
        first = seen;
    }
    return first;
}

} // namespace

TEST_CASE("the seal stands above the size, and the address and the secret are in it") {
    alignas(64) std::byte memory[64];
    using word = ptm::sealed_word<secret<1>>;
    const std::size_t here = word::write(memory, 0x65);
    CHECK(word::read(here) == 0x65);
    CHECK(here >> 48 == ((0x64 ^ 1) * 0x9e3779b97f4a7c15 + ptm::address_of(memory) * 0x6a09e667f3bcc909) >> 48);
    CHECK(here != word::write(memory + 16, 0x65));
    CHECK(here != ptm::sealed_word<secret<2>>::write(memory, 0x65));
    CHECK(word::write(memory, 0x64) >> 48 == here >> 48); // the neighbour's bit
    CHECK(word::sound(memory, here));
    CHECK_FALSE(word::sound(memory + 16, here));
}

TEMPLATE_TEST_CASE("freeing a block whose size word has a flipped bit is a fault, whichever bit", "", sealed_heap<0>,
                   tiered_heap) {
    using heap = TestType;
    for (std::size_t n : {40u, 600u, 5000u, 60'000u}) {
        void* p = heap::malloc(n);
        REQUIRE(p != nullptr);
        CHECK(free_faults<heap>(p) == "free(): invalid size");
        flip(p, 1);
        CHECK(fault_of([&] { heap::free(p); }) == "munmap_chunk(): invalid pointer");
        flip(p, 1);
        heap::free(p);
    }
    CHECK(ptm_test::verdict(heap{}) == "sound");
}

TEST_CASE("freeing a mapped block whose size word has a flipped bit is a fault") {
    using heap = sealed_heap<1>;
    void* p = heap::malloc(1'000'000);
    REQUIRE(heap::shared().mapped_count == 1);
    for (unsigned bit = 2; bit < last_bit; ++bit) {
        flip(p, bit);
        CHECK(fault_of([&] { heap::free(p); }) == "munmap_chunk(): invalid pointer");
        flip(p, bit);
    }
    flip(p, 1); // as if it were no mapping
    CHECK(fault_of([&] { heap::free(p); }) == "free(): invalid size");
    flip(p, 1);
    heap::free(p);
    CHECK(heap::shared().mapped_count == 0);
}

TEST_CASE("resizing a block whose size word has a flipped bit is a fault") {
    using heap = sealed_heap<2>;
    for (std::size_t n : {24u, 5000u, 1'000'000u}) {
        void* p = heap::malloc(n);
        for (unsigned bit = 1; bit < last_bit; ++bit) {
            flip(p, bit);
            CHECK(fault_of([&] { heap::realloc(p, 7000); }) == "realloc(): invalid pointer");
            flip(p, bit);
        }
        heap::free(heap::realloc(p, 7000));
    }
}

TEST_CASE("a block that was written beyond is found out by its neighbour's seal") {
    using heap = sealed_heap<3>;
    void *p = heap::malloc(3000), *next = heap::malloc(3000);
    flip(next, 4);
    CHECK(fault_of([&] { heap::realloc(p, 4000); }) == "realloc(): invalid next size");
    heap::ready_arena().lock.reset_after_fork(); // the fault left it taken
}

TEST_CASE("an arena looks at seals as a heap does") {
    ptm_test::fresh_arena<sealed<4>> a;
    for (std::size_t n : {40u, 5000u, 1'000'000u}) {
        void* p = a.allocate(n);
        const bool mapped = n > 500'000;
        for (unsigned bit = 2; bit < last_bit; ++bit) {
            flip(p, bit);
            // The lock stays taken by a fault; the next turn wants it.
            CHECK(fault_of([&] { a.deallocate(p); })
                  == (mapped ? "munmap_chunk(): invalid pointer" : "free(): invalid size"));
            a.state().lock.reset_after_fork();
            CHECK(fault_of([&] { a.reallocate(p, 9000); })
                  == (mapped ? "realloc(): invalid pointer" : "realloc(): invalid old size"));
            a.state().lock.reset_after_fork();
            flip(p, bit);
        }
        a.deallocate(p);
    }
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("a top that was overwritten is found out by its seal") {
    ptm_test::fresh_arena<sealed<5>> a;
    void* p = a.allocate(100);
    a.state().top->word ^= 64; // smaller than the arena, as a look at the size alone wants it
    CHECK(std::string_view(a.verify()) == "top's size word is as it was written");
    CHECK(fault_of([&] { static_cast<void>(a.allocate(5000)); }) == "malloc(): corrupted top size");
    static_cast<void>(p);
}
