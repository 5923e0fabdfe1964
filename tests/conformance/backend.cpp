// The battery of backend_policy, and what is no backend.
//
// Each test runs in a forked child that allocates nothing meanwhile: brk_backend shares the break with libc's malloc.
#include "support/catch.hpp"
#include "support/child.hpp"

#include <ptm/core/address.hpp>
#include <ptm/core/bits.hpp>
#include <ptm/core/checked.hpp>
#include <ptm/os/backend.hpp>
#include <ptm/os/brk.hpp>
#include <ptm/os/buffer.hpp>
#include <ptm/os/buffer_first.hpp>
#include <ptm/os/decorated.hpp>
#include <ptm/os/huge_page_backend.hpp>
#include <ptm/os/listed.hpp>
#include <ptm/os/mapping_cache.hpp>
#include <ptm/os/mmap.hpp>
#include <ptm/os/numa.hpp>
#include <ptm/os/reserve.hpp>
#include <ptm/os/shared_file.hpp>
#include <ptm/os/upstream.hpp>

#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <memory_resource>
#include <new>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

using namespace ptm::literals;
using ptm::can;
using ptm::counted;
using ptm::failing;
using ptm::pages;

namespace {

template <class B>
using decorated_too = std::tuple<B, counted<B>, failing<B>, counted<failing<B>>, failing<counted<B>>>;

template <class... Lists>
using joined = decltype(std::tuple_cat(std::declval<Lists>()...));

// A memory resource that has no more than there is, as new_delete_resource() has under a sanitizer.
struct bounded_resource : std::pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (bytes > 1_GiB) throw std::bad_alloc();
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
} bounded;

struct bounded_upstream : ptm::upstream_backend<> {
    bounded_upstream() noexcept : upstream_backend(&bounded) {}
};
struct null_upstream : ptm::upstream_backend<> {
    null_upstream() noexcept : upstream_backend(std::pmr::null_memory_resource()) {}
};

using ptm::buffer_first;
using ptm::listed;
using ptm::mapping_cache;
using ptm::numa_way;
using ptm::on_node;

using serving_backends = joined<
    decorated_too<ptm::brk_backend>, decorated_too<ptm::mmap_backend>, decorated_too<ptm::reserve_backend<4_MiB>>,
    decorated_too<ptm::buffer_backend>, decorated_too<listed<ptm::mmap_backend>>, decorated_too<bounded_upstream>,
    decorated_too<ptm::huge_page_backend<>>, decorated_too<on_node<ptm::mmap_backend>>,
    decorated_too<on_node<ptm::reserve_backend<4_MiB>>>, decorated_too<ptm::shared_file_backend<4_MiB>>,
    decorated_too<mapping_cache<>>, decorated_too<buffer_first<ptm::mmap_backend>>,
    decorated_too<buffer_first<listed<ptm::mmap_backend>>>,
    std::tuple<buffer_first<ptm::huge_page_backend<>>, buffer_first<counted<bounded_upstream>>,
               on_node<ptm::brk_backend, numa_way::bind>, on_node<ptm::buffer_backend, numa_way::interleave>,
               on_node<counted<ptm::mmap_backend>>, on_node<listed<ptm::mmap_backend>>,
               mapping_cache<counted<ptm::mmap_backend>>, mapping_cache<listed<ptm::mmap_backend>>,
               mapping_cache<bounded_upstream>, mapping_cache<on_node<ptm::mmap_backend>>, on_node<mapping_cache<>>,
               buffer_first<mapping_cache<>>, listed<mapping_cache<>>, listed<counted<ptm::mmap_backend>>,
               listed<bounded_upstream>, listed<on_node<ptm::mmap_backend>>>>;
using refusing_backends =
    joined<decorated_too<ptm::no_backend>, decorated_too<null_upstream>, decorated_too<listed<ptm::no_backend>>,
           decorated_too<mapping_cache<ptm::no_backend>>, std::tuple<on_node<ptm::no_backend>, listed<null_upstream>>>;

using failing_backends =
    std::tuple<failing<ptm::brk_backend>, failing<ptm::mmap_backend>, failing<ptm::reserve_backend<4_MiB>>,
               failing<ptm::buffer_backend>, counted<failing<ptm::mmap_backend>>, failing<counted<ptm::mmap_backend>>,
               failing<mapping_cache<>>, failing<listed<ptm::mmap_backend>>, failing<bounded_upstream>,
               failing<ptm::huge_page_backend<>>, failing<on_node<ptm::mmap_backend>>,
               on_node<failing<ptm::mmap_backend>>, failing<ptm::shared_file_backend<4_MiB>>>;
using counted_backends =
    std::tuple<counted<ptm::brk_backend>, counted<ptm::mmap_backend>, counted<ptm::reserve_backend<4_MiB>>,
               counted<ptm::buffer_backend>, counted<failing<ptm::mmap_backend>>, failing<counted<ptm::mmap_backend>>,
               counted<mapping_cache<>>, counted<listed<ptm::mmap_backend>>, counted<bounded_upstream>,
               counted<ptm::huge_page_backend<>>, counted<on_node<ptm::reserve_backend<4_MiB>>>,
               on_node<counted<ptm::mmap_backend>>, counted<ptm::shared_file_backend<4_MiB>>>;

template <class B>
constexpr bool gives_old_memory = std::is_constructible_v<B, pages>; // a foreign buffer
template <class B>
    requires std::derived_from<B, bounded_upstream>
