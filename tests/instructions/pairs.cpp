// A thousand pairs of allocating and freeing what was just freed, one function for each configuration and each face of
// it. Callgrind counts what a call of the function costs, all that it calls included; check divides by a thousand.
#include <ptm/ptm.hpp>

#include <memory_resource>
#include <new>

namespace {

constexpr int turns = 10'000; // as check divides by

struct node {
    void* links[2];
    long value;
};

// seen - the compiler must take it that somebody looks at the block.
void seen(void* p) { asm volatile("" : : "r"(p) : "memory"); }

template <class C>
struct heap_of {
    [[gnu::noinline]] static void malloc_and_free(int n) {
        for (int i = 0; i < n; ++i) {
            void* p = ptm::heap<C>::malloc(64);
            seen(p);
            ptm::heap<C>::free(p);
        }
    }
    [[gnu::noinline]] static void aligned_alloc_and_free(int n) {
        for (int i = 0; i < n; ++i) {
            void* p = ptm::heap<C>::aligned_alloc(64, 64);
            seen(p);
            ptm::heap<C>::free(p);
        }
    }
    [[gnu::noinline]] static void node_of_an_allocator(int n) {
        ptm::heap_allocator<node, C> a;
        for (int i = 0; i < n; ++i) {
            node* p = a.allocate(1);
            seen(p);
            a.deallocate(p, 1);
        }
    }
};

template <class A>
struct arena_of {
    [[gnu::noinline]] static void allocate_and_deallocate(A& a, int n) {
        for (int i = 0; i < n; ++i) {
            void* p = a.allocate(64);
            seen(p);
            a.deallocate(p);
        }
    }
    [[gnu::noinline]] static void node_of_an_allocator(A& from, int n) {
        ptm::arena_allocator<node, typename A::config> a(from);
        for (int i = 0; i < n; ++i) {
            node* p = a.allocate(1);
            seen(p);
            a.deallocate(p, 1);
        }
    }
};

template <class R>
struct resource_of {
    [[gnu::noipa]] static void virtual_calls(std::pmr::memory_resource* r, int n) {
        for (int i = 0; i < n; ++i) {
            void* p = r->allocate(64, 8);
            seen(p);
            r->deallocate(p, 64, 8);
        }
    }
};

[[gnu::noinline]] void new_and_delete(int n) {
    for (int i = 0; i < n; ++i) {
        void* p = ::operator new(64);
        seen(p);
        ::operator delete(p);
    }
}

template <class R>
void count(std::pmr::memory_resource* r) {
    void* other = r->allocate(64, 8);         // so that the arena is never empty
    r->deallocate(r->allocate(64, 8), 64, 8); // what is hit from now on
    asm volatile("" : "+r"(r));               // whose type nobody knows now
    resource_of<R>::virtual_calls(r, turns);
    r->deallocate(other, 64, 8);
}

template <class C>
void count_heap() {
    for (std::size_t n : {std::size_t{64}, sizeof(node)}) ptm::heap<C>::free(ptm::heap<C>::malloc(n));
    ptm::heap<C>::free(ptm::heap<C>::aligned_alloc(64, 64));
    heap_of<C>::malloc_and_free(turns);
    heap_of<C>::aligned_alloc_and_free(turns);
    heap_of<C>::node_of_an_allocator(turns);
    count<ptm::heap_resource<C>>(ptm::heap_memory_resource<C>());
}

template <class C>
void count_arena() {
    ptm::arena<C> a;
    void* other = a.allocate(64);
    for (std::size_t n : {std::size_t{64}, sizeof(node)}) a.deallocate(a.allocate(n));
    arena_of<ptm::arena<C>>::allocate_and_deallocate(a, turns);
    arena_of<ptm::arena<C>>::node_of_an_allocator(a, turns);
    a.deallocate(other);
    ptm::arena_resource<C> r;
    count<ptm::arena_resource<C>>(&r);
}

} // namespace

int main(int argc, char**) {
    ::operator delete(::operator new(64));
    new_and_delete(turns);
    if (argc > 1) return 0; // of a preloaded library
    count_heap<ptm::glibc_2_33>();
    count_heap<ptm::glibc_2_36>();
    count_heap<ptm::glibc_2_36_counted>();
    count_heap<ptm::glibc_2_42>();
    count_heap<ptm::glibc_2_42_branch>();
    count_heap<ptm::container_heap>();
    count_heap<ptm::fast>();
    count_arena<ptm::unsynchronized_arena>();
    count_arena<ptm::synchronized_arena>();
}
