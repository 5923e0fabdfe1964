// The battery for arena<C>: one random run over many configurations. After every step the arena verifies, the books of
// its backends agree with its own, and at the end nothing is lost.
#include "support/books.hpp"
#include "support/configs.hpp"
#include "support/live_blocks.hpp"
#include "support/seed.hpp"

#include <ptm/bin/tree_bins.hpp>
#include <ptm/chunk/compact_tag.hpp>
#include <ptm/chunk/keyed_links.hpp>
#include <ptm/chunk/sealed_tag.hpp>
#include <ptm/heap/glibc_2_42.hpp>
#include <ptm/os/buffer.hpp>
#include <ptm/os/huge_page_backend.hpp>
#include <ptm/os/listed.hpp>
#include <ptm/os/numa.hpp>
#include <ptm/os/shared_file.hpp>
#include <ptm/os/upstream.hpp>
#include <ptm/sync/mutex_lock.hpp>
#include <ptm/sync/spin_lock.hpp>

#include <algorithm>
#include <cerrno>
#include <new>
#include <tuple>
#include <vector>

namespace {
using namespace ptm;
using namespace ptm::literals;
using ptm_test::books_agree;
using ptm_test::keeps_books;

// watched_brk - notes what others took at the program break between two of our own runs.
struct watched_brk : brk_backend {
    std::byte* expected = nullptr;
    std::size_t foreign_bytes = 0;
    std::size_t moves = 0;