constexpr bool gives_old_memory<B> = true;
template <>
constexpr bool gives_old_memory<listed<bounded_upstream>> = true;
template <>
constexpr bool gives_old_memory<listed<mapping_cache<>>> = true;
template <class B>
    requires(has(B::able, can::keep))
constexpr bool gives_old_memory<B> = true;

constexpr std::size_t unit = 64_KiB; // whole pages wherever this runs
constexpr std::byte mark{0xa5};

alignas(64) std::byte memory[4_MiB]; // the buffer of those that need one

// A new backend; one that lives in a buffer gets one full of old bytes.
template <class B>
B make() {
    if constexpr (std::is_constructible_v<B, pages>) {
        std::memset(memory, 0xee, sizeof memory);
        return B(pages{memory, sizeof memory});
    } else {
        return B();
    }
}

void fill(pages run) { std::memset(run.data, int(mark), run.bytes); }

bool reads_as(pages run, std::byte value) {
    for (std::size_t i = 0; i < run.bytes; ++i)
        if (run.data[i] != value) return false;
    return true;
}

bool disjoint(pages a, pages b) { return a.end() <= b.data || b.end() <= a.data; }

// ---- what every backend that has memory does -----------------------------------------------------------------------

template <class B>
void gives_writable_memory() {
    B backend = make<B>();
    errno = EDOM;
    pages a = backend.obtain(unit), b = backend.obtain(3 * unit);
    CHILD_CHECK(a && a.bytes == unit);
    CHILD_CHECK(b && b.bytes == 3 * unit);
    CHILD_CHECK(errno == EDOM); // survives success
    CHILD_CHECK(disjoint(a, b));
    fill(a);
    std::memset(b.data, 0x11, b.bytes);
    CHILD_CHECK(reads_as(a, mark));
    CHILD_CHECK(reads_as(b, std::byte{0x11}));
    CHILD_CHECK(backend.give_back(b));
    CHILD_CHECK(backend.give_back(a));
}

template <class B>
void obtains_again_what_it_got_back() {
    B backend = make<B>();
    for (int i = 0; i < 200; ++i) { // more than it has, were it not given back
        pages run = backend.obtain(unit);
        CHILD_CHECK(run.bytes == unit);
        run.data[unit - 1] = mark;
        CHILD_CHECK(backend.give_back(run));
    }
}

template <class B>
void refuses_a_huge_request() {
    B backend = make<B>();
    pages run = backend.obtain(unit);
    fill(run);
    for (std::size_t huge : {ptm::align_down(ptm::largest_request, unit), (ptm::largest_request / unit / 2) * unit}) {
        errno = 0;
        CHILD_CHECK(backend.obtain(huge) == pages{});
        CHILD_CHECK(errno == ENOMEM);
    }
    CHILD_CHECK(reads_as(run, mark));
    CHILD_CHECK(backend.obtain(unit).bytes == unit); // works as before
}

template <class B>
void page_size_is_a_power_of_two() {
    CHILD_CHECK(ptm::is_power_of_two(B::page_bytes()));
    B backend = make<B>();
    pages run = backend.obtain(B::page_bytes());
    CHILD_CHECK(run.bytes == B::page_bytes());
    fill(run);
    CHILD_CHECK(reads_as(run, mark));
}

// ---- zeroed --------------------------------------------------------------------------------------------------------

template <class B>
void reads_as_zero() {
    B backend = make<B>();
    pages run = backend.obtain(2 * unit);
    CHILD_CHECK(reads_as(run, std::byte{0}));
    fill(run);
    CHILD_CHECK(backend.give_back(run));
    CHILD_CHECK(reads_as(backend.obtain(2 * unit), std::byte{0}));
}

// The retreat goes through the middle of a page; what is obtained again has a part of an old page at its front.
template <class B>
void reads_as_zero_after_a_retreat() {
    B backend = make<B>();
    pages run = backend.obtain(2 * unit);
    for (std::size_t back : {std::size_t{16}, unit - 16, unit, unit + 48, std::size_t{5000}}) {
        fill(run);
        CHILD_CHECK(backend.retreat(back) == back);
        pages again = backend.obtain(back);
        CHILD_CHECK(again.end() == run.end());
        CHILD_CHECK(reads_as(again, std::byte{0}));
        CHILD_CHECK(reads_as({run.data, run.bytes - back}, mark));
    }
}

// ---- grow ----------------------------------------------------------------------------------------------------------

template <class B>
void grows_at_its_frontier() {
    B backend = make<B>();
    pages last = backend.obtain(unit);
    CHILD_CHECK(backend.frontier() == last.end());
    for (std::size_t bytes : {unit, std::size_t{16}, std::size_t{4112}, 2 * unit, std::size_t{1}}) {
        pages next = backend.obtain(bytes);
        CHILD_CHECK(next == pages{last.end(), bytes});
        CHILD_CHECK(backend.frontier() == next.end());
        next.end()[-1] = mark;
        last = next;
    }
}

template <class B>
void retreats_from_its_frontier() {
    B backend = make<B>();
    pages run = backend.obtain(3 * unit);
    fill(run);
    CHILD_CHECK(backend.retreat(unit) == unit);
    CHILD_CHECK(backend.frontier() == run.end() - unit);
    CHILD_CHECK(reads_as({run.data, 2 * unit}, mark));
    CHILD_CHECK(backend.retreat(0) == 0);
    CHILD_CHECK(backend.frontier() == run.end() - unit);
    CHILD_CHECK(backend.obtain(unit) == pages{run.end() - unit, unit});
    CHILD_CHECK(backend.retreat(3 * unit) == 3 * unit);
    CHILD_CHECK(backend.frontier() == run.data);
}

