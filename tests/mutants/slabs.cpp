// Shelves of slabs in which one number, mark or link is not what it should be.
#include "mutants/mutants.hpp"

#include "support/batches.hpp"
#include "support/playground.hpp"

#include <ptm/os/reserve.hpp>
#include <ptm/thread/slab_shelves.hpp>

#include <memory>

namespace mutants {

namespace {

struct unchecked : ptm_test::plain_context {
    static constexpr auto checked = checks::none;
};

constexpr std::size_t window = 4096;
using kind = headerless_slabs<reserve_backend<(1u << 20)>, reserve_backend<(1u << 16)>>;
using all_shelves = ptm::detail::slab_shelves<unchecked, no_lock, 4, window, kind>;

// shelves - two slabs of list 2, one of which is whole, and that of list 3 in part.
class shelves : public all_shelves {
    using base = typename all_shelves::shelves_by_place;

public:
    slab* partial;
    batch mine;

    shelves() {
        windows().prepare();
        partial = begin(2, windows().take_anew(0));
        slab* whole = begin(2, windows().take_anew(0));
        mine = take_first(2, partial, 2, 0);
        put(2, take_first(2, whole, 1, 0));
        take_first(3, begin(3, windows().take_anew(0)), 5, 0);
    }
    auto& shelf() { return base::at(0).shelves[2]; }

    // mark - a block as free, past the shelf.
    void mark(slab* s, void* p) {
        ptm::detail::cached_links<unchecked>::lead(p, nullptr);
        s->mark_free(p, ptm::detail::slab_cut::headerless(window, block_bytes(2)));
    }
};

std::string said_after(auto harm) {
    auto all = std::make_unique<shelves>();
    harm(*all);
    return ptm_test::verdict(*all);
}

} // namespace

std::string said_of_shelves() {
    return said_after([](shelves&) {});
}

const std::vector<mutant>& in_slabs() {
    static const std::vector<mutant> all{
        {"a shelf counts a slab twice", "a shelf knows how many slabs stand on it",
         [] { return said_after([](shelves& t) { t.shelf().standing = t.shelf().standing + 1; }); }},
        {"a shelf counts a chunk twice", "a shelf knows how many chunks are free there",
         [] { return said_after([](shelves& t) { t.shelf().free = t.shelf().free + 1; }); }},
        {"a shelf counts a whole slab twice", "a shelf knows how many of its slabs are whole",
         [] { return said_after([](shelves& t) { t.shelf().wholes = t.shelf().wholes + 1; }); }},
        {"a slab that is gone counts as unused", "unused slabs are whole ones",
         [] { return said_after([](shelves& t) { t.shelf().unused = 2; }); }},
        {"a slab does not know that it stands", "a slab on a shelf knows that",
         [] { return said_after([](shelves& t) { t.partial->in_row = false; }); }},
        {"a slab is the one before itself", "neighbours in a row of slabs point back",
         [] { return said_after([](shelves& t) { t.partial->before = t.partial; }); }},
        {"a slab counts a chunk that is freed twice", "a slab has as many free chunks as it has marked",
         [] {
             return said_after([](shelves& t) {
                 t.mark(t.partial, t.mine.first);
                 t.mark(t.partial, t.mine.first);
             });
         }},
        {"a slab that became whole stays where it is",
         "a slab stands in a row if some of its chunks are free, in that of the whole ones if all are",
         [] {
             return said_after([](shelves& t) {
                 for (void* p : ptm_test::batch_maker<unchecked>::in(t.mine)) t.mark(t.partial, p);
             });
         }},
        {"a window loses its mark", "a window's mark says its list",
         [] { return said_after([](shelves& t) { t.windows().mark(t.partial, 0); }); }},
    };
    return all;
}

} // namespace mutants
