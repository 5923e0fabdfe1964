#include "support/configs.hpp"

#include <ptm/inspect/information.hpp>

#include <cstdio>
#include <string>

namespace {
using config = ptm_test::glass;
using arena = ptm_test::fresh_arena<config>;
struct without_fast_bins : ptm::edit<config, ptm::set_fast_bins<ptm::no_fast_bins>> {};

template <class C>
std::string information(ptm::arena<C>& a) {
    std::string all;
    auto only = [&](auto&& visit) { visit(a.state()); };
    ptm::put_information(a.shared(), only, [&](std::string_view s) { all += s; });
    return all;
}

std::string statistics(arena& a) {
    std::string all;
    auto only = [&](auto&& visit) { visit(a.state()); };
    ptm::put_statistics(a.shared(), only, [&](std::string_view s) { all += s; });
    return all;
}

bool has(const std::string& all, const std::string& line) { return all.find(line + "\n") != std::string::npos; }
}

TEST_CASE("the information of an arena that has nothing") {
    arena a;
    CHECK(information(a)
          == "<malloc version=\"1\">\n<heap nr=\"0\">\n<sizes>\n</sizes>\n"
             "<total type=\"fast\" count=\"0\" size=\"0\"/>\n<total type=\"rest\" count=\"1\" size=\"0\"/>\n"
             "<system type=\"current\" size=\"0\"/>\n<system type=\"max\" size=\"0\"/>\n"
             "<aspace type=\"total\" size=\"0\"/>\n<aspace type=\"mprotect\" size=\"0\"/>\n</heap>\n"
             "<total type=\"fast\" count=\"0\" size=\"0\"/>\n<total type=\"rest\" count=\"1\" size=\"0\"/>\n"
             "<total type=\"mmap\" count=\"0\" size=\"0\"/>\n"
             "<system type=\"current\" size=\"0\"/>\n<system type=\"max\" size=\"0\"/>\n"
             "<aspace type=\"total\" size=\"0\"/>\n<aspace type=\"mprotect\" size=\"0\"/>\n</malloc>\n");
}

TEST_CASE("the information has a line for each bin that holds something") {
    arena a;
    void *fast = a.allocate(24), *also_fast = a.allocate(24), *small = a.allocate(500), *x = a.allocate(24);
    void *large = a.allocate(3000), *y = a.allocate(24), *unsorted = a.allocate(700), *z = a.allocate(200);
    a.deallocate(small);
    a.deallocate(large);
    a.allocate(6000); // sorts the two
    for (void* p : {fast, also_fast, unsorted}) a.deallocate(p);
    std::string all = information(a);
    CHECK(has(all,
              "<sizes>\n"
              "  <size from=\"17\" to=\"32\" total=\"64\" count=\"2\"/>\n"
              "  <size from=\"513\" to=\"513\" total=\"513\" count=\"1\"/>\n"
              "  <size from=\"3009\" to=\"3009\" total=\"3009\" count=\"1\"/>\n"
              "  <unsorted from=\"721\" to=\"721\" total=\"721\" count=\"1\"/>\n"
              "</sizes>"));
    CHECK(has(all, "<total type=\"fast\" count=\"2\" size=\"64\"/>"));
    std::size_t rest = a.figures().top_bytes + 513 + 3009 + 721;
    CHECK(has(all, "<total type=\"rest\" count=\"4\" size=\"" + std::to_string(rest) + "\"/>"));
    CHECK(has(all, "<system type=\"current\" size=\"135168\"/>"));
    for (void* p : {x, y, z}) a.deallocate(p);
}

TEST_CASE("the sizes of a bin are its smallest, its largest and their sum") {
    arena a;
    void *p = a.allocate(2000), *x = a.allocate(200), *q = a.allocate(2024), *y = a.allocate(200);
    a.deallocate(p);
    a.deallocate(q);
    CHECK(has(information(a), "  <unsorted from=\"2017\" to=\"2033\" total=\"4050\" count=\"2\"/>"));
    CHECK(x != y);
}

TEST_CASE("the information counts mapped chunks, and remembers the most the system gave") {
    arena a;
    a.allocate(200000);
    a.allocate(24);
    a.trim();
    std::string all = information(a);
    CHECK(has(all, "<total type=\"mmap\" count=\"1\" size=\"200704\"/>"));
    CHECK(has(all, "<system type=\"current\" size=\"4096\"/>"));
    CHECK(has(all, "<system type=\"max\" size=\"135168\"/>"));
}

TEST_CASE("an arena without fast bins has no line for them") {
    ptm_test::fresh_arena<without_fast_bins> a;
    void* p = a.allocate(24);
    a.allocate(24);
    a.deallocate(p);
    std::string all = information(a);
    CHECK(has(all, "  <unsorted from=\"33\" to=\"33\" total=\"33\" count=\"1\"/>"));
    CHECK(has(all, "<total type=\"fast\" count=\"0\" size=\"0\"/>"));
}

TEST_CASE("memory in no arena is told like one more arena, and counts in all together") {
    arena a;
    a.deallocate(a.allocate(100));
    std::size_t system = a.figures().system_bytes, free = a.figures().free_bytes();
    std::string all, table;
    auto only = [&](auto&& visit) { visit(a.state()); };
    ptm::window_figures windows{98'304, 32'768};
    ptm::put_information(a.shared(), only, [&](std::string_view s) { all += s; }, windows);
    CHECK(has(all,
              "<heap nr=\"1\">\n<sizes>\n</sizes>\n<total type=\"fast\" count=\"0\" size=\"0\"/>\n"
              "<total type=\"rest\" count=\"1\" size=\"32768\"/>\n"
              "<system type=\"current\" size=\"98304\"/>"));
    CHECK(has(all, "<system type=\"current\" size=\"" + std::to_string(system + 98'304) + "\"/>"));
    ptm::put_statistics(a.shared(), only, [&](std::string_view s) { table += s; }, windows);
    ptm::heap_figures sum;
    sum.add(a.figures());
    sum.add(windows);
    CHECK(sum.system_bytes == system + 98'304);
    CHECK(sum.free_bytes() == free + 32'768);
    char total[100];
    std::snprintf(total, sizeof total, "system bytes     = %10zu\nin use bytes     = %10zu", sum.system_bytes,
                  sum.used_bytes());
    CHECK(has(table, total));
    CHECK(sum.arenas == 1);

    std::string without;
    ptm::put_information(a.shared(), only, [&](std::string_view s) { without += s; }, ptm::window_figures{});
    CHECK(without == information(a));
}

TEST_CASE("the table of statistics") {
    arena a;
    a.deallocate(a.allocate(300000));
    a.shared().mmap_threshold = 131072;
    a.allocate(200000);
    a.allocate(1000);
    CHECK(statistics(a)
          == "Arena 0:\nsystem bytes     =     135168\nin use bytes     =       1008\n"
             "Total (incl. mmap):\nsystem bytes     =     335872\nin use bytes     =     201712\n"
             "max mmap regions =          1\nmax mmap bytes   =     303104\n");
}

TEST_CASE("the information reports a fast chunk that is not aligned") {
    arena a;
    void *first = a.allocate(24), *second = a.allocate(24);
    a.deallocate(first);
    a.deallocate(second);
    auto* slot = &a.chunk_of(second)->ring.forward;
    *slot = ptm::safe_links::encode(slot, ptm::offset(a.chunk_of(first), 8));
    ptm::detail::heap_table<config> t;
    CHECK(ptm_test::fault_of([&] { ptm::detail::take_down(a.state(), t); })
          == "__malloc_info(): unaligned fastbin chunk detected");
}
