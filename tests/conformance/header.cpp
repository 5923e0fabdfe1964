// The battery of header_policy, and what is no header.
#include "support/seed.hpp"

#include <ptm/chunk/boundary_tag.hpp>
#include <ptm/chunk/compact_tag.hpp>
#include <ptm/chunk/header.hpp>
#include <ptm/chunk/keyed_links.hpp>
#include <ptm/chunk/natural_tag.hpp>
#include <ptm/chunk/owned_tag.hpp>
#include <ptm/chunk/sealed_tag.hpp>
#include <ptm/core/bits.hpp>
#include <ptm/core/checked.hpp>
#include <ptm/heap/fast.hpp>

#include <cstddef>
#include <cstring>
#include <tuple>
#include <vector>

using ptm::chunk_size;

namespace {

using headers = std::tuple<ptm::boundary_tag<ptm::safe_links>, ptm::boundary_tag<ptm::plain_links>,
                           ptm::boundary_tag<ptm::safe_links, ptm::safe_links>,
                           ptm::boundary_tag<ptm::plain_links, ptm::safe_links>,
                           ptm::boundary_tag<ptm::keyed_links<>, ptm::keyed_links<>>, ptm::sealed_tag<ptm::safe_links>,
                           ptm::sealed_tag<ptm::keyed_links<>, ptm::safe_links>, ptm::compact_tag,
                           ptm::owned_tag<ptm::plain_links>, ptm::natural_tag<ptm::plain_links>, ptm::fast::header>;

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
    STATIC_REQUIRE(TestType::alignment >= (TestType::links_hold_pointers ? alignof(std::max_align_t) : 8));
    STATIC_REQUIRE(TestType::smallest < TestType::largest);
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
    using ring = ptm::ring<typename TestType::ring_links, typename TestType::node>;
    using traits = ptm::ring_traits<typename TestType::ring_links, typename TestType::node>;
    room r;
    auto* c = TestType::at(r.memory, 64);
    TestType::set_free(c, chunk_size{512});
    const std::size_t word = TestType::word_of(c);
    typename TestType::node head, skip_head;
    ring::init_header(&head);
    ring::init_header(&skip_head);
    ring::link_after(&head, TestType::ring_of(c));
    ring::link_after(&skip_head, TestType::skip_of(c));
    CHECK(TestType::word_of(c) == word);
    CHECK(TestType::previous_size(TestType::next(c)) == chunk_size{512});
    CHECK(TestType::from_ring(traits::get_next(&head)) == c);
    CHECK(TestType::from_skip(traits::get_next(&skip_head)) == c);
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

TEMPLATE_LIST_TEST_CASE("header: what it writes is sound, and says the same to who peeks", "", headers) {
    using H = TestType;
    room r;
    auto* c = H::at(r.memory, 256);
    auto looks = [&](std::size_t size) {
        const std::size_t word = H::peek(c);
        return H::sound(c) && H::sound_in(word, c) && H::size_in(word) == chunk_size{size}
        && H::size_of(c) == chunk_size{size} && H::mapped_in(word) == H::is_mapped(c)
            && H::of_side_arena_in(word) == H::of_side_arena(c) && H::prev_in_use_in(word) == H::prev_in_use(c)
            && H::ordinary_in(word, chunk_size{size}) == !H::is_mapped(c) && H::word_of(c) >> 3 << 3 == size
            && !H::ordinary_in(word, chunk_size{size + H::alignment});
    };
    H::set_used(c, chunk_size{64}, true);
    CHECK(looks(64));
    H::set_prev_in_use(c, false);
    CHECK(looks(64));
    H::set_size(c, chunk_size{1024});
    CHECK((looks(1024) && H::of_side_arena(c) && !H::prev_in_use(c)));
    H::set_free(c, chunk_size{96});
    CHECK(looks(96));
    H::mark_side_arena(c);
    CHECK((looks(96) && H::of_side_arena(c)));
    H::set_mapped(c, chunk_size{4096 - H::alignment}, H::alignment);
    CHECK((looks(4096 - H::alignment) && H::is_mapped(c)));
    CHECK(H::mapping_of(c) == ptm::pages{r.memory + 256 - H::alignment, 4096});
    H::set_fence(c);
    CHECK(looks(H::header_bytes));
    H::set_top(c, chunk_size{0});
    CHECK(looks(0));
}

// ---- headers with a seal -------------------------------------------------------------------------------------------

namespace {

using sealed_headers =
    std::tuple<ptm::sealed_tag<ptm::safe_links>, ptm::sealed_tag<ptm::keyed_links<>, ptm::safe_links>>;

// A chunk somewhere in the room, of some size.
template <class H>
typename H::chunk* any_chunk(room& r, std::mt19937_64& random) {
    auto* c = H::at(r.memory, random() % (room_bytes / 2) / H::alignment * H::alignment);
    H::set_used(c, H::size_for(random() % 20'000), random() % 2 == 0);
    return c;
}

constexpr std::size_t previous_used = 1; // not covered

} // namespace

TEMPLATE_LIST_TEST_CASE("header: a seal shows any flipped bit but the one that is its neighbour's", "",
                        sealed_headers) {
    PTM_TEST_SEED(random);
    room r;
    for (std::size_t i = 0; i < ptm_test::steps(500); ++i) {
        auto* c = any_chunk<TestType>(r, random);
        const std::size_t word = c->word;
        for (unsigned bit = 0; bit < 64; ++bit) {
            c->word = word ^ std::size_t{1} << bit;
            REQUIRE(TestType::sound(c) == (bit == 0));
        }
    }
}

TEMPLATE_LIST_TEST_CASE("header: a seal shows any damage to the low byte", "", sealed_headers) {
    PTM_TEST_SEED(random);
    room r;
    for (std::size_t i = 0; i < ptm_test::steps(200); ++i) {
        auto* c = any_chunk<TestType>(r, random);
        const std::size_t word = c->word;
        for (std::size_t low = 0; low < 256; ++low) {
            c->word = (word & ~std::size_t{255}) | low;
            REQUIRE(TestType::sound(c) == ((c->word ^ word) <= previous_used));
        }
    }
}

// 2^-16 of 200,000 is 3; 30 and more would be seen in one run of 10^19.
TEMPLATE_LIST_TEST_CASE("header: a seal shows a foreign word 65535 times in 65536", "", sealed_headers) {
    PTM_TEST_SEED(random);
    room r;
    unsigned written = 0, copied = 0;
    for (unsigned i = 0; i < 200'000; ++i) {
        auto* c = any_chunk<TestType>(r, random);
        const std::size_t word = c->word;
        c->word = static_cast<std::size_t>(random());
        written += TestType::sound(c);
        auto* other = any_chunk<TestType>(r, random);
        if (other == c) continue;
        other->word = word;
        copied += TestType::sound(other);
    }
    CHECK(written < 30);
    CHECK(copied < 30);
}

TEMPLATE_LIST_TEST_CASE("header: changing a word that was damaged does not seal the damage", "", sealed_headers) {
    room r;
    auto* c = TestType::at(r.memory, 64);
    for (unsigned bit = 1; bit < 64; ++bit) {
        TestType::set_used(c, chunk_size{512}, false);
        c->word ^= std::size_t{1} << bit;
        TestType::set_prev_in_use(c, false);
        CHECK_FALSE(TestType::sound(c));
        TestType::mark_side_arena(c);
        CHECK_FALSE(TestType::sound(c));
        TestType::set_size(c, chunk_size{256});
        CHECK_FALSE(TestType::sound(c));
        TestType::set_used(c, chunk_size{256}, false); // a new chunk
        CHECK(TestType::sound(c));
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
struct cannot_tell_damage : base {
    static void sound(const chunk*) noexcept;
};
struct does_not_peek_at_a_seal : base {
    static bool sound_in(chunk*) noexcept;
};
struct largest_is_a_number : base {
    static constexpr std::size_t largest = 1 << 20;
};
struct node_has_one_link : base {
    struct node {
        std::size_t forward;
    };
};
struct reach_may_throw : base {
    static bool reaches(const void*, const void*);
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
static_assert(!ptm::header_policy<cannot_tell_damage> && !ptm::header_policy<does_not_peek_at_a_seal>);
static_assert(!ptm::header_policy<largest_is_a_number> && !ptm::header_policy<node_has_one_link>);
static_assert(!ptm::header_policy<reach_may_throw>);
