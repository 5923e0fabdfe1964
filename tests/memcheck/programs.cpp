// memcheck/programs.cpp - what memcheck is to see: programs <crime> poisoned|unpoisoned. Each crime is one wrong access
// to the blocks of a heap, or of an arena in an arena; everything around it is right, and must not be reported.
#include <ptm/ptm.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory_resource>
#include <string_view>

using namespace ptm::literals;

namespace {

template <class P>
struct process_wide
    : ptm::edit<ptm::glibc_2_36, ptm::set_main_backend<ptm::reserve_backend<64_MiB>>, ptm::set_poisoning<P>> {};
template <class P>
struct in_regions : ptm::edit<ptm::unsynchronized_arena, ptm::set_poisoning<P>> {};
using regions_from = ptm::unsynchronized_arena::main_backend;
template <class P>
struct in_a_buffer : ptm::edit<in_regions<P>, ptm::set_main_backend<ptm::buffer_backend>> {};

template <class A>
class resource_over : public std::pmr::memory_resource {
    A& arena_;

public:
    explicit resource_over(A& arena) : arena_(arena) {}

private:
    void* do_allocate(std::size_t n, std::size_t alignment) override { return arena_.allocate(n, alignment); }
    void do_deallocate(void* p, std::size_t, std::size_t) override { arena_.deallocate(p); }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

[[gnu::noinline]] void write_at(void* p, std::ptrdiff_t at) { static_cast<volatile char*>(p)[at] = 1; }
[[gnu::noinline]] void read_at(void* p, std::ptrdiff_t at) {
    [[maybe_unused]] volatile char c = static_cast<volatile char*>(p)[at];
}
[[gnu::noinline]] void decide_by(void* p, std::ptrdiff_t at) {
    if (static_cast<volatile char*>(p)[at] == 42) std::puts("42");
}

// busy - all kinds of blocks come and go; every byte of them is written, and read again.
template <class A>
void busy(A& a) {
    void* blocks[64] = {};
    for (std::size_t i = 0; i < 4000; ++i) {
        void*& p = blocks[i * 37 % 64];
        std::size_t n = 1 + i * i % (i % 16 ? 700 : 50'000);
        if (p && i % 5 == 0) {
            p = a.realloc(p, n);
        } else {
            a.free(p);
            p = i % 3 ? a.malloc(n) : a.calloc(n);
        }
        if (i % 3 == 0 && i % 5 != 0) decide_by(p, std::ptrdiff_t(n - 1));
        std::memset(p, int(i), i % 7 ? n : a.usable_size(p));
        read_at(p, std::ptrdiff_t(n - 1));
        if (i % 1000 == 0) a.look();
    }
    for (void* p : blocks) a.free(p);
}

template <class C>
struct heap_face {
    static void* malloc(std::size_t n) { return ptm::heap<C>::malloc(n); }
    static void* calloc(std::size_t n) { return ptm::heap<C>::calloc(1, n); }
    static void* realloc(void* p, std::size_t n) { return ptm::heap<C>::realloc(p, n); }
    static void free(void* p) { ptm::heap<C>::free(p); }
    static std::size_t usable_size(void* p) { return ptm::heap<C>::usable_size(p); }
    static void look() {
        if (const char* broken = ptm::heap<C>::verify()) std::puts(broken);
        ptm::heap<C>::trim(0);
    }
};

template <class C>
struct arena_face {
    ptm::arena<C>& a;
    void* malloc(std::size_t n) { return a.allocate(n); }
    void* calloc(std::size_t n) { return a.allocate_cleared(n); }
    void* realloc(void* p, std::size_t n) { return a.reallocate(p, n); }
    void free(void* p) { a.deallocate(p); }
    std::size_t usable_size(void* p) { return a.usable_size(p); }
    void look() {
        if (const char* broken = a.verify()) std::puts(broken);
        a.trim();
    }
};

// written - n bytes at p, which are the caller's; the last one is looked at.
void written(void* p, std::size_t n) {
    std::memset(p, 0, n);
    decide_by(p, std::ptrdiff_t(n - 1));
}

// many_at_once, in_place - what is asked for can be used; a crime is wrong with the last block, or with the bytes that
// a block has lost.
template <class H>
void many_at_once(std::string_view crime) {
    void* run[30];
    std::size_t n = H::malloc_run(100, 30, run);
    for (std::size_t i = 0; i < n; ++i) written(run[i], 100);
    H::free_run(run, n);
    if (crime == "use_after_free_run") read_at(run[n - 1], 50);
}

template <class H>
void in_place(std::string_view crime) {
    void* p = H::template malloc_of<3000>();
    written(p, 3000);
    if (H::expand(p, 4000)) written(p, 4000);
    if (H::expand(p, 1000)) written(p, 1000);
    if (crime == "overflow_after_expand") write_at(p, 1000), std::exit(0); // before the heap finds the damage
    H::template free_of<3000>(p);
}

// in_a_heap - 40 bytes go to the thread's cache when they are freed, 2000 to the arena, 200'000 have a mapping.
template <class P>
void in_a_heap(std::string_view crime) {
    using heap = heap_face<process_wide<P>>;
    heap h;
    busy(h);
    many_at_once<ptm::heap<process_wide<P>>>(crime);
    in_place<ptm::heap<process_wide<P>>>(crime);
    void *small = h.malloc(40), *large = h.malloc(2000), *mapped = h.malloc(200'000), *grown = h.malloc(10);
    std::memset(small, 0, 40);
    std::memset(large, 0, 2000);
    std::memset(grown, 0, 10);
    if (crime == "uninitialised") decide_by(mapped, 7);
    std::memset(mapped, 0, 200'000);
    grown = h.realloc(grown, 3000);
    decide_by(grown, 9);
    if (crime == "uninitialised_after_realloc") decide_by(grown, 10);
    mapped = h.realloc(mapped, 900'000);
    decide_by(mapped, 199'999);
    if (crime == "overflow") write_at(small, 40);
    if (crime == "underflow") write_at(large, -1), std::exit(0);
    for (void* p : {small, large, mapped, grown}) h.free(p);
    if (crime == "use_after_free") read_at(large, 100);
    if (crime == "use_after_free_of_cached") read_at(small, 39);
}

template <class P>
void in_each_other(std::string_view crime) {
    ptm::arena<in_regions<P>> outer{regions_from(std::pmr::new_delete_resource())};
    resource_over from_outer(outer);
    ptm::arena<in_regions<P>> middle{regions_from(&from_outer)};
    auto* room = static_cast<std::byte*>(middle.allocate(4'000'000));
    {
        ptm::arena<in_a_buffer<P>> inner{ptm::buffer_backend({room, 4'000'000})};
        arena_face<in_regions<P>> face{middle};
        arena_face<in_a_buffer<P>> deep_face{inner};
        busy(face);
        busy(deep_face);
        void* p = inner.allocate(100);
        std::memset(p, 0, 100);
        if (crime == "deep_overflow") write_at(p, 100);
    }
    std::memset(room, 0, 4'000'000);
    void* p = middle.allocate(100);
    std::memset(p, 0, 100);
    middle.release();
    if (crime == "deep_use_after_release") read_at(p, 0);
    outer.release();
}

template <class P>
void commit(std::string_view crime) {
    in_a_heap<P>(crime);
    in_each_other<P>(crime);
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    if (std::string_view{argv[2]} == "poisoned")
        commit<ptm::valgrind_poisoning>(argv[1]);
    else
        commit<ptm::no_poisoning>(argv[1]);
}
