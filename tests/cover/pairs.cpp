// The arrays are complete: every two models of two slots meet in a composition, but for those that must not, each of
// which is refused (here) or does not compile (forbidden_pair.cpp).
#include "cover/compositions.hpp"
#include "support/heaps.hpp"

#include <cstdio>

namespace {

template <std::size_t Slots>
void check_complete(const cover::design<Slots>& d, const cover::covering<Slots>& c) {
    CHECK(cover::pairs_in(d, c) == d.pairs);
    CHECK_FALSE(cover::forbidden_in(d, c));
}

template <class Array>
void tell(const char* what) {
    std::printf("%s: %zu compositions, %zu pairs covered, %zu that must not be\n", what, cover::rows<Array>.count,
                cover::pairs_in(cover::plan<Array>, cover::rows<Array>), cover::plan<Array>.forbidden_pairs);
}

// with - the base with the two models of a forbidden pair, and what else must be as it is for the pair to show.
template <class F, class Base>
using with = ptm::edit<Base, typename F::slot_a::template edit<F::slot_a::template index_of<typename F::model_a>()>,
                       typename F::slot_b::template edit<F::slot_b::template index_of<typename F::model_b>()>>;

// A process of several threads would try a second arena, whose bins lie in its own sub-heap, near enough.
struct main_arena_alone : ptm::edit<ptm_test::glass, ptm::set_cache<ptm::no_cache>, ptm::set_arenas<ptm::one_arena>> {};

template <class F>
struct refused_pair : with<F, main_arena_alone> {};

// refuses - an object that gets no memory, and keeps none.
template <class F>
bool refuses_arena() {
    static ptm_test::fresh_arena<refused_pair<F>> a;
    errno = 0;
    void* p = a.allocate(100);
    return !p && errno == ENOMEM && a.held() == 0 && ptm_test::verdict(a) == "sound";
}

template <class F>
bool refuses_heap() {
    using heap = ptm_test::tested_heap<refused_pair<F>>;
    errno = 0;
    void* p = heap::malloc(100);
    return !p && errno == ENOMEM && heap::figures().system_bytes == 0 && ptm_test::verdict(heap{}) == "sound";
}

template <class... F>
bool all_refused_by_arenas(std::type_identity<std::tuple<F...>>) {
    return (refuses_arena<F>() && ...);
}

template <class... F>
bool all_refused_by_heaps(std::type_identity<std::tuple<F...>>) {
    return (refuses_heap<F>() && ...);
}
}

// FORBIDDEN_PAIRS - for so many the build compiles forbidden_pair.cpp and sees it fail.
static_assert(std::tuple_size_v<cover::heaps::not_compiled> == FORBIDDEN_PAIRS,
              "tests/cover/CMakeLists.txt says how many pairs do not compile");

TEST_CASE("every pair of models meets in a composition") {
    tell<cover::arenas>("arenas");
    tell<cover::heaps>("heaps");
    check_complete(cover::plan<cover::arenas>, cover::rows<cover::arenas>);
    check_complete(cover::plan<cover::heaps>, cover::rows<cover::heaps>);
}

TEST_CASE("a row that is missing is noticed") {
    auto fewer = cover::rows<cover::arenas>;
    --fewer.count;
    CHECK(cover::pairs_in(cover::plan<cover::arenas>, fewer) < cover::plan<cover::arenas>.pairs);
}

TEST_CASE("what an array leaves out as refused is refused") {
    CHECK(all_refused_by_arenas(std::type_identity<cover::arenas::too_far>{}));
    CHECK(all_refused_by_heaps(std::type_identity<cover::heaps::too_far>{}));
}