template <class B>
void takes_back_the_last_run_only() {
    B backend = make<B>();
    pages a = backend.obtain(unit), b = backend.obtain(unit);
    fill(a);
    CHILD_CHECK(!backend.give_back(a));
    CHILD_CHECK(reads_as(a, mark)); // still held
    CHILD_CHECK(backend.frontier() == b.end());
    CHILD_CHECK(backend.give_back(b));
    CHILD_CHECK(backend.give_back(a));
    CHILD_CHECK(backend.frontier() == a.data);
}

template <class B>
void frontier_stays_when_refused() {
    B backend = make<B>();
    pages run = backend.obtain(unit);
    CHILD_CHECK(!backend.obtain(ptm::align_down(ptm::largest_request, unit)));
    CHILD_CHECK(backend.frontier() == run.end());
    CHILD_CHECK(backend.obtain(unit).data == run.end());
}

// ---- remap, discard ------------------------------------------------------------------------------------------------

template <class B>
void remaps_with_contents() {
    B backend = make<B>();
    pages small = backend.obtain(unit);
    fill(small);
    pages in_the_way = backend.obtain(unit);
    pages large = backend.remap(small, 8 * unit);
    CHILD_CHECK(large && large.bytes == 8 * unit);
    CHILD_CHECK(disjoint(large, in_the_way));
    CHILD_CHECK(reads_as({large.data, unit}, mark));
    fill(large);
    pages less = backend.remap(large, 2 * unit);
    CHILD_CHECK(less && less.bytes == 2 * unit);
    CHILD_CHECK(reads_as(less, mark));
    CHILD_CHECK(backend.give_back(less)); // exactly as remapped
}

template <class B>
void refused_remap_leaves_the_run() {
    B backend = make<B>();
    pages run = backend.obtain(unit);
    fill(run);
    CHILD_CHECK(backend.remap(run, ptm::align_down(ptm::largest_request, unit)) == pages{});
    CHILD_CHECK(reads_as(run, mark));
    CHILD_CHECK(backend.give_back(run));
}

template <class B>
void discards_contents() {
    B backend = make<B>();
    pages run = backend.obtain(3 * unit);
    fill(run);
    CHILD_CHECK(backend.discard({run.data + unit, unit}));
    CHILD_CHECK(reads_as({run.data + unit, unit}, std::byte{0}));
    CHILD_CHECK(reads_as({run.data, unit}, mark));
    CHILD_CHECK(reads_as({run.data + 2 * unit, unit}, mark));
    fill(run); // writable as before
    CHILD_CHECK(backend.give_back(run));
}

template <class B>
void advice_changes_nothing() {
    B backend = make<B>();
    pages run = backend.obtain(3 * unit);
    fill(run);
    errno = 1234;
    backend.advise_huge(run);
    backend.advise_huge({run.data + 24, 2 * unit - 24});
    CHILD_CHECK(errno == 1234);
    CHILD_CHECK(reads_as(run, mark));
    fill(run);
    CHILD_CHECK(backend.give_back(run));
}

// ---- split, join, move, clears, keep --------------------------------------------------------------------------------

template <class B>
void takes_runs_for_pages() {
    B backend = make<B>();
    const std::size_t part = unit > B::page_bytes() ? unit : B::page_bytes();
    pages run = backend.obtain(4 * part);
    fill(run);
    CHILD_CHECK(backend.give_back({run.data + part, part}));
    CHILD_CHECK(reads_as({run.data, part}, mark));
    CHILD_CHECK(reads_as({run.data + 2 * part, 2 * part}, mark));
    if constexpr (has(B::able, can::remap)) {
        pages end = backend.remap({run.data + 3 * part, part}, 3 * part);
        CHILD_CHECK(end.bytes == 3 * part && reads_as({end.data, part}, mark));
        fill(end);
        CHILD_CHECK(backend.give_back(end));
    }
    CHILD_CHECK(reads_as({run.data, part}, mark));
    CHILD_CHECK(reads_as({run.data + 2 * part, part}, mark));
    CHILD_CHECK(backend.give_back({run.data + 2 * part, part}));
    CHILD_CHECK(backend.give_back({run.data, part}));
}

// Obtains runs until one begins where the one before it ends, or ends where it begins. Returns both as one.
template <class B>
pages neighbours(B& backend, std::size_t bytes) {
    pages last = backend.obtain(bytes);
    for (int i = 0; i < 64; ++i) {
        pages next = backend.obtain(bytes);
        if (next.end() == last.data) return {next.data, 2 * bytes};
        if (last.end() == next.data) return {last.data, 2 * bytes};
        last = next;
    }
    return {};
}

template <class B>
void takes_neighbours_for_one() {
    B backend = make<B>();
    const std::size_t part = unit > B::page_bytes() ? unit : B::page_bytes();
    pages both = neighbours(backend, part);
    CHILD_CHECK(both.bytes == 2 * part);
    fill(both);
    if constexpr (has(B::able, can::remap)) {
        errno = 0;
        pages more = backend.remap(both, 3 * part);
        CHILD_CHECK(more ? more.bytes == 3 * part : errno == EFAULT);
        if (more) both = more;
        CHILD_CHECK(reads_as({both.data, 2 * part}, mark));
    }
    CHILD_CHECK(backend.give_back(both));
}

