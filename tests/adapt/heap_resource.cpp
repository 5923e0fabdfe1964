#include <ptm/adapt/heap_resource.hpp>

#include <ptm/os/reserve.hpp>

#include "support/heaps.hpp"
#include "support/resources.hpp"

#include <cstdlib>
#include <memory_resource>
#include <string>
#include <type_traits>

namespace {

struct one : ptm_test::glass {};
struct another : ptm_test::glass {};
// More than 64 MiB is nowhere.
struct without_memory : ptm::edit<ptm_test::glass, ptm::set_main_backend<ptm::reserve_backend<(64 << 20)>>,
                                  ptm::set_mapped_backend<ptm::no_backend>> {};

constinit ptm::heap_resource<one> own;

// Used before the constructors of main()'s file and after its destructors.
struct early_and_late {
    std::pmr::string text{"a text that does not fit into the string itself, so that it is in the heap",
                          ptm::heap_memory_resource<one>()};
    ~early_and_late() {
        void* p = ptm::heap_memory_resource<one>()->allocate(100, 64);
        if (!ptm::is_aligned(p, 64)) std::abort();
        ptm::heap_memory_resource<one>()->deallocate(p, 100, 64);
    }
} early;

}

static_assert(sizeof(ptm::heap_resource<one>) == sizeof(void*));
static_assert(std::is_nothrow_default_constructible_v<ptm::heap_resource<one>>);

TEST_CASE("heap_resource works before constructors") { CHECK(early.text.size() > 50); }

TEST_CASE("heap resources of one configuration are equal, and those of two are not") {
    ptm::heap_resource<one> mine;
    ptm::heap_resource<another> theirs;
    CHECK(mine == own);
    CHECK(mine == *ptm::heap_memory_resource<one>());
    CHECK(ptm::heap_memory_resource<one>() == ptm::heap_memory_resource<one>());
    CHECK_FALSE(mine.is_equal(theirs));
    CHECK_FALSE(mine.is_equal(*std::pmr::new_delete_resource()));
    void* p = mine.allocate(1000);
    CHECK(ptm::heap<one>::usable_size(p) >= 1000);
    own.deallocate(p, 1000);
}

TEST_CASE("a block of heap_resource is a block of the heap") {
    void* p = own.allocate(5000, 4096);
    CHECK(ptm::is_aligned(p, 4096));
    ptm::heap<one>::free(p);
    CHECK(ptm_test::verdict(ptm::heap<one>()) == "sound");
}

TEST_CASE("a heap without memory throws std::bad_alloc") {
    ptm::heap_resource<without_memory> r;
    CHECK_THROWS_AS(r.allocate(ptm_test::hidden(ptm::largest_request)), std::bad_alloc);
    CHECK_THROWS_AS(r.allocate(ptm_test::hidden(SIZE_MAX), 64), std::bad_alloc);
    CHECK_THROWS_AS(r.allocate(ptm_test::hidden(100'000'000)), std::bad_alloc);
    void* p = r.allocate(10);
    r.deallocate(p, 10);
}
