#include <ptm/chunk/tree_traits.hpp>

#include "support/catch.hpp"
#include "support/seed.hpp"

#include <cstddef>
#include <set>
#include <tuple>

using ptm::tree_node;

static_assert(offsetof(tree_node, children) == 0 && offsetof(tree_node, above) == 2 * sizeof(void*));

namespace {
using encodings = std::tuple<ptm::plain_links, ptm::safe_links>;
}

TEMPLATE_LIST_TEST_CASE("links of a tree are stored as the encoding says, colours as they are", "", encodings) {
    using traits = ptm::tree_traits<TestType>;
    tree_node nodes[4]{};
    traits::set_left(&nodes[0], &nodes[1]);
    traits::set_right(&nodes[0], &nodes[2]);
    traits::set_parent(&nodes[0], &nodes[3]);
    traits::set_color(&nodes[0], traits::black());
    CHECK(nodes[0].children.forward == TestType::encode(&nodes[0].children.forward, &nodes[1]));
    CHECK(nodes[0].children.back == TestType::encode(&nodes[0].children.back, &nodes[2]));
    CHECK(nodes[0].above.forward == TestType::encode(&nodes[0].above.forward, &nodes[3]));
    CHECK(nodes[0].above.back == 2);
    CHECK(traits::get_left(&nodes[0]) == &nodes[1]);
    CHECK(traits::get_right(&nodes[0]) == &nodes[2]);
    CHECK(traits::get_parent(&nodes[0]) == &nodes[3]);
    traits::set_left(&nodes[0], nullptr);
    CHECK(traits::get_left(&nodes[0]) == nullptr);
}

TEMPLATE_LIST_TEST_CASE("a linked node has a colour", "", encodings) {
    using traits = ptm::tree_traits<TestType>;
    using tree = ptm::tree<TestType>;
    tree_node head, nodes[20]{};
    tree::init_header(&head);
    for (tree_node& n : nodes) {
        CHECK(traits::get_color(&n) == traits::color::none);
        tree::push_back(&head, &n);
    }
    for (tree_node& n : nodes) CHECK(traits::get_color(&n) != traits::color::none);
}

TEMPLATE_LIST_TEST_CASE("a tree of nodes does what a set does", "", encodings) {
    using traits = ptm::tree_traits<TestType>;
    using tree = ptm::tree<TestType>;
    PTM_TEST_SEED(random);
    tree_node head, nodes[64];
    tree::init_header(&head);
    std::set<tree_node*> expected;
    auto by_place = [](const tree_node* a, const tree_node* b) { return a < b; };
    for (std::size_t i = 0; i < ptm_test::steps(3000); ++i) {
        tree_node* n = &nodes[random() % 64];
        if (expected.erase(n) != 0) {
            tree::erase(&head, n);
        } else {
            tree::insert_equal_upper_bound(&head, n, by_place);
            expected.insert(n);
        }
        std::set<tree_node*>::iterator at = expected.begin();
        for (tree_node* k = traits::get_left(&head); k != &head; k = tree::next_node(k)) REQUIRE(k == *at++);
        REQUIRE(at == expected.end());
    }
}