template <class B>
void moves_pages_to_others() {
    B backend = make<B>();
    const std::size_t part = unit > B::page_bytes() ? unit : B::page_bytes();
    pages from = backend.obtain(2 * part), to = backend.obtain(3 * part);
    fill(from);
    std::memset(to.data, 1, to.bytes);
    CHILD_CHECK(backend.move_to({from.data + part, part}, to.data + part));
    CHILD_CHECK(reads_as({to.data, part}, std::byte{1}));
    CHILD_CHECK(reads_as({to.data + part, part}, mark));
    CHILD_CHECK(reads_as({to.data + 2 * part, part}, std::byte{1}));
    CHILD_CHECK(reads_as({from.data, part}, mark));
    fill(to); // writable as before
    CHILD_CHECK(backend.give_back({from.data, part}));
    CHILD_CHECK(backend.give_back(to));
}

template <class B>
void clears_on_demand() {
    B backend = make<B>();
    const std::size_t part = unit > B::page_bytes() ? unit : B::page_bytes();
    errno = EDOM;
    for (std::size_t n : {1u, 4u, 3u, 5u, 2u, 90u, 90u}) {
        pages old = backend.obtain((n + 1) * part);
        fill(old);
        CHILD_CHECK(backend.give_back(old));
        pages run = backend.obtain_cleared(n * part);
        CHILD_CHECK(run.bytes >= n * part && reads_as(run, std::byte{0}));
        fill(run);
        CHILD_CHECK(backend.give_back(run));
    }
    CHILD_CHECK(errno == EDOM);
    CHILD_CHECK(backend.obtain_cleared(ptm::align_down(ptm::largest_request, part)) == pages{});
    CHILD_CHECK(errno == ENOMEM);
}

template <class B>
void keeps_and_gives_up() {
    B backend = make<B>();
    const std::size_t part = unit > B::page_bytes() ? unit : B::page_bytes();
    CHILD_CHECK(backend.kept() == 0 && backend.drop_kept() == 0);
    pages run = backend.obtain(part), other = backend.obtain(2 * part);
    CHILD_CHECK(backend.kept() == 0);
    fill(other);
    CHILD_CHECK(backend.give_back(run));
    CHILD_CHECK(backend.kept() == part);
    errno = EDOM;
    CHILD_CHECK(backend.drop_beyond(part) == 0 && backend.kept() == part); // a moment ago
    CHILD_CHECK(backend.drop_kept() == part);
    CHILD_CHECK(errno == EDOM);
    CHILD_CHECK(backend.kept() == 0);
    CHILD_CHECK(reads_as(other, mark));
    backend.before_fork();
    pages meanwhile = backend.obtain(part);
    CHILD_CHECK(meanwhile.bytes == part);
    backend.after_fork();
    CHILD_CHECK(backend.give_back(meanwhile) && backend.give_back(other));
    for (std::size_t n = 32; n > 8; --n) { // whatever it has: no more than an eighth too much
        pages some = backend.obtain(n * part);
        CHILD_CHECK(some.bytes >= n * part && some.bytes - n * part <= some.bytes / 8);
        CHILD_CHECK(backend.give_back(some));
    }
}

// ---- huge, locate --------------------------------------------------------------------------------------------------

// Whether there are huge pages is the system's business; the answer must be clean either way.
template <class B>
void obtains_huge_pages_or_refuses() {
    B backend = make<B>();
    const std::size_t page = 2_MiB;
    errno = 1234;
    pages run = backend.obtain_huge(2 * page, page);
    CHILD_CHECK(errno == (run ? 1234 : ENOMEM));
    if (run) {
        CHILD_CHECK(run.bytes == 2 * page && ptm::is_aligned(run.data, page));
        CHILD_CHECK(reads_as(run, std::byte{0}));
        fill(run);
        CHILD_CHECK(backend.give_back(run));
    }
    errno = 0;
    CHILD_CHECK(backend.obtain_huge(page, 2 * unit) == pages{}); // no size of a huge page
    CHILD_CHECK(errno == ENOMEM);
    CHILD_CHECK(backend.obtain(unit).bytes == unit); // works as before
}

template <class B>
void lies_in_one_aligned_stretch() {
    B backend = make<B>();
    CHILD_CHECK(backend.base() == nullptr && backend.committed() == 0);
    std::size_t held = 0;
    for (std::size_t bytes : {std::size_t{16}, unit, unit + 48, 3 * unit}) {
        pages run = backend.obtain(bytes);
        held += bytes;
        CHILD_CHECK(ptm::is_aligned(backend.base(), B::reserved_bytes));
        CHILD_CHECK(run.data >= backend.base() && run.end() <= backend.base() + B::reserved_bytes);
        CHILD_CHECK(backend.committed() >= held && backend.committed() <= B::reserved_bytes);
        fill({backend.base(), backend.committed()}); // all that is committed may be written
        CHILD_CHECK(reads_as(run, mark));
    }
    CHILD_CHECK(!backend.obtain(B::reserved_bytes));
}

template <class B>
void has_no_stretch_when_released() {
    B backend = make<B>();
    for (int i = 0; i < 3; ++i) {
        CHILD_CHECK(backend.obtain(2 * unit).bytes == 2 * unit);
        backend.release();
        CHILD_CHECK(backend.base() == nullptr && backend.committed() == 0);
    }
}

