#include <ptm/adapt/resource_adaptor.hpp>

#include "support/resources.hpp"

#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>
#include <vector>

namespace {

// What an allocator was asked for, whatever it is bound to.
struct ledger {
    std::size_t bytes_out = 0;
    std::size_t last_alignment = 0;
    std::size_t blocks = 0;
};

// Aligns to what alignof says and no more, on purpose: blocks begin at odd multiples of it.
template <class T>
struct booking {
    using value_type = T;
    ledger* book;

    explicit booking(ledger& to) : book(&to) {}
    template <class U>
    booking(const booking<U>& other) : book(other.book) {}

    T* allocate(std::size_t n) {
        book->bytes_out += n * sizeof(T);
        book->last_alignment = alignof(T);
        ++book->blocks;
        auto* raw =
            static_cast<std::byte*>(::operator new(n * sizeof(T) + alignof(T), std::align_val_t{2 * alignof(T)}));
        return reinterpret_cast<T*>(raw + alignof(T));
    }
    void deallocate(T* p, std::size_t n) {
        book->bytes_out -= n * sizeof(T);
        --book->blocks;
        ::operator delete(reinterpret_cast<std::byte*>(p) - alignof(T), std::align_val_t{2 * alignof(T)});
    }
    bool operator==(const booking& o) const { return book == o.book; }
};

struct broke {};
template <class T>
struct throwing : booking<T> {
    using booking<T>::booking;
    template <class U>
    throwing(const throwing<U>& other) : booking<T>(other) {}
    template <class U>
    struct rebind {
        using other = throwing<U>;
    };
    T* allocate(std::size_t) { throw broke{}; }
};

}

using ptm::resource_adaptor;

static_assert(std::is_same_v<resource_adaptor<booking<int>>, resource_adaptor<booking<char>>>);
static_assert(std::is_same_v<resource_adaptor<std::allocator<int>>::allocator_type, std::allocator<std::byte>>);
static_assert(std::is_copy_constructible_v<resource_adaptor<booking<int>>>);
static_assert(sizeof(resource_adaptor<std::allocator<int>>) == sizeof(void*), "an empty allocator costs nothing");
static_assert(std::is_default_constructible_v<resource_adaptor<std::allocator<int>>>);
static_assert(!std::is_default_constructible_v<resource_adaptor<booking<int>>>);
static_assert(!std::is_convertible_v<booking<std::byte>, resource_adaptor<booking<int>>>);

TEST_CASE("resource_adaptor asks for objects of the wanted alignment") {
    ledger book;
    resource_adaptor<booking<int>> r{booking<int>(book)};
    for (std::size_t alignment : {1u, 2u, 4u, 8u, 16u}) {
        void* p = r.allocate(33, alignment);
        CHECK(book.last_alignment == alignment);
        CHECK(book.bytes_out == (33 + alignment - 1) / alignment * alignment);
        r.deallocate(p, 33, alignment);
        CHECK(book.bytes_out == 0);
    }
}

TEST_CASE("resource_adaptor moves within a larger block beyond what the allocator is trusted with") {
    ledger book;
    resource_adaptor<booking<int>, 4> r{booking<int>(book)};
    for (std::size_t alignment : {8u, 16u, 64u, 1024u, 65536u})
        for (std::size_t bytes : {0u, 1u, 7u, 100u, 5000u}) {
            void* p = r.allocate(bytes, alignment);
            CHECK(book.last_alignment == 4);
            CHECK(reinterpret_cast<std::uintptr_t>(p) % alignment == 0);
            std::memset(p, 0x5a, bytes);
            r.deallocate(p, bytes, alignment);
            CHECK(book.bytes_out == 0);
        }
    CHECK_THROWS_AS(r.allocate(SIZE_MAX - 10, 64), std::bad_alloc);
}

TEST_CASE("an allocator that may be trusted is asked for the alignment itself") {
    ledger book;
    resource_adaptor<booking<int>, 4096> r{booking<int>(book)};
    void* p = r.allocate(100, 4096);
    CHECK(book.last_alignment == 4096);
    CHECK(book.bytes_out == 4096);
    r.deallocate(p, 100, 4096);
    CHECK(book.blocks == 0);
}

TEST_CASE("no bytes are one object") {
    ledger book;
    resource_adaptor<booking<int>> r{booking<int>(book)};
    void *p = r.allocate(0, 8), *q = r.allocate(0, 8);
    CHECK(p != q);
    CHECK(book.bytes_out == 16);
    r.deallocate(p, 0, 8);
    r.deallocate(q, 0, 8);
    CHECK(book.blocks == 0);
}

TEST_CASE("adaptors are equal as their allocators are") {
    ledger a, b;
    resource_adaptor<booking<int>> one{booking<int>(a)}, same{booking<int>(a)}, other{booking<int>(b)};
    resource_adaptor<booking<int>, 64> of_another_type{booking<int>(a)};
    CHECK(one == same);
    CHECK(one != other);
    CHECK_FALSE(one.is_equal(of_another_type));
    CHECK(one.get_allocator() == same.get_allocator());
    other = one;
    CHECK(one == other);
    same.deallocate(one.allocate(100, 8), 100, 8);
    CHECK(a.blocks == 0);
}

TEST_CASE("what the allocator throws comes out unchanged") {
    ledger book;
    resource_adaptor<throwing<int>> r{throwing<int>(book)};
    CHECK_THROWS_AS(r.allocate(10), broke);
    CHECK_THROWS_AS(r.allocate(10, 4096), broke);
}
