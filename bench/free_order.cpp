// free_order fifo|lifo|shuffled [turns] - 200,000 small blocks are made and then all freed: the oldest first, the
// youngest first, or in no order.
#include "measured.hpp"
#include "support.hpp"

#include <cstdio>
#include <string_view>

namespace {

constexpr std::size_t count = 200'000;

std::size_t make_all(std::vector<bench::block>& blocks, bench::random_numbers& chance) {
    std::size_t live = 0;
    for (bench::block& b : blocks) {
        b = bench::make(chance.small_size(), chance.next());
        live += b.size;
    }
    return live;
}

// Made once: shuffling costs more than allocating.
std::vector<std::uint32_t> order(std::string_view kind) {
    std::vector<std::uint32_t> places(count);
    for (std::uint32_t i = 0; i < count; ++i) places[i] = kind == "lifo" ? count - 1 - i : i;
    bench::random_numbers chance(12);
    for (std::size_t i = count; kind == "shuffled" && i > 1; --i) std::swap(places[i - 1], places[chance.below(i)]);
    return places;
}

bench::outcome work(std::string_view kind, std::size_t turns) {
    const std::vector<std::uint32_t> places = order(kind);
    std::vector<bench::block> blocks(count);
    bench::random_numbers chance(13);
    bench::outcome result(0);
    for (std::size_t i = 0; i < turns; ++i) {
        const std::size_t live = make_all(blocks, chance) + count * (sizeof blocks[0] + sizeof places[0]);
        result.live = std::max(result.live, live);
        for (const std::uint32_t place : places) result.sum += bench::end(blocks[place]);
    }
    return result;
}

} // namespace

int main(int argc, char** argv) {
    const std::string_view kind = argc > 1 ? argv[1] : "";
    if (kind != "fifo" && kind != "lifo" && kind != "shuffled") {
        std::fputs("usage: free_order fifo|lifo|shuffled [turns]\n", stderr);
        return 2;
    }
    return bench::measured([&] { return work(kind, bench::argument(argc, argv, 2, 20)); });
}
