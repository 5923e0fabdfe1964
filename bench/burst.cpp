// burst [MiB [threads]] - 64 threads together make 690 MiB of small blocks of mixed sizes; when all have, each frees
// its own and ends. What is asked is how much memory stays, though nothing is in use and nobody calls the allocator.
#include "measured.hpp"
#include "support.hpp"

#include <barrier>

namespace {

// node - a block that leads to the one before it: the list is in the blocks, so that there is nothing beside them.
struct node {
    node* before;
    std::size_t size;
};

node* make_nodes(std::size_t bytes, bench::random_numbers& chance) {
    node* last = nullptr;
    for (std::size_t done = 0; done < bytes; done += last->size) {
        const std::size_t size = chance.small_size();
        last = new (bench::checked(std::malloc(size))) node{last, size};
    }
    return last;
}

std::uint64_t end_nodes(node* last) {
    std::uint64_t bytes = 0;
    while (last != nullptr) {
        node* const before = last->before;
        bytes += last->size;
        std::free(last);
        last = before;
    }
    return bytes;
}

bench::outcome work(std::size_t bytes, std::size_t threads) {
    std::barrier all_made(static_cast<std::ptrdiff_t>(threads)); // the peak: every block of every thread
    const std::uint64_t made = bench::on_threads(threads, [&](std::size_t i) {
        bench::random_numbers chance(100 + i);
        node* const last = make_nodes(bytes / threads, chance);
        all_made.arrive_and_wait();
        return end_nodes(last);
    });
    return {made, made};
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t mebibytes = bench::argument(argc, argv, 1, 690);
    const std::size_t threads = bench::argument(argc, argv, 2, 64);
    return bench::measured([=] { return work(mebibytes << 20, threads); });
}