    pages obtain(std::size_t bytes) noexcept {
        pages run = brk_backend::obtain(bytes);
        if (run && expected && run.data != expected) {
            foreign_bytes += bytes_between(expected, run.data);
            ++moves;
        }
        if (run) expected = run.end();
        return run;
    }
    std::size_t retreat(std::size_t bytes) noexcept {
        std::size_t released = brk_backend::retreat(bytes);
        expected = offset(expected, -released);
        return released;
    }
};

using ptm_test::glass;
template <class... Edits>
using changed = edit<glass, Edits...>;

struct reserved : glass {};
struct counted_reserve
    : changed<set_main_backend<counted<reserve_backend<64_MiB>>>, set_mapped_backend<counted<mmap_backend>>> {};
struct at_the_break : changed<set_main_backend<counted<watched_brk>>, set_mapped_backend<counted<mmap_backend>>> {};
struct in_mappings : changed<set_main_backend<counted<mmap_backend>>, set_mapped_backend<counted<mmap_backend>>> {};
struct in_a_buffer : changed<set_main_backend<counted<buffer_backend>>, set_mapped_backend<no_backend>,
                             set_tuned<tuning{.top_pad = 0}>> {};
struct overflowing_buffer
    : changed<set_main_backend<counted<buffer_backend>>, set_mapped_backend<counted<mmap_backend>>,
              set_tuned<tuning{.mmap_max = 3, .top_pad = 0}>> {};
struct small_reserve
    : changed<set_main_backend<counted<reserve_backend<1_MiB>>>, set_mapped_backend<counted<mmap_backend>>> {};
struct in_listed_mappings
    : changed<set_main_backend<counted<listed<mmap_backend>>>, set_mapped_backend<counted<listed<mmap_backend>>>> {};
struct large_ones_listed
    : changed<set_main_backend<counted<reserve_backend<64_MiB>>>, set_mapped_backend<counted<listed<mmap_backend>>>> {};
struct from_upstream
    : changed<set_main_backend<counted<listed<upstream_backend<>>>>, set_mapped_backend<counted<no_backend>>> {};
struct upstream_for_large
    : changed<set_main_backend<counted<mmap_backend>>, set_mapped_backend<counted<listed<upstream_backend<>>>>> {};
struct in_huge_pages : changed<set_main_backend<counted<huge_page_backend<>>>,
                               set_mapped_backend<counted<listed<huge_page_backend<>>>>> {};
struct on_one_node : changed<set_main_backend<counted<on_node<reserve_backend<64_MiB>>>>,
                             set_mapped_backend<counted<on_node<mmap_backend>>>> {};
struct in_a_shared_file
    : changed<set_main_backend<counted<shared_file_backend<64_MiB>>>, set_mapped_backend<counted<mmap_backend>>> {};
struct plain : changed<set_header<boundary_tag<plain_links>>> {};
struct all_links_safe : changed<set_header<boundary_tag<safe_links, safe_links>>> {};
struct all_links_keyed : changed<set_header<boundary_tag<keyed_links<>, keyed_links<>>>> {};
struct sealed : changed<set_header<sealed_tag<safe_links>>> {};
struct sealed_in_mappings
    : changed<set_header<sealed_tag<keyed_links<>, safe_links>>, set_main_backend<counted<mmap_backend>>,
              set_mapped_backend<counted<mmap_backend>>> {};
struct sealed_as_2_42 : changed<set_header<sealed_tag<safe_links>>, set_ruled<glibc_2_42::ruled>,
                                set_checked<checks::glibc_2_42>, set_tuned<tuning{.perturb = 0x5a}>> {};
struct compact_in_a_buffer : changed<set_header<compact_tag>, set_main_backend<counted<buffer_backend>>,
                                     set_mapped_backend<no_backend>, set_tuned<tuning{.top_pad = 0}>> {};
struct compact_at_the_break : changed<set_header<compact_tag>, set_main_backend<counted<watched_brk>>,
                                      set_mapped_backend<counted<mmap_backend>>> {};
struct compact_as_2_42
    : changed<set_header<compact_tag>, set_main_backend<counted<buffer_backend>>, set_fast_bins<no_fast_bins>,
              set_unsorted_bin<no_unsorted_bin>, set_ruled<glibc_2_42::ruled>, set_tuned<tuning{.perturb = 0x5a}>> {};
struct without_fast_bins : changed<set_fast_bins<no_fast_bins>> {};
struct without_unsorted_bin : changed<set_unsorted_bin<no_unsorted_bin>> {};
struct with_neither : changed<set_fast_bins<no_fast_bins>, set_unsorted_bin<no_unsorted_bin>> {};
struct in_a_tree : changed<set_large_bins<tree_bins>> {};
struct in_a_tree_with_safe_links
    : changed<set_large_bins<tree_bins>, set_header<boundary_tag<safe_links, safe_links>>> {};
struct in_a_tree_at_once : changed<set_large_bins<tree_bins>, set_unsorted_bin<no_unsorted_bin>> {};
struct unlocked : changed<set_lock<no_lock>> {};
struct spinning : changed<set_lock<spin_lock>> {};
struct with_mutex : changed<set_lock<mutex_lock>> {};
struct unchecked : changed<set_checked<checks::none>> {};
struct perturbed : changed<set_tuned<tuning{.perturb = 0x5a}>> {};
struct ruled_as_2_42 : changed<set_ruled<glibc_2_42::ruled>, set_checked<checks::glibc_2_42>> {};
struct merging_around_blocks
    : changed<set_fast_bins<no_fast_bins>, set_unsorted_bin<no_unsorted_bin>, set_ruled<glibc_2_42::ruled>> {};
struct widest_fast_bins : changed<set_tuned<tuning{.fast_request = 160}>> {};
struct never_mapped : changed<set_tuned<tuning{.mmap_max = 0}>> {};
struct eager_to_trim : changed<set_main_backend<counted<reserve_backend<64_MiB>>>,
                               set_tuned<tuning{.mmap_threshold = 20000, .trim_threshold = 4096, .top_pad = 0}>> {};

// Put together by hand, not by edits.
struct by_hand {
    using header = boundary_tag<plain_links, plain_links>;
    using main_backend = counted<reserve_backend<16_MiB>>;
    using arena_backend = no_backend;
    using mapped_backend = no_backend;
    using fast_bins = no_fast_bins;
    using unsorted_bin = queue_bin;
    using small_bins = exact_bins;
    using large_bins = sorted_bins;
    using lock = no_lock;
    using observer = no_observer;
    using reporter = abort_reporter;
    static constexpr auto checked = checks::none;
    static constexpr auto tuned = tuning{};
    static constexpr auto ruled = rules{};
};

struct not_an_arena_config {
    using header = boundary_tag<plain_links>;
};
struct wrong_large_bins : glass {
    using large_bins = exact_bins;
};
static_assert(!arena_config<not_an_arena_config>);
static_assert(!arena_config<wrong_large_bins>);

using configurations =
    std::tuple<reserved, counted_reserve, at_the_break, in_mappings, in_a_buffer, overflowing_buffer, small_reserve,
               in_listed_mappings, large_ones_listed, from_upstream, upstream_for_large, in_huge_pages, on_one_node,
               in_a_shared_file, plain, all_links_safe, without_fast_bins, without_unsorted_bin, with_neither,
               in_a_tree, in_a_tree_with_safe_links, in_a_tree_at_once, unlocked, spinning, with_mutex, unchecked,
               perturbed, ruled_as_2_42, merging_around_blocks, widest_fast_bins, never_mapped, eager_to_trim, by_hand,
               all_links_keyed, sealed, sealed_in_mappings, sealed_as_2_42, compact_in_a_buffer, compact_at_the_break,
               compact_as_2_42>;

alignas(64) std::byte buffer[400'000];

template <class C>
constexpr bool brings_buffer = std::is_constructible_v<typename C::main_backend, pages>;

// ground - an arena of configuration C, with a backend that has memory. It is static, as the buffer is: some headers
// have links that are not long enough to lead from the stack to anywhere else.
template <class C>
struct ground {
    using arena_type = ptm_test::fresh_arena<C>;

    alignas(arena_type) static inline std::byte place[sizeof(arena_type)];
    arena_type& a;

    ground()
        requires(!brings_buffer<C>)
        : a(*::new(place) arena_type) {}
    ground()
        requires(brings_buffer<C>)
        : a(*::new(place) arena_type(typename C::main_backend(pages{buffer, sizeof buffer}))) {}
    ground(const ground&) = delete;
    ~ground() { a.~arena_type(); }
};

// least_lost, most_lost - used bytes of an arena where nothing is used: fences where a top was left behind, and what
// others own in between.
template <class C>
std::size_t least_lost(arena<C>& a) {
    if constexpr (requires { a.backend().foreign_bytes; }) return a.backend().foreign_bytes;
    return 0;
}

template <class C>
std::size_t most_lost(arena<C>& a) {
    std::size_t tops = 0;
    if constexpr (requires { a.backend().moves; })
        tops = a.backend().moves;
    else if constexpr (keeps_books<typename C::main_backend> && keeps_books<typename C::mapped_backend>)
        if (!a.state().contiguous) tops = a.backend().calls + a.shared().mapped_backend.calls;
    return least_lost(a) + tops * 64;
}

template <class C>
class arena_run {
    using header = typename C::header;

    arena<C>& a_;
    std::mt19937_64& random_;
    ptm_test::live_blocks live_;

public:
    arena_run(arena<C>& a, std::mt19937_64& random) : a_(a), random_(random) {}

    std::size_t live() const { return live_.size(); }

    void step() {
        unsigned dice = below(100);
        if (dice < 32) return allocate();
        if (dice < 38) return allocate_cleared();
        if (dice < 46) return allocate_aligned();
        if (dice < 65) return reallocate();
        if (dice < 68) return expand();
        if (dice < 71) return allocate_run();
        if (dice < 97) return deallocate();
        if (dice < 98) return static_cast<void>(a_.trim(below(3) * 10000));
        a_.consolidate();
    }

    void look() {
        REQUIRE(ptm_test::verdict(a_) == "sound");
        REQUIRE(books_agree(a_));
    }

    void look_at_all() { REQUIRE(live_.intact()); }

    void free_all() {
        while (!live_.empty()) deallocate();
        a_.consolidate();
    }

private:
    unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

    std::size_t any_request() {
        unsigned dice = below(100);
        if (dice < 45) return below(180);
        if (dice < 75) return below(1100);
        if (dice < 93) return below(12'000);
        if (dice < 98) return below(70'000);
        return below(250'000);
    }

    void take(void* p, std::size_t request, std::size_t alignment = header::alignment) {
        if (!p) {
            REQUIRE(errno == ENOMEM);
            return;
        }
        REQUIRE(is_aligned(p, alignment));
        REQUIRE(arena<C>::usable_size(p) >= request);
        REQUIRE(live_.add(p, request));
    }

    void allocate() {
        std::size_t n = any_request();
        take(a_.allocate(n), n);
    }

    void allocate_cleared() {
        std::size_t n = any_request();
        void* p = a_.allocate_cleared(n);
        if (p) REQUIRE(ptm_test::reads_as_zero(p, n));
        take(p, n);
    }

    void allocate_aligned() {
        std::size_t n = any_request(), alignment = std::size_t{1} << below(14);
        take(a_.allocate(n, alignment), n, std::max(alignment, header::alignment));
    }

    void reallocate() {
        if (live_.empty()) return allocate();
        auto old = live_.take(below(static_cast<unsigned>(live_.size())));
        std::size_t n = any_request();
        void* p = a_.reallocate(old.at, n);
        REQUIRE(ptm_test::painted(p ? p : old.at, p ? std::min(n, old.bytes) : old.bytes, old.tag));
        if (!p) REQUIRE(errno == ENOMEM);
        take(p ? p : old.at, p ? n : old.bytes);
    }

    void expand() {
        if (live_.empty()) return;
        auto old = live_.take(below(static_cast<unsigned>(live_.size())));
        std::size_t n = any_request();
        bool did = a_.expand(old.at, n);
        REQUIRE(ptm_test::painted(old.at, did ? std::min(n, old.bytes) : old.bytes, old.tag));
        take(old.at, did ? n : old.bytes);
    }

    void allocate_run() {
        void* blocks[12];
        std::size_t n = any_request() / 4, count = below(13);
        std::size_t served = a_.allocate_run(n, count, blocks);
        REQUIRE(served <= count);
        for (std::size_t i = 0; i < served; ++i) take(blocks[i], n);
        if (below(2) == 0) return;
        for (std::size_t i = 0; i < served; ++i) live_.take(live_.size() - 1);
        a_.deallocate_run(blocks, served);
    }

    void deallocate() {
        if (live_.empty()) return;
        auto old = live_.take(below(static_cast<unsigned>(live_.size())));
        REQUIRE(old.intact());
        errno = 4321;
        a_.deallocate(old.at);
        REQUIRE(errno == 4321);
    }
};
}

TEMPLATE_LIST_TEST_CASE("an arena keeps its promises in a random run", "", configurations) {
    PTM_TEST_SEED(random);
    ground<TestType> g;
    arena_run<TestType> run(g.a, random);
    std::size_t steps = ptm_test::steps(5000);
    for (std::size_t i = 0; i < steps; ++i) {
        CAPTURE(i);
        run.step();
        run.look();
        if (i % 128 == 0) run.look_at_all();
        if (run.live() > 250) run.free_all();
    }
    run.look_at_all();
    run.free_all();
    run.look();
    arena_figures f = g.a.figures();
    CHECK(g.a.shared().mapped_bytes == 0);
    CHECK(g.a.shared().mapped_count == 0);
    CHECK(f.fast_chunks == 0);
    CHECK(f.used_bytes() >= least_lost(g.a));
    CHECK(f.used_bytes() <= most_lost(g.a));
}

TEMPLATE_LIST_TEST_CASE("an arena with nothing in it can be asked anything", "", configurations) {
    ground<TestType> g;
    CHECK(ptm_test::verdict(g.a) == "sound");
    g.a.deallocate(nullptr);
    g.a.consolidate();
    CHECK_FALSE(g.a.trim());
    CHECK(g.a.figures().system_bytes == 0);
    CHECK(g.a.figures().free_bytes() == 0);
    CHECK(arena<TestType>::usable_size(nullptr) == 0);
}

TEMPLATE_LIST_TEST_CASE("an impossible request leaves the arena as it was", "", configurations) {
    ground<TestType> g;
    void* p = g.a.allocate(100);
    REQUIRE(p != nullptr);
    ptm_test::paint(p, 100, 1);
    for (std::size_t n : {largest_request, largest_request + 1, SIZE_MAX}) {
        errno = 0;
        CHECK(g.a.allocate(n) == nullptr);
        CHECK(g.a.allocate_cleared(n) == nullptr);
        CHECK(g.a.allocate(n, 4096) == nullptr);
        CHECK(g.a.reallocate(p, n) == nullptr);
        CHECK(errno == ENOMEM);
    }
    CHECK(g.a.allocate(100, SIZE_MAX / 2 + 1) == nullptr);
    CHECK(g.a.allocate(SIZE_MAX / 4, SIZE_MAX / 4 + 1) == nullptr);
    CHECK(ptm_test::painted(p, 100, 1));
    CHECK(ptm_test::verdict(g.a) == "sound");
    g.a.deallocate(p);
}
