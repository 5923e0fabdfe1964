// Containers in arenas in arenas: what they may touch, byte by byte, in every build; and where AddressSanitizer is, its
// report of what a program touches by mistake.
#include "support/asan.hpp"
#include "support/noted_poisoning.hpp"

#include <ptm/adapt/arena_allocator.hpp>
#include <ptm/adapt/arena_resource.hpp>
#include <ptm/adapt/heap_allocator.hpp>

#include <list>
#include <memory_resource>
#include <new>
#include <optional>
#include <string>
#include <vector>

using ptm_test::exactly;
using ptm_test::has_asan;
using ptm_test::noted_poisoning;
using ptm_test::poisoned;
using ptm_test::reported;
using ptm_test::touch;

namespace {

template <class P>
struct in_regions : ptm::edit<ptm::unsynchronized_arena, ptm::set_poisoning<P>> {};
template <class P>
struct shared_regions : ptm::edit<ptm::synchronized_arena, ptm::set_poisoning<P>> {};

// nest - three resources, each with its memory from the one before; depth 1 is the outermost.
template <class P>
struct nest {
    ptm::arena_resource<in_regions<P>> outer;
    ptm::arena_resource<shared_regions<P>> middle{&outer};
    ptm::arena_resource<in_regions<P>> inner{&middle};

    explicit nest(std::pmr::memory_resource* from) : outer(from) {}
    nest(void* buffer, std::size_t n) : outer(buffer, n, std::pmr::null_memory_resource()) {}

    std::pmr::memory_resource* at(int depth) {
        if (depth == 1) return &outer;
        if (depth == 2) return &middle;
        return &inner;
    }
    void release(int depth) {
        if (depth == 1) return outer.release();
        if (depth == 2) return middle.release();
        inner.release();
    }
};

constexpr std::size_t buffer_bytes = 1'000'000;
alignas(64) std::byte memory[buffer_bytes];

// nest_in_memory - the nest itself stands before its buffer: resources hand out bytes of their own, too.
class nest_in_memory {
    static constexpr std::size_t ahead = ptm::align_up(sizeof(nest<noted_poisoning>), 64);
    nest<noted_poisoning>* const nest_;

public:
    nest_in_memory() : nest_(::new(memory) nest<noted_poisoning>(memory + ahead, buffer_bytes - ahead)) {}
    nest_in_memory(const nest_in_memory&) = delete;
    ~nest_in_memory() { nest_->~nest(); }