// ---- offer ---------------------------------------------------------------------------------------------------------

template <class B>
void offers_one_run() {
    B backend = make<B>();
    for (int i = 0; i < 3; ++i) {
        std::size_t offered = backend.offered();
        CHILD_CHECK(offered != 0 && backend.taken() == 0);
        pages run = backend.take_offered();
        CHILD_CHECK(run.bytes == offered);
        fill(run);
        CHILD_CHECK(backend.taken() == offered);
        CHILD_CHECK(backend.offered() == 0 && !backend.take_offered());
        pages other = backend.obtain(unit);
        CHILD_CHECK(other.bytes == unit && disjoint(run, other));
        CHILD_CHECK(reads_as(run, mark));
        CHILD_CHECK(backend.give_back(other));
        CHILD_CHECK(backend.offered() == 0);
        CHILD_CHECK(backend.give_back(run));
    }
    if constexpr (requires { backend.bytes_held; }) CHILD_CHECK(backend.bytes_held == 0);
}

// ---- release -------------------------------------------------------------------------------------------------------

template <class B>
void releases_everything() {
    B backend = make<B>();
    backend.release();             // nothing yet
    for (int i = 0; i < 50; ++i) { // more than it has, were it not released
        pages a = backend.obtain(unit), b = backend.obtain(3 * unit), c = backend.obtain(unit);
        CHILD_CHECK(a.bytes == unit && b.bytes == 3 * unit && c.bytes == unit);
        if (has(B::able, can::zeroed)) CHILD_CHECK(reads_as(b, std::byte{0}));
        fill(a);
        fill(b);
        fill(c);
        CHILD_CHECK(backend.holds(a.data) && backend.holds(b.end() - 1) && !backend.holds(&backend));
        CHILD_CHECK(backend.give_back(c));
        CHILD_CHECK(backend.holds(a.data) && !backend.holds(c.data));
        backend.release();
        CHILD_CHECK(!backend.holds(a.data) && !backend.holds(nullptr));
        backend.release(); // nothing any more
    }
    CHILD_CHECK(backend.obtain(unit).bytes == unit);
}

template <class B>
void forgets_what_it_released() {
    B backend = make<B>();
    CHILD_CHECK(bool(backend.obtain(unit)));
    CHILD_CHECK(bool(backend.obtain(2 * unit)));
    CHILD_CHECK(backend.bytes_held == 3 * unit);
    backend.release();
    CHILD_CHECK(backend.bytes_held == 0 && backend.most_bytes_held == 3 * unit);
}

// ---- without memory, failing, counted ------------------------------------------------------------------------------

template <class B>
void has_nothing() {
    B backend = make<B>();
    for (std::size_t bytes : {std::size_t{1}, unit, ptm::largest_request}) {
        errno = 0;
        CHILD_CHECK(backend.obtain(bytes) == pages{});
        CHILD_CHECK(errno == ENOMEM);
    }
    if constexpr (!std::derived_from<B, null_upstream>) // a resource does not say what is not its own
        CHILD_CHECK(!backend.give_back({memory + unit, unit}));
}

template <class B>
void fails_from_then_on() {
    for (std::size_t n = 0; n < 4; ++n) {
        B backend = make<B>();
        backend.grant(n);
        for (std::size_t i = 0; i < n; ++i) CHILD_CHECK(backend.obtain(unit).bytes == unit);
        for (std::size_t i = 0; i < 3; ++i) {
            errno = 0;
            CHILD_CHECK(!backend.obtain(unit));
            CHILD_CHECK(errno == ENOMEM);
        }
        CHILD_CHECK(backend.asked == n + 3);
    }
}

template <class B>
void takes_back_after_a_refusal() {
    B backend = make<B>();
    pages run = backend.obtain(unit);
    fill(run);
    backend.grant(0);
    CHILD_CHECK(!backend.obtain(unit));
    CHILD_CHECK(reads_as(run, mark));
    backend.stubborn = true;
    CHILD_CHECK(!backend.give_back(run));
    CHILD_CHECK(reads_as(run, mark));
    backend.stubborn = false;
    CHILD_CHECK(backend.give_back(run));
}

template <class B>
void keeps_its_books() {
    B backend = make<B>();
    pages a = backend.obtain(unit), b = backend.obtain(2 * unit);
    CHILD_CHECK(backend.bytes_held == 3 * unit);
    CHILD_CHECK(!backend.obtain(ptm::align_down(ptm::largest_request, unit)));
    CHILD_CHECK(backend.bytes_held == 3 * unit);
    CHILD_CHECK(backend.give_back(b));
    CHILD_CHECK(backend.bytes_held == unit);
    CHILD_CHECK(backend.give_back(a));
    CHILD_CHECK(backend.bytes_held == 0);
    CHILD_CHECK(backend.most_bytes_held == 3 * unit);
    CHILD_CHECK(backend.calls == 5);
}

// What went wrong in the child, or nothing.
std::string wrong_in(void (*run)()) {
    ptm_test::ending end = ptm_test::in_child(run);
    if (end.nothing_wrong()) return "";
    return "status " + std::to_string(end.status) + ": " + end.errors;
}

} // namespace

TEMPLATE_LIST_TEST_CASE("backend: a model of backend_policy", "", serving_backends) {
    STATIC_REQUIRE(ptm::backend_policy<TestType>);
    CHECK(wrong_in(page_size_is_a_power_of_two<TestType>) == "");
}

