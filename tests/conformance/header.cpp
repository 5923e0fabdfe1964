// The battery of header_policy, and what is no header.
#include "support/seed.hpp"

#include <ptm/chunk/boundary_tag.hpp>
#include <ptm/chunk/header.hpp>
#include <ptm/core/bits.hpp>
#include <ptm/core/checked.hpp>

#include <cstddef>
#include <cstring>
#include <tuple>
#include <vector>

using ptm::chunk_size;

namespace {

using headers = std::tuple<ptm::boundary_tag<ptm::safe_links>, ptm::boundary_tag<ptm::plain_links>,
                           ptm::boundary_tag<ptm::safe_links, ptm::safe_links>,
                           ptm::boundary_tag<ptm::plain_links, ptm::safe_links>>;

constexpr std::size_t room_bytes = 64 * 1024;

// Memory in which nothing is zero by chance.
struct room {
    alignas(64) std::byte memory[room_bytes];
    room() { std::memset(memory, 0xa8, sizeof memory); }
};

// A chunk as it is meant to be: a row of them is laid out and read back.
struct plan {
    chunk_size size;
    bool used;
};

template <class H>
std::vector<plan> random_row(std::mt19937_64& random) {
    std::vector<plan> row;
    for (std::size_t total = 0;;) {
        const chunk_size size = H::size_for(random() % 500);
        total += bytes(size);
        if (total > room_bytes - 1024) return row;
        const bool before_was_free = !row.empty() && !row.back().used;
        row.push_back({size, before_was_free || random() % 2 == 0}); // free chunks have used neighbours
    }
}

template <class H>
void lay_out(const std::vector<plan>& row, room& r) {
    auto* c = H::at(r.memory, 0);
    bool previous_used = true;
    for (const plan& p : row) {
        if (p.used)
            H::set_used(c, p.size, false);
        else
            H::set_free(c, p.size);
        H::set_prev_in_use(c, previous_used);
        previous_used = p.used;
        c = H::next(c);
    }
    H::set_used(c, H::smallest, false);
    H::set_prev_in_use(c, previous_used);
}

} // namespace

TEMPLATE_LIST_TEST_CASE("header: a model of header_policy", "", headers) {
    STATIC_REQUIRE(ptm::header_policy<TestType>);
    STATIC_REQUIRE(ptm::is_power_of_two(TestType::alignment));
    STATIC_REQUIRE(TestType::alignment >= alignof(std::max_align_t));
    STATIC_REQUIRE(ptm::is_aligned(bytes(TestType::smallest), TestType::alignment));
}

TEMPLATE_LIST_TEST_CASE("header: a chunk holds its request and is no larger than it must be", "", headers) {
    std::size_t last = 0;
    for (std::size_t request = 0; request < 5000; ++request) {
        const std::size_t size = bytes(TestType::size_for(request));
        REQUIRE(ptm::is_aligned(size, TestType::alignment));
        REQUIRE(size >= bytes(TestType::smallest));
        REQUIRE(size >= request + TestType::overhead);
        REQUIRE((size == bytes(TestType::smallest) || size < request + TestType::overhead + TestType::alignment));
        REQUIRE(size >= last);
        last = size;
    }
}

TEMPLATE_LIST_TEST_CASE("header: the largest request has a size", "", headers) {
    const std::size_t size = bytes(TestType::size_for(ptm::largest_request));
    CHECK(size > ptm::largest_request);
    CHECK(ptm::is_aligned(size, TestType::alignment));
}

TEMPLATE_LIST_TEST_CASE("header: chunk, user pointer and ring nodes find each other", "", headers) {
    room r;
    for (std::size_t n = 0; n < 1024; n += TestType::alignment) {
        auto* c = TestType::at(r.memory, n);
        void* user = TestType::to_user(c);
        REQUIRE(user == r.memory + n + TestType::header_bytes);
        REQUIRE(TestType::from_user(user) == c);
        REQUIRE(TestType::from_ring(TestType::ring_of(c)) == c);
        REQUIRE(TestType::from_skip(TestType::skip_of(c)) == c);
    }
}

TEMPLATE_LIST_TEST_CASE("header: the ring of bins fits into the smallest chunk, before its footer", "", headers) {
    room r;
    auto* c = TestType::at(r.memory, 0);
    auto* end = reinterpret_cast<std::byte*>(TestType::ring_of(c) + 1);
    CHECK(end <= r.memory + bytes(TestType::smallest));
    auto* ring_begin = reinterpret_cast<std::byte*>(TestType::ring_of(c));
    CHECK(ring_begin >= static_cast<std::byte*>(TestType::to_user(c))); // header words stay readable while linked
}

