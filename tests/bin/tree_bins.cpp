#include "support/playground.hpp"
#include "support/seed.hpp"

#include "support/catch.hpp"

#include <ptm/bin/tree_bins.hpp>

#include <map>
#include <tuple>
#include <vector>

namespace {
using context = ptm_test::plain_context;
using bins = ptm::tree_bins::in<context>;
using chunk = ptm::chunk_in<context>;
using chunks = std::vector<chunk*>;
using ptm_test::fault_of;

constexpr ptm::chunk_size of(std::size_t n) { return ptm::chunk_size{n}; }

struct bench : ptm_test::stocked<bins, context> {
    chunks all() const {
        chunks seen;
        b.for_each([&](chunk* c, unsigned) { seen.push_back(c); });
        return seen;
    }
};

ptm::tree_node* node_of(chunk* c) { return reinterpret_cast<ptm::tree_node*>(&c->ring); }
}

TEST_CASE("the bins of a tree are visited in ascending order, and each descends") {
    bench t;
    chunk *a = t.add(1984), *d = t.add(4096), *b = t.add(2032), *c = t.add(2000), *e = t.add(200000);
    CHECK(t.all() == chunks{b, c, a, d, e});
}

TEST_CASE("of equal ones the best fit is the lowest, in whichever order they came") {
    bench t;
    chunk *one = t.ground.make(2016), *two = t.ground.make(2016), *three = t.ground.make(2016);
    for (chunk* c : {two, three, one}) t.b.insert(c);
    for (chunk* c : {one, two, three}) {
        CHECK(t.b.best_fit(of(2000)) == c);
        CHECK(t.b.first_above(of(512)) == c);
        t.b.remove(c);
    }
    CHECK(t.b.best_fit(of(2000)) == nullptr);
}

TEST_CASE("a tree gives a best fit of the own bin only") {
    bench t;
    chunk* c = t.add(4096);
    CHECK(t.b.best_fit(of(1024)) == nullptr);
    CHECK(t.b.first_above(of(1024)) == c);
    CHECK(t.b.first_above(of(4096)) == nullptr);
}

TEST_CASE("a chunk marked absent is in no tree") {
    bench t;
    chunk *c = t.ground.make(2048), *other = t.add(2048);
    c->skip = {1, 1};
    t.b.mark_absent(c);
    CHECK_FALSE(t.b.links_agree(c));
    CHECK(t.b.links_agree(other));
    t.b.remove(other);
    other->ring = {ptm::address_of(c), ptm::address_of(c)};
    t.b.mark_absent(other);
    c->ring = {0, ptm::address_of(&other->ring)};
    CHECK(fault_of([&] { t.b.remove(other); }) == "corrupted double-linked list");
}

// 2032 is the root, 1984 and 2064 its children.
struct three_nodes : bench {
    chunk *root = add(2032), *small = add(1984), *large = add(2064);
};

TEST_CASE("a tree reports a child of somebody else") {
    three_nodes t;
    node_of(t.small)->above.forward = ptm::address_of(node_of(t.large));
    CHECK_FALSE(t.b.links_agree(t.root));
    CHECK(fault_of([&] { t.b.remove(t.root); }) == "corrupted double-linked list");
    CHECK(fault_of([&] { t.b.remove(t.small); }) == "corrupted double-linked list (not small)");
}

TEST_CASE("a tree reports a parent that knows nothing of its child") {
    three_nodes t;
    node_of(t.root)->children.back = 0;
    CHECK_FALSE(t.b.links_agree(t.large));
    CHECK(fault_of([&] { t.b.remove(t.large); }) == "corrupted double-linked list (not small)");
}

TEST_CASE("a tree reports a root that it does not have") {
    three_nodes t;
    node_of(t.small)->above.forward = node_of(t.root)->above.forward;
    CHECK(fault_of([&] { t.b.remove(t.small); }) == "corrupted double-linked list (not small)");
}

TEST_CASE("a tree reports sizes that are not in order") {
    three_nodes t;
    context::header::set_size(t.small, of(2048));
    CHECK(fault_of([&] { t.b.remove(t.root); }) == "corrupted double-linked list");
    CHECK(fault_of([&] { t.b.remove(t.small); }) == "corrupted double-linked list (not small)");
}