TEMPLATE_LIST_TEST_CASE("backend: memory is writable, and as much as was asked for", "", serving_backends) {
    CHECK(wrong_in(gives_writable_memory<TestType>) == "");
}

TEMPLATE_LIST_TEST_CASE("backend: what was given back can be had again", "", serving_backends) {
    CHECK(wrong_in(obtains_again_what_it_got_back<TestType>) == "");
}

TEMPLATE_LIST_TEST_CASE("backend: a huge request fails cleanly", "", serving_backends) {
    CHECK(wrong_in(refuses_a_huge_request<TestType>) == "");
}

TEMPLATE_LIST_TEST_CASE("backend: what is declared zeroed is", "", serving_backends) {
    if constexpr (has(TestType::able, can::zeroed)) CHECK(wrong_in(reads_as_zero<TestType>) == "");
    if constexpr (has(TestType::able, can::zeroed) && has(TestType::able, can::grow))
        CHECK(wrong_in(reads_as_zero_after_a_retreat<TestType>) == "");
    CHECK(has(TestType::able, can::zeroed) != gives_old_memory<TestType>);
}

TEMPLATE_LIST_TEST_CASE("backend: what can grow has a frontier", "", serving_backends) {
    CHECK(has(TestType::able, can::grow) == ptm::grows_pages<TestType>);
    if constexpr (has(TestType::able, can::grow)) {
        CHECK(wrong_in(grows_at_its_frontier<TestType>) == "");
        CHECK(wrong_in(retreats_from_its_frontier<TestType>) == "");
        CHECK(wrong_in(takes_back_the_last_run_only<TestType>) == "");
        CHECK(wrong_in(frontier_stays_when_refused<TestType>) == "");
    }
}

TEMPLATE_LIST_TEST_CASE("backend: what can remap keeps the contents", "", serving_backends) {
    CHECK(has(TestType::able, can::remap) == ptm::remaps_pages<TestType>);
    if constexpr (has(TestType::able, can::remap)) {
        CHECK(wrong_in(remaps_with_contents<TestType>) == "");
        CHECK(wrong_in(refused_remap_leaves_the_run<TestType>) == "");
    }
}

TEMPLATE_LIST_TEST_CASE("backend: what can discard reads as zero there, and only there", "", serving_backends) {
    CHECK(has(TestType::able, can::discard) == ptm::discards_pages<TestType>);
    if constexpr (has(TestType::able, can::discard)) CHECK(wrong_in(discards_contents<TestType>) == "");
}

TEMPLATE_LIST_TEST_CASE("backend: advice on huge pages changes nothing that can be read", "", serving_backends) {
    CHECK(has(TestType::able, can::advise) == ptm::advises_pages<TestType>);
    if constexpr (has(TestType::able, can::advise)) CHECK(wrong_in(advice_changes_nothing<TestType>) == "");
}

TEMPLATE_LIST_TEST_CASE("backend: what can split takes parts of a run", "", serving_backends) {
    if constexpr (has(TestType::able, can::split)) CHECK(wrong_in(takes_runs_for_pages<TestType>) == "");
}

TEMPLATE_LIST_TEST_CASE("backend: what joins takes neighbours for one run", "", serving_backends) {
    if constexpr (has(TestType::able, can::join)) CHECK(wrong_in(takes_neighbours_for_one<TestType>) == "");
}

TEMPLATE_LIST_TEST_CASE("backend: what moves pages puts them where others were", "", serving_backends) {
    CHECK(has(TestType::able, can::move) == ptm::moves_pages<TestType>);
    if constexpr (has(TestType::able, can::move)) CHECK(wrong_in(moves_pages_to_others<TestType>) == "");
}

TEMPLATE_LIST_TEST_CASE("backend: what clears reads as zero when asked to", "", serving_backends) {
    CHECK(has(TestType::able, can::clears) == ptm::clears_pages<TestType>);
    if constexpr (has(TestType::able, can::clears)) CHECK(wrong_in(clears_on_demand<TestType>) == "");
}

TEMPLATE_LIST_TEST_CASE("backend: what keeps memory tells how much, and gives it up", "", serving_backends) {
    CHECK(has(TestType::able, can::keep) == ptm::keeps_pages<TestType>);
    if constexpr (has(TestType::able, can::keep)) CHECK(wrong_in(keeps_and_gives_up<TestType>) == "");
}

TEMPLATE_LIST_TEST_CASE("backend: huge pages are given or refused", "", serving_backends) {
    CHECK(has(TestType::able, can::huge) == ptm::obtains_huge_pages<TestType>);
    if constexpr (has(TestType::able, can::huge)) CHECK(wrong_in(obtains_huge_pages_or_refuses<TestType>) == "");
}

TEMPLATE_LIST_TEST_CASE("backend: what locates lies in one aligned stretch", "", serving_backends) {
    CHECK(has(TestType::able, can::locate) == ptm::locates_pages<TestType>);
    if constexpr (has(TestType::able, can::locate)) {
        CHECK(wrong_in(lies_in_one_aligned_stretch<TestType>) == "");
        CHECK(wrong_in(has_no_stretch_when_released<TestType>) == "");
    }
}

TEMPLATE_LIST_TEST_CASE("backend: what offers a run has one at a time", "", serving_backends) {
    CHECK(has(TestType::able, can::offer) == ptm::offers_pages<TestType>);
    if constexpr (has(TestType::able, can::offer)) CHECK(wrong_in(offers_one_run<TestType>) == "");
}