TEMPLATE_LIST_TEST_CASE("header: linking a chunk leaves its words alone", "", headers) {
    using ring = ptm::ring<typename TestType::ring_links>;
    room r;
    auto* c = TestType::at(r.memory, 64);
    TestType::set_free(c, chunk_size{512});
    const std::size_t word = TestType::word_of(c);
    ptm::ring_node head, skip_head;
    ring::init_header(&head);
    ring::init_header(&skip_head);
    ring::link_after(&head, TestType::ring_of(c));
    ring::link_after(&skip_head, TestType::skip_of(c));
    CHECK(TestType::word_of(c) == word);
    CHECK(TestType::previous_size(TestType::next(c)) == chunk_size{512});
    CHECK(TestType::from_ring(ptm::ring_traits<typename TestType::ring_links>::get_next(&head)) == c);
    CHECK(TestType::from_skip(ptm::ring_traits<typename TestType::ring_links>::get_next(&skip_head)) == c);
}

TEMPLATE_LIST_TEST_CASE("header: a used chunk writes nothing behind its header", "", headers) {
    room r, untouched;
    TestType::set_used(TestType::at(r.memory, 0), chunk_size{512}, true);
    const std::size_t header_bytes = TestType::header_bytes;
    CHECK(std::memcmp(r.memory + header_bytes, untouched.memory + header_bytes, room_bytes - header_bytes) == 0);
    CHECK(TestType::size_of(TestType::at(r.memory, 0)) == chunk_size{512});
}

TEMPLATE_LIST_TEST_CASE("header: a chunk of an arena is not mapped", "", headers) {
    room r;
    auto* c = TestType::at(r.memory, 0);
    TestType::set_used(c, chunk_size{64}, false);
    CHECK_FALSE(TestType::is_mapped(c));
    TestType::set_free(c, chunk_size{64});
    CHECK_FALSE(TestType::is_mapped(c));
}

TEMPLATE_LIST_TEST_CASE("header: a row of chunks reads as it was written, forward and back", "", headers) {
    PTM_TEST_SEED(random);
    for (std::size_t i = 0; i < ptm_test::steps(20); ++i) {
        const auto row = random_row<TestType>(random);
        room r;
        lay_out<TestType>(row, r);
        auto* c = TestType::at(r.memory, 0);
        for (const plan& p : row) {
            REQUIRE(TestType::size_of(c) == p.size);
            REQUIRE(TestType::in_use(c) == p.used);
            auto* next = TestType::next(c);
            if (!p.used) REQUIRE(TestType::previous_size(next) == p.size);
            if (!p.used) REQUIRE(TestType::previous(next) == c);
            c = next;
        }
    }
}

// ---- what is no header ---------------------------------------------------------------------------------------------

namespace {

using base = ptm::boundary_tag<ptm::plain_links>;

struct no_link {};

struct stack_links_are_none : base {
    using stack_links = no_link;
};
struct ring_links_are_none : base {
    using ring_links = no_link;
};
struct size_is_a_number : base {
    static std::size_t size_for(std::size_t) noexcept;
};
struct size_may_throw : base {
    static chunk_size size_for(std::size_t);
};
struct smallest_is_a_number : base {
    static constexpr std::size_t smallest = 32;
};
struct user_is_bytes : base {
    static std::byte* to_user(chunk*) noexcept;
};
struct from_user_may_throw : base {
    static chunk* from_user(void*);
};
struct next_is_hidden : base {
private:
    using base::next;
};
struct previous_may_throw : base {
    static chunk* previous(chunk*);
};
struct in_use_is_a_number : base {
    static std::size_t in_use(const chunk*) noexcept;
};
struct set_free_may_throw : base {
    static void set_free(chunk*, chunk_size);
};
struct set_used_wants_a_number : base {
    static void set_used(chunk*, std::size_t, bool) noexcept;
};
struct set_used_knows_no_side : base {
    static void set_used(chunk*, chunk_size) noexcept;
};
struct no_skip : base {
    static void skip_of(chunk*) noexcept;
};
struct ring_is_an_address : base {
    static void* ring_of(chunk*) noexcept;
};
struct from_ring_may_throw : base {
    static chunk* from_ring(ptm::ring_node*);
};

} // namespace

static_assert(ptm::header_policy<base>, "the following ones differ in one member only");
static_assert(!ptm::header_policy<int> && !ptm::header_policy<ptm::plain_links>);
static_assert(!ptm::header_policy<stack_links_are_none> && !ptm::header_policy<ring_links_are_none>);
static_assert(!ptm::header_policy<size_is_a_number> && !ptm::header_policy<size_may_throw>);
static_assert(!ptm::header_policy<smallest_is_a_number> && !ptm::header_policy<user_is_bytes>);
static_assert(!ptm::header_policy<from_user_may_throw> && !ptm::header_policy<next_is_hidden>);
static_assert(!ptm::header_policy<previous_may_throw> && !ptm::header_policy<in_use_is_a_number>);
static_assert(!ptm::header_policy<set_free_may_throw> && !ptm::header_policy<set_used_wants_a_number>);
static_assert(!ptm::header_policy<set_used_knows_no_side> && !ptm::header_policy<no_skip>);
static_assert(!ptm::header_policy<ring_is_an_address> && !ptm::header_policy<from_ring_may_throw>);