TEST_CASE("a tree reports damage at the node that takes the place of another") {
    three_nodes t;
    chunk *further = t.add(2080), *next = t.add(2048);
    node_of(next)->above.forward = ptm::address_of(node_of(further));
    CHECK(fault_of([&] { t.b.remove(t.root); }) == "corrupted double-linked list (not small)");
}

TEST_CASE("a tree reports damage where a chunk comes in") {
    three_nodes t;
    chunk* c = t.ground.make(2080);
    SECTION("a child of somebody else") {
        chunk* further = t.add(2048);
        node_of(further)->above.forward = ptm::address_of(node_of(t.root));
        CHECK(fault_of([&] { t.b.insert(c); }) == "malloc(): largebin double linked list corrupted (bk)");
    }
    SECTION("somebody else's child") {
        node_of(t.large)->above.forward = ptm::address_of(node_of(t.small));
        CHECK(fault_of([&] { t.b.insert(c); }) == "malloc(): largebin double linked list corrupted (nextsize)");
    }
}

namespace {
using contexts = std::tuple<ptm_test::plain_context, ptm_test::safe_context, ptm_test::safest_context>;

// model - the same as a map.
template <class C>
struct model {
    using chunk = ptm::chunk_in<C>;
    using key = std::pair<std::size_t, chunk*>;

    std::multimap<std::size_t, chunk*> held{};

    static std::size_t size(const chunk* c) { return ptm::bytes(C::header::size_of(c)); }
    static unsigned bin(std::size_t n) { return ptm::bin_table<typename C::header>::index(ptm::chunk_size{n}); }

    void insert(chunk* c) { held.emplace(size(c), c); }
    void remove(chunk* c) {
        auto [at, end] = held.equal_range(size(c));
        while (at != end && at->second != c) ++at;
        REQUIRE(at != end);
        held.erase(at);
    }
    chunk* lowest(typename std::multimap<std::size_t, chunk*>::const_iterator at) const {
        if (at == held.end()) return nullptr;
        chunk* low = at->second;
        for (auto end = held.upper_bound(at->first); at != end; ++at)
            if (at->second < low) low = at->second;
        return low;
    }
    chunk* best_fit(std::size_t n) const {
        auto at = held.lower_bound(n);
        return at != held.end() && bin(at->first) == bin(n) ? lowest(at) : nullptr;
    }
    chunk* first_above(std::size_t n) const {
        auto at = held.lower_bound(n);
        while (at != held.end() && bin(at->first) == bin(n)) ++at;
        return lowest(at);
    }
};
}

TEMPLATE_LIST_TEST_CASE("a tree does what a multimap does", "", contexts) {
    PTM_TEST_SEED(random);
    ptm_test::playground<TestType> ground(32u << 20);
    typename ptm::tree_bins::in<TestType> b{};
    b.clear();
    model<TestType> m;
    std::vector<typename model<TestType>::chunk*> idle, held;
    auto any = [&] { return 1024 + random() % (random() % 4 == 0 ? 4000 : 200) * 16; };
    for (int i = 0; i < 600; ++i) idle.push_back(ground.make(any()));
    std::size_t growing = 1;
    for (std::size_t i = 0; i < ptm_test::steps(20000); ++i) {
        if (i % 1000 == 0) growing = random() % 3; // 0: rarely, 2: mostly
        bool in = !idle.empty() && (held.empty() || random() % 4 <= growing);
        auto &from = in ? idle : held, &to = in ? held : idle;
        std::swap(from[random() % from.size()], from.back());
        auto* c = from.back();
        from.pop_back();
        to.push_back(c);
        in ? b.insert(c) : b.remove(c);
        in ? m.insert(c) : m.remove(c);
        std::size_t n = any();
        REQUIRE(b.best_fit(ptm::chunk_size{n}) == m.best_fit(n));
        REQUIRE(b.first_above(ptm::chunk_size{n}) == m.first_above(n));
        REQUIRE(b.first_above(ptm::chunk_size{512}) == m.first_above(512));
        if (i % 64 == 0) b.for_each([&](auto* each, unsigned) { REQUIRE(b.links_agree(each)); });
    }
    for (auto* c : held) b.remove(c);
    CHECK(b.first_above(ptm::chunk_size{512}) == nullptr);
}
