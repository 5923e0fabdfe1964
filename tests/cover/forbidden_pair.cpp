// expect: links are too short | heap: several arenas need an arena_backend | smallest chunk has no room for three
//
// Pair number PAIR of those that do not compile. The one that is not there, PAIR -1, compiles.
#include "cover/models.hpp"

#include <ptm/heap/heap.hpp>

template <int Pair>
struct with_pair {
    using pair = std::tuple_element_t<Pair, cover::heaps::not_compiled>;
    template <class Slot, class Model>
    using put = typename Slot::template edit<Slot::template index_of<Model>()>;

    using config = ptm::edit<ptm_test::glass, put<typename pair::slot_a, typename pair::model_a>,
                             put<typename pair::slot_b, typename pair::model_b>>;
};
template <>
struct with_pair<-1> {
    using config = ptm_test::glass;
};

struct mine : with_pair<PAIR>::config {};

void* block = ptm::heap<mine>::malloc(24);
