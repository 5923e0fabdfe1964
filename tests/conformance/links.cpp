// The battery of link_encoding, and what is none.
#include "support/seed.hpp"

#include <ptm/chunk/keyed_links.hpp>
#include <ptm/chunk/links.hpp>
#include <ptm/chunk/node_traits.hpp>

#include <cstdint>
#include <tuple>

namespace {

using encodings = std::tuple<ptm::plain_links, ptm::safe_links, ptm::keyed_links<>>;

void* at(std::uintptr_t address) { return reinterpret_cast<void*>(address); }

template <class L>
bool comes_back(const void* slot, void* target) {
    return L::decode(slot, L::encode(slot, target)) == target;
}

} // namespace

TEMPLATE_LIST_TEST_CASE("links: a model of link_encoding", "", encodings) {
    STATIC_REQUIRE(ptm::link_encoding<TestType>);
}

TEMPLATE_LIST_TEST_CASE("links: what is encoded is decoded, at the ends of the address space too", "", encodings) {
    for (std::uintptr_t slot : {std::uintptr_t{0}, std::uintptr_t{8}, UINTPTR_MAX - 7, UINTPTR_MAX / 2})
        for (std::uintptr_t target : {std::uintptr_t{0}, std::uintptr_t{16}, UINTPTR_MAX, UINTPTR_MAX / 2})
            CHECK(comes_back<TestType>(at(slot), at(target)));
}

TEMPLATE_LIST_TEST_CASE("links: what is encoded is decoded, anywhere", "", encodings) {
    PTM_TEST_SEED(random);
    for (std::size_t i = 0; i < ptm_test::steps(2000); ++i) {
        void* slot = at(static_cast<std::uintptr_t>(random()) & ~std::uintptr_t{7});
        REQUIRE(comes_back<TestType>(slot, at(static_cast<std::uintptr_t>(random()))));
    }
}

TEMPLATE_LIST_TEST_CASE("links: at one slot different targets are stored differently", "", encodings) {
    PTM_TEST_SEED(random);
    for (std::size_t i = 0; i < ptm_test::steps(2000); ++i) {
        void* slot = at(static_cast<std::uintptr_t>(random()));
        const auto a = static_cast<std::uintptr_t>(random()), b = static_cast<std::uintptr_t>(random());
        REQUIRE((TestType::encode(slot, at(a)) == TestType::encode(slot, at(b))) == (a == b));
    }
}

TEMPLATE_LIST_TEST_CASE("links: a slot may point to itself", "", encodings) {
    ptm::ring_node node;
    ptm::ring<TestType>::init_header(&node);
    CHECK(ptm::ring_traits<TestType>::get_next(&node) == &node);
    CHECK(comes_back<TestType>(&node.forward, &node.forward));
}

// ---- what is no encoding -------------------------------------------------------------------------------------------

namespace {

struct only_encodes {
    static std::uintptr_t encode(const void*, const void*) noexcept;
};
struct only_decodes {
    static void* decode(const void*, std::uintptr_t) noexcept;
};
struct encode_may_throw : only_decodes {
    static std::uintptr_t encode(const void*, const void*);
};
struct decode_may_throw : only_encodes {
    static void* decode(const void*, std::uintptr_t);
};
struct encodes_to_a_pointer : only_decodes {
    static void* encode(const void*, const void*) noexcept;
};
struct decodes_to_const : only_encodes {
    static const void* decode(const void*, std::uintptr_t) noexcept;
};
struct does_not_know_its_slot {
    static std::uintptr_t encode(const void*) noexcept;
    static void* decode(std::uintptr_t) noexcept;
};
struct needs_an_object {
    std::uintptr_t encode(const void*, const void*) noexcept;
    void* decode(const void*, std::uintptr_t) noexcept;
};

} // namespace

static_assert(!ptm::link_encoding<int>);
static_assert(!ptm::link_encoding<only_encodes> && !ptm::link_encoding<only_decodes>);
static_assert(!ptm::link_encoding<encode_may_throw> && !ptm::link_encoding<decode_may_throw>);
static_assert(!ptm::link_encoding<encodes_to_a_pointer> && !ptm::link_encoding<decodes_to_const>);
static_assert(!ptm::link_encoding<does_not_know_its_slot> && !ptm::link_encoding<needs_an_object>);
