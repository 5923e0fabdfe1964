// A configuration of one's own in five lines: every chunk's header is sealed, all links are under a key, large chunks
// wait in a tree, and a thread keeps up to 128 KiB for itself.
#include <cstdio>

#include <ptm/ptm.hpp>

struct hardened
    : ptm::edit<ptm::glibc_2_36, ptm::set_header<ptm::sealed_tag<ptm::keyed_links<>, ptm::keyed_links<>>>,
                ptm::set_main_backend<ptm::reserve_backend<std::size_t{1} << 36>>, ptm::set_large_bins<ptm::tree_bins>,
                ptm::set_cache<ptm::budget_cache<>>, ptm::set_tuned<ptm::tuning{.cache_budget = 128 * 1024}>> {};

using heap = ptm::heap<hardened>;

int main() {
    void* all[100];
    for (std::size_t i = 0; i < 100; ++i) all[i] = heap::malloc(i * i * 100);
    for (void* p : all) heap::free(p);
    const char* broken = heap::verify();
    std::printf("%s\n", broken ? broken : "a hardened heap, and sound");
    return broken ? 1 : 0;
}
