#include <ptm/chunk/node_traits.hpp>

#include "support/catch.hpp"
#include "support/seed.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <tuple>
#include <vector>

using ptm::ring_node;

static_assert(offsetof(ring_node, forward) == 0 && offsetof(ring_node, back) == sizeof(void*));

namespace {

using encodings = std::tuple<ptm::plain_links, ptm::safe_links>;

// The nodes of a ring behind its head, forward, as numbers in `nodes`.
template <class L>
std::vector<std::ptrdiff_t> order(const ring_node& head, const ring_node* nodes) {
    std::vector<std::ptrdiff_t> found;
    for (auto* n = ptm::ring_traits<L>::get_next(&head); n != &head; n = ptm::ring_traits<L>::get_next(n))
        found.push_back(n - nodes);
    return found;
}

template <class L>
std::vector<std::ptrdiff_t> order_backwards(const ring_node& head, const ring_node* nodes) {
    std::vector<std::ptrdiff_t> found;
    for (auto* n = ptm::ring_traits<L>::get_previous(&head); n != &head; n = ptm::ring_traits<L>::get_previous(n))
        found.push_back(n - nodes);
    return found;
}

using numbers = std::vector<std::ptrdiff_t>;

} // namespace

TEMPLATE_LIST_TEST_CASE("a ring is empty, grows at both ends and shrinks again", "", encodings) {
    using ring = ptm::ring<TestType>;
    ring_node head, nodes[3];
    ring::init_header(&head);
    CHECK(order<TestType>(head, nodes).empty());
    CHECK(ring::unique(&head));

    ring::link_after(&head, &nodes[0]);
    ring::link_after(&head, &nodes[1]);
    ring::link_before(&head, &nodes[2]);
    CHECK(order<TestType>(head, nodes) == numbers{1, 0, 2});
    CHECK(order_backwards<TestType>(head, nodes) == numbers{2, 0, 1});

    ring::unlink(&nodes[0]);
    CHECK(order<TestType>(head, nodes) == numbers{1, 2});
    ring::unlink(&nodes[1]);
    ring::unlink(&nodes[2]);
    CHECK(ring::unique(&head));
}

TEMPLATE_LIST_TEST_CASE("links are stored as the encoding says", "", encodings) {
    ring_node head, node;
    ptm::ring<TestType>::init_header(&head);
    ptm::ring<TestType>::link_after(&head, &node);
    CHECK(head.forward == TestType::encode(&head.forward, &node));
    CHECK(head.back == TestType::encode(&head.back, &node));
    CHECK(node.forward == TestType::encode(&node.forward, &head));
    CHECK(node.back == TestType::encode(&node.back, &head));
}

TEMPLATE_LIST_TEST_CASE("a node of a ring is pointed back at", "", encodings) {
    ring_node head, nodes[2];
    ptm::ring<TestType>::init_header(&head);
    CHECK(ptm::points_back<TestType>(&head));
    for (ring_node& n : nodes) ptm::ring<TestType>::link_after(&head, &n);
    CHECK(ptm::points_back<TestType>(&nodes[0]));
    CHECK(ptm::points_back<TestType>(&nodes[1]));
    CHECK(ptm::points_back<TestType>(&head));
}

TEMPLATE_LIST_TEST_CASE("a link that was bent to another node is noticed", "", encodings) {
    using traits = ptm::ring_traits<TestType>;
    ring_node head, nodes[3], stranger;
    ptm::ring<TestType>::init_header(&head);
    ptm::ring<TestType>::init_header(&stranger);
    for (ring_node& n : nodes) ptm::ring<TestType>::link_after(&head, &n);

    SECTION("forward") { traits::set_next(&nodes[1], &stranger); }
    SECTION("back") { traits::set_previous(&nodes[1], &stranger); }
    SECTION("of its neighbour before") { traits::set_next(&nodes[2], &stranger); }
    SECTION("of its neighbour behind") { traits::set_previous(&nodes[0], &stranger); }
    CHECK_FALSE(ptm::points_back<TestType>(&nodes[1]));
}

TEMPLATE_LIST_TEST_CASE("a ring does what a vector does", "", encodings) {
    PTM_TEST_SEED(random);
    ring_node head, nodes[16];
    ptm::ring<TestType>::init_header(&head);
    numbers expected;
    for (std::size_t i = 0; i < ptm_test::steps(2000); ++i) {
        const auto id = static_cast<std::ptrdiff_t>(random() % std::size(nodes));
        const auto found = std::find(expected.begin(), expected.end(), id);
        if (found != expected.end()) {
            ptm::ring<TestType>::unlink(&nodes[id]);
            expected.erase(found);
        } else if (random() % 2 == 0) {
            ptm::ring<TestType>::link_after(&head, &nodes[id]);
            expected.insert(expected.begin(), id);
        } else {
            ptm::ring<TestType>::link_before(&head, &nodes[id]);
            expected.push_back(id);
        }
        REQUIRE(order<TestType>(head, nodes) == expected);
    }
}