TEMPLATE_LIST_TEST_CASE("backend: what can release gives everything back at once", "", serving_backends) {
    CHECK(has(TestType::able, can::release) == ptm::releases_pages<TestType>);
    if constexpr (has(TestType::able, can::release)) CHECK(wrong_in(releases_everything<TestType>) == "");
}

TEMPLATE_LIST_TEST_CASE("backend: what has nothing says so", "", refusing_backends) {
    STATIC_REQUIRE(ptm::backend_policy<TestType>);
    CHECK(wrong_in(has_nothing<TestType>) == "");
}

TEMPLATE_LIST_TEST_CASE("backend: failing fails after what was granted", "", failing_backends) {
    CHECK(wrong_in(fails_from_then_on<TestType>) == "");
    CHECK(wrong_in(takes_back_after_a_refusal<TestType>) == "");
}

TEMPLATE_LIST_TEST_CASE("backend: counted keeps its books exactly", "", counted_backends) {
    CHECK(wrong_in(keeps_its_books<TestType>) == "");
    if constexpr (has(TestType::able, can::release)) CHECK(wrong_in(forgets_what_it_released<TestType>) == "");
}

// ---- what is no backend --------------------------------------------------------------------------------------------

namespace {

struct no_able {
    static std::size_t page_bytes() noexcept { return 4096; }
    pages obtain(std::size_t) noexcept;
    bool give_back(pages) noexcept;
};
struct able_is_a_number : no_able {
    static constexpr unsigned able = 0;
};
struct no_page_bytes {
    static constexpr can able = can::nothing;
    pages obtain(std::size_t) noexcept;
    bool give_back(pages) noexcept;
};
struct page_bytes_needs_an_object : ptm::no_backend {
    std::size_t page_bytes() const noexcept;
};
struct page_bytes_is_an_int : ptm::no_backend {
    static int page_bytes() noexcept;
};
struct no_obtain {
    static constexpr can able = can::nothing;
    static std::size_t page_bytes() noexcept { return 4096; }
    bool give_back(pages) noexcept;
};
struct no_give_back {
    static constexpr can able = can::nothing;
    static std::size_t page_bytes() noexcept { return 4096; }
    pages obtain(std::size_t) noexcept;
};
struct obtain_may_throw : ptm::no_backend {
    pages obtain(std::size_t);
};
struct obtain_gives_an_address : ptm::no_backend {
    void* obtain(std::size_t) noexcept;
};
struct give_back_says_nothing : ptm::no_backend {
    void give_back(pages) noexcept;
};

// Each of these declares an ability and lacks something that goes with it.
struct grows_without_anything : ptm::no_backend {
    static constexpr can able = can::grow;
};
struct grows_without_frontier : ptm::no_backend {
    static constexpr can able = can::grow;
    std::size_t retreat(std::size_t) noexcept;
};
struct grows_without_retreat : ptm::no_backend {
    static constexpr can able = can::grow;
    std::byte* frontier() noexcept;
};
struct retreat_says_yes_or_no : grows_without_retreat {
    bool retreat(std::size_t) noexcept;
};
struct retreat_may_throw : grows_without_retreat {
    std::size_t retreat(std::size_t);
};
struct remaps_without_remap : ptm::no_backend {
    static constexpr can able = can::nothing | can::remap;
};
struct remap_may_throw : remaps_without_remap {
    pages remap(pages, std::size_t);
};
struct remap_misspelled : remaps_without_remap {
    pages re_map(pages, std::size_t) noexcept;
};
struct discards_without_discard : ptm::no_backend {
    static constexpr can able = can::discard | can::zeroed;
};
struct advises_without_advice : ptm::no_backend {
    static constexpr can able = can::advise;
};
struct huge_without_obtain_huge : ptm::no_backend {
    static constexpr can able = can::huge;
};
struct obtain_huge_takes_no_size : huge_without_obtain_huge {
    pages obtain_huge(std::size_t) noexcept;
};
struct obtain_huge_may_throw : huge_without_obtain_huge {
    pages obtain_huge(std::size_t, std::size_t);
};
struct locates_without_anything : ptm::no_backend {
    static constexpr can able = can::locate;
};
struct locates_without_size : locates_without_anything {
    std::byte* base() const noexcept;
    std::size_t committed() const noexcept;
    void release() noexcept;
};
struct locates_in_an_odd_size : locates_without_size {
    static constexpr std::size_t reserved_bytes = 3 << 20;
};
struct locates : locates_without_size {
    static constexpr can able = can::locate | can::release;
    static constexpr std::size_t reserved_bytes = 1 << 20;
};
struct release_says_yes_or_no : locates {
    bool release() noexcept;
};
struct base_may_throw : locates {
    std::byte* base() const;
};
struct committed_is_an_address : locates {
    std::byte* committed() const noexcept;
};
struct releases_without_release {
    static constexpr can able = can::release;
    static constexpr std::size_t page_bytes() noexcept { return 4096; }
    pages obtain(std::size_t) noexcept;
    bool give_back(pages) noexcept;
    bool holds(const void*) const noexcept;
};
struct offers_without_a_run : ptm::no_backend {
    static constexpr can able = can::offer;
    std::size_t offered() const noexcept;
};
struct offers_and_forgets : offers_without_a_run {
    pages take_offered() noexcept;
};
struct offers : offers_and_forgets {
    std::size_t taken() const noexcept;
};
struct offered_changes_it : offers {
    std::size_t offered() noexcept;
};
struct release_may_throw : releases_without_release {
    void release();
};
struct releases : releases_without_release {
    void release() noexcept;
};
struct releases_and_does_not_know : releases {
    void holds(const void*) const noexcept;
};
struct clears_without_clearing : ptm::no_backend {
    static constexpr can able = can::clears;
};
struct clearing_may_throw : clears_without_clearing {
    pages obtain_cleared(std::size_t);
};
struct keeps_without_anything : ptm::no_backend {
    static constexpr can able = can::keep;
    std::size_t kept() const noexcept;
};
struct keeps_for_ever : keeps_without_anything {
    std::size_t drop_kept() noexcept;
    void before_fork() noexcept;
    void after_fork() noexcept;
};
struct keeps_and_does_not_fork : keeps_without_anything {
    std::size_t drop_kept() noexcept;
    std::size_t drop_beyond(std::size_t) noexcept;
};
struct keeps : keeps_and_does_not_fork {
    void before_fork() noexcept;
    void after_fork() noexcept;
};
struct drop_says_yes_or_no : keeps {
    bool drop_kept() noexcept;
};
struct kept_changes_it : keeps {
    std::size_t kept() noexcept;
};
struct moves_without_move_to : ptm::no_backend {
    static constexpr can able = can::move;
};
struct move_to_says_nothing : moves_without_move_to {
    void move_to(pages, std::byte*) noexcept;
};
struct moves : moves_without_move_to {
    bool move_to(pages, std::byte*) noexcept;
};
struct discard_says_nothing : discards_without_discard {
    void discard(pages) noexcept;
};
struct all_but_discard : ptm::no_backend {
    static constexpr can able = can::grow | can::remap | can::discard;
    std::byte* frontier() noexcept;
    std::size_t retreat(std::size_t) noexcept;
    pages remap(pages, std::size_t) noexcept;
};

// An ability that is not declared asks for nothing, and what is not declared may be there.
struct can_more_than_it_says : ptm::no_backend {
    pages remap(pages, std::size_t) noexcept;
};
struct can_all : all_but_discard {
    bool discard(pages) noexcept;
};

} // namespace

