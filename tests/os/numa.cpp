// What a machine with one node can show: the system says of each page which policy and which nodes it was given.
#include <ptm/os/numa.hpp>

#include "support/catch.hpp"

#include <ptm/os/brk.hpp>
#include <ptm/os/buffer.hpp>
#include <ptm/os/decorated.hpp>
#include <ptm/os/mmap.hpp>
#include <ptm/os/reserve.hpp>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <type_traits>

using namespace ptm::literals;
using ptm::numa_node;
using ptm::numa_way;
using ptm::on_node;
using ptm::pages;

static_assert(on_node<ptm::mmap_backend>::able == ptm::mmap_backend::able);
static_assert(!ptm::obtains_huge_pages<on_node<ptm::brk_backend>>);
static_assert(ptm::locates_pages<on_node<ptm::reserve_backend<1_MiB>>>);
static_assert(std::is_trivially_copyable_v<on_node<ptm::reserve_backend<1_MiB>>>, "it may lie in a sub-heap");

namespace {

constinit on_node<ptm::mmap_backend> before_constructors{numa_node{0}};

struct policy {
    int mode = -1;
    ptm::detail::node_set nodes{};
    bool only(unsigned node) const {
        return std::memcmp(nodes.words, ptm::detail::node_set::of(numa_node(node)).words, sizeof nodes.words) == 0;
    }
};

policy policy_at(const std::byte* page) {
    policy found;
    if (syscall(SYS_get_mempolicy, &found.mode, found.nodes.words, 1024ul, page, MPOL_F_ADDR) != 0) return {};
    found.mode &= ~MPOL_MODE_FLAGS;
    return found;
}

// Has the system nodes, and may this process say something about them?
bool can_place() {
    void* page = ptm::mmap_backend().obtain(4096).data;
    return ptm::detail::place({static_cast<std::byte*>(page), 4096}, numa_way::prefer, numa_node{0});
}

} // namespace

TEST_CASE("memory on a node is memory, whether the system has nodes or not") {
    for (int node : {0, 1, 63, 1023, 1024, 100'000}) {
        on_node<ptm::mmap_backend> backend{numa_node{node}};
        errno = 1234;
        pages run = backend.obtain(64_KiB);
        REQUIRE(run.bytes == 64_KiB);
        CHECK(errno == 1234);
        std::memset(run.data, 1, run.bytes);
        if (node >= 1024) CHECK_FALSE(backend.bound()); // no machine has these
        CHECK(backend.give_back(run));
    }
}

TEST_CASE("on_node works before constructors") {
    CHECK(before_constructors.node() == numa_node{0});
    CHECK_FALSE(before_constructors.bound()); // nothing was obtained yet
    pages run = before_constructors.obtain(4096);
    CHECK(before_constructors.bound() == can_place());
    CHECK(before_constructors.give_back(run));
}

TEST_CASE("a node that the machine does not have is not bound") {
    on_node<ptm::mmap_backend> good{numa_node{0}}, bad{numa_node{900}};
    pages a = good.obtain(4096), b = bad.obtain(4096);
    CHECK(good.bound() == can_place());
    CHECK_FALSE(bad.bound());
    CHECK(good.give_back(a));
    CHECK(bad.give_back(b));
}

TEST_CASE("a backend without a node takes that of the thread which obtains") {
    on_node<ptm::mmap_backend> backend;
    CHECK(backend.node() == numa_node::none);
    pages run = backend.obtain(4096);
    CHECK(backend.node() != numa_node::none);
    CHECK(backend.bound() == can_place());
    CHECK(backend.give_back(run));
}

TEST_CASE("the system knows what was asked for every page") {
    if (!can_place()) {
        SUCCEED("this system places no pages");
        return;
    }
    on_node<ptm::mmap_backend, numa_way::prefer> prefers{numa_node{0}};
    on_node<ptm::mmap_backend, numa_way::bind> binds{numa_node{0}};
    on_node<ptm::mmap_backend, numa_way::interleave> interleaves;
    pages p = prefers.obtain(3 * 4096), b = binds.obtain(3 * 4096), i = interleaves.obtain(3 * 4096);
    REQUIRE((prefers.bound() && binds.bound() && interleaves.bound()));
    for (std::size_t at : {std::size_t{0}, std::size_t{4096}, std::size_t{8192}}) {
        CHECK(policy_at(p.data + at).mode == MPOL_PREFERRED);
        CHECK(policy_at(p.data + at).only(0));
        CHECK(policy_at(b.data + at).mode == MPOL_BIND);
        CHECK(policy_at(b.data + at).only(0));
        CHECK(policy_at(i.data + at).mode == MPOL_INTERLEAVE);
    }
    CHECK(prefers.give_back(p));
    CHECK(binds.give_back(b));
    CHECK(interleaves.give_back(i));
}

TEST_CASE("a run that was remapped is still placed, also where it grew") {
    if (!can_place()) {
        SUCCEED("this system places no pages");
        return;
    }
    on_node<ptm::mmap_backend, numa_way::bind> backend{numa_node{0}};
    pages run = backend.obtain(64_KiB), hurdle = backend.obtain(64_KiB);
    run = backend.remap(run, 64_MiB);
    REQUIRE(run);
    CHECK(policy_at(run.data).mode == MPOL_BIND);
    CHECK(policy_at(run.end() - 1).mode == MPOL_BIND);
    CHECK(backend.give_back(run));
    CHECK(backend.give_back(hurdle));
}

TEST_CASE("memory that grows is placed without a gap, also where runs meet in a page") {
    if (!can_place()) {
        SUCCEED("this system places no pages");
        return;
    }
    on_node<ptm::reserve_backend<1_MiB>, numa_way::bind> backend{numa_node{0}};
    std::byte* begin = backend.obtain(100).data;
    for (std::size_t bytes : {std::size_t{5000}, std::size_t{16}, 64_KiB, std::size_t{3000}}) {
        REQUIRE(backend.obtain(bytes));
        CHECK(backend.bound());
    }
    for (std::byte* at = begin; at < backend.frontier(); at += 4096) CHECK(policy_at(at).mode == MPOL_BIND);
    CHECK(policy_at(backend.frontier() + 8192).mode == MPOL_DEFAULT);
    CHECK(backend.retreat(64_KiB) == 64_KiB);
    REQUIRE(backend.obtain(128_KiB));
    for (std::byte* at = begin; at < backend.frontier(); at += 4096) CHECK(policy_at(at).mode == MPOL_BIND);
    backend.release();
}

TEST_CASE("what a decorated backend refuses is not placed") {
    on_node<ptm::failing<ptm::mmap_backend>> backend{numa_node{0}};
    backend.grant(0);
    errno = 0;
    CHECK_FALSE(backend.obtain(4096));
    CHECK(errno == ENOMEM);
    CHECK_FALSE(backend.bound());
}

TEST_CASE("a buffer can be placed as well, where the caller's pages were not written yet") {
    pages whole = ptm::mmap_backend().obtain(64_KiB);
    on_node<ptm::buffer_backend, numa_way::bind> backend(numa_node{0}, ptm::buffer_backend(whole));
    CHECK(backend.obtain(8192).data == whole.data);
    CHECK(backend.bound() == can_place());
    if (backend.bound()) CHECK(policy_at(whole.data + 4096).mode == MPOL_BIND);
    CHECK(policy_at(whole.data + 8192).mode != MPOL_BIND);
    CHECK(ptm::mmap_backend().give_back(whole));
}
