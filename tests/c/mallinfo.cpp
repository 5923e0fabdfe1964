#include "support/heaps.hpp"

#include <ptm/c/mallinfo.hpp>

TEST_CASE("mallinfo2 of a heap that has nothing") {
    using heap = ptm_test::fresh_heap<400>;
    struct mallinfo2 m = ptm::information_of<heap>();
    CHECK(m.arena == 0);
    CHECK(m.ordblks == 1);
    CHECK(m.smblks + m.hblks + m.hblkhd + m.usmblks + m.fsmblks + m.uordblks + m.fordblks + m.keepcost == 0);
}

TEST_CASE("mallinfo2 has every field") {
    using heap = ptm_test::fresh_heap<401>;
    void *large = heap::malloc(3000), *mapped = heap::malloc(200000);
    heap::malloc(24);
    void* small[8];
    for (void*& p : small) p = heap::malloc(100);
    for (void* p : small) heap::free(p); // seven are cached
    heap::free(large);
    struct mallinfo2 m = ptm::information_of<heap>();
    CHECK(m.arena == 135168);
    CHECK(m.ordblks == 2);
    CHECK(m.smblks == 1);
    CHECK(m.hblks == 1);
    CHECK(m.hblkhd == 200704);
    CHECK(m.usmblks == 0);
    CHECK(m.fsmblks == 112);
    CHECK(m.uordblks == 0x290 + 32 + 7 * 112);
    CHECK(m.fordblks == 135168 - m.uordblks);
    CHECK(m.keepcost == m.fordblks - 112 - 3008);
    heap::free(mapped);
}

TEST_CASE("narrow fields are cut off") {
    struct mallinfo2 m = {};
    m.arena = 0x1'0000'0007;
    m.ordblks = 2;
    m.hblkhd = 0xffff'ffff;
    m.keepcost = 9;
    struct mallinfo n = ptm::narrowed(m);
    CHECK(n.arena == 7);
    CHECK(n.ordblks == 2);
    CHECK(n.hblkhd == -1);
    CHECK(n.keepcost == 9);
    CHECK(n.smblks + n.hblks + n.usmblks + n.fsmblks + n.uordblks + n.fordblks == 0);
}