static_assert(!ptm::backend_policy<int> && !ptm::backend_policy<no_able> && !ptm::backend_policy<able_is_a_number>);
static_assert(!ptm::backend_policy<no_page_bytes> && !ptm::backend_policy<page_bytes_needs_an_object>);
static_assert(!ptm::backend_policy<page_bytes_is_an_int>);
static_assert(!ptm::backend_policy<no_obtain> && !ptm::backend_policy<no_give_back>);
static_assert(!ptm::backend_policy<obtain_may_throw> && !ptm::backend_policy<obtain_gives_an_address>);
static_assert(!ptm::backend_policy<give_back_says_nothing>);
static_assert(!ptm::backend_policy<grows_without_anything> && !ptm::backend_policy<grows_without_frontier>);
static_assert(!ptm::backend_policy<grows_without_retreat> && !ptm::backend_policy<retreat_says_yes_or_no>);
static_assert(!ptm::backend_policy<retreat_may_throw>);
static_assert(!ptm::backend_policy<remaps_without_remap> && !ptm::backend_policy<remap_may_throw>);
static_assert(!ptm::backend_policy<remap_misspelled>);
static_assert(!ptm::backend_policy<discards_without_discard> && !ptm::backend_policy<discard_says_nothing>);
static_assert(!ptm::backend_policy<all_but_discard> && !ptm::backend_policy<advises_without_advice>);
static_assert(!ptm::backend_policy<huge_without_obtain_huge> && !ptm::backend_policy<obtain_huge_takes_no_size>);
static_assert(!ptm::backend_policy<obtain_huge_may_throw>);
static_assert(!ptm::backend_policy<clears_without_clearing> && !ptm::backend_policy<clearing_may_throw>);
static_assert(!ptm::backend_policy<keeps_without_anything> && !ptm::backend_policy<keeps_and_does_not_fork>);
static_assert(ptm::backend_policy<keeps> && !ptm::backend_policy<drop_says_yes_or_no>);
static_assert(!ptm::backend_policy<kept_changes_it> && !ptm::backend_policy<keeps_for_ever>);
static_assert(!ptm::backend_policy<moves_without_move_to> && !ptm::backend_policy<move_to_says_nothing>);
static_assert(ptm::backend_policy<moves>);
static_assert(!ptm::backend_policy<locates_without_anything> && !ptm::backend_policy<locates_without_size>);
static_assert(!ptm::backend_policy<locates_in_an_odd_size> && !ptm::backend_policy<release_says_yes_or_no>);
static_assert(!ptm::backend_policy<base_may_throw> && !ptm::backend_policy<committed_is_an_address>);
static_assert(!ptm::backend_policy<releases_without_release> && !ptm::backend_policy<release_may_throw>);
static_assert(!ptm::backend_policy<releases_and_does_not_know>);
static_assert(!ptm::backend_policy<offers_without_a_run> && !ptm::backend_policy<offered_changes_it>);
static_assert(ptm::backend_policy<offers> && !ptm::backend_policy<offers_and_forgets>);
static_assert(ptm::backend_policy<locates> && ptm::backend_policy<releases>);
static_assert(ptm::backend_policy<can_more_than_it_says> && ptm::backend_policy<can_all>);