    nest<noted_poisoning>* operator->() const { return nest_; }
};

void a_life_of_a_vector(std::pmr::memory_resource* from) {
    std::pmr::vector<int> v(100, 7, from);
    int* first = v.data();
    CHECK(exactly(first, 400));
    v.reserve(3000);
    CHECK(exactly(v.data(), 12'000));
    CHECK(noted_poisoning::is_hidden(first));
    first = v.data();
    v.resize(10);
    v.shrink_to_fit();
    CHECK(exactly(v.data(), 40));
    CHECK(noted_poisoning::is_hidden(first));
}

// old_places_are_watched - where a vector's elements were, and a list's first node.
void old_places_are_watched(auto& v, auto& l) {
    CHECK(reported([&] {
        int* old = v.data();
        v.reserve(50), touch(old, 0);
    }));
    CHECK(reported([&] {
        int* old = &l.front();
        l.pop_front(), touch(old, 0);
    }));
}

} // namespace

TEST_CASE("containers at each depth may touch what they asked for, and the buffer is clean in the end") {
    noted_poisoning::watch({memory, buffer_bytes});
    {
        nest_in_memory all;
        for (int depth : {1, 2, 3, 2, 1}) a_life_of_a_vector(all->at(depth));
        for (int depth : {1, 2, 3}) {
            std::pmr::list<long> l({1, 2, 3}, all->at(depth));
            long& second = *std::next(l.begin());
            CHECK(noted_poisoning::reach(&second, sizeof second) == sizeof second);
            l.erase(std::next(l.begin()));
            CHECK(noted_poisoning::is_hidden(&second));
            CHECK(noted_poisoning::reach(&l.back(), sizeof(long)) == sizeof(long));
        }
        CHECK(noted_poisoning::workers == 0);
    }
    CHECK(noted_poisoning::exposed_bytes() == buffer_bytes);
}

TEST_CASE("a release at one depth hides the blocks there and deeper, and no others") {
    for (int depth : {2, 3}) {
        noted_poisoning::watch({memory, buffer_bytes});
        nest<noted_poisoning> all(memory, buffer_bytes);
        void* blocks[] = {all.outer.allocate(6008), all.middle.allocate(6008), all.inner.allocate(6008)};
        for (void* p : blocks) CHECK(exactly(p, 6008)); // more than a resource has in itself
        all.release(3);
        if (depth == 2) all.release(2);
        CHECK(exactly(blocks[0], 6008));
        CHECK(noted_poisoning::is_hidden(blocks[1]) == (depth == 2));
        CHECK(noted_poisoning::is_hidden(blocks[2]));
    }
}

TEST_CASE("room for nodes, and room that an allocator was told of, may be used") {
    noted_poisoning::watch({memory, buffer_bytes});
    ptm::arena<in_regions<noted_poisoning>> a{in_regions<noted_poisoning>::main_backend{ptm::pages{memory, 4096}}};
    ptm::arena_allocator<char, in_regions<noted_poisoning>> chars(a);
    auto [p, room] = chars.allocate_at_least(33);
    CHECK(room > 33);
    CHECK(exactly(p, room));
    REQUIRE(chars.try_expand(p, room, 77));
    CHECK(exactly(p, 77));
    char* nodes[8];
    chars.allocate_nodes(8, nodes);
    for (char* n : nodes) CHECK(exactly(n, 1));
    chars.deallocate_nodes(8, nodes);
    for (char* n : nodes) CHECK(noted_poisoning::is_hidden(n));
    chars.deallocate(p, 77);
    CHECK(noted_poisoning::exposed_bytes() < buffer_bytes - 4000); // nothing is used, but the buffer is kept
    a.release();
    CHECK(noted_poisoning::exposed_bytes() == buffer_bytes);
}

TEST_CASE("under AddressSanitizer what is wrong with a container is reported at each depth") {
    if constexpr (!has_asan) return;
    nest<ptm::default_poisoning> all(std::pmr::new_delete_resource());
    for (int depth : {1, 2, 3}) {
        std::pmr::vector<int> v({1, 2, 3, 4, 5}, all.at(depth));
        std::pmr::string s("a string that does not fit into the object", all.at(depth));
        std::pmr::list<int> l({1, 2, 3}, all.at(depth));
        CHECK(
            ptm_test::in_child([&] { touch(v.data(), 19), touch(s.data(), 0), touch(&l.front(), 0); }).nothing_wrong());
        CHECK(reported([&] { touch(v.data(), 20); }));
        CHECK(reported([&] { touch(v.data(), -1); }));
        CHECK(reported([&] { touch(s.data(), std::ptrdiff_t(s.capacity()) + 1); }));
        old_places_are_watched(v, l);
        CHECK(reported([&] { all.release(depth), touch(v.data(), 0); }));
    }
}

TEST_CASE("under AddressSanitizer nothing stays poisoned in what an upstream gets back") {
    alignas(64) static std::byte room[50'000];
    std::optional<nest<ptm::default_poisoning>> all(std::in_place, room, sizeof room);
    for (int depth : {1, 2, 3}) {
        void *p = all->at(depth)->allocate(100), *freed = all->at(depth)->allocate(300);
        all->at(depth)->deallocate(freed, 300);
        CHECK(poisoned(freed) == has_asan);
        CHECK(poisoned(ptm::offset(p, 100)) == has_asan);
    }
    all.reset();
    CHECK(ptm_test::touchable(room, sizeof room) == sizeof room);
}

TEST_CASE("under AddressSanitizer containers on a heap and on an arena are watched") {
    if constexpr (!has_asan) return;
    std::vector<int, ptm::heap_allocator<int>> v{1, 2, 3};
    std::list<int, ptm::heap_allocator<int>> l{1, 2, 3};
    CHECK(reported([&] { touch(v.data(), 12); }));
    old_places_are_watched(v, l);
    ptm::arena<ptm::unsynchronized_arena> a;
    std::vector<int, ptm::arena_allocator<int>> in_arena({1, 2, 3}, a);
    CHECK(reported([&] { touch(in_arena.data(), 12); }));
    CHECK(reported([&] {
        int* old = in_arena.data();
        in_arena.reserve(50), touch(old, 0);
    }));
}
