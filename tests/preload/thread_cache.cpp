// The thread cache as the texts describe it: seven blocks of a size, the last in is the first out; the eighth goes to
// the arena. Every thread has its own, whoever's the blocks were, and gives it back when it ends.
#include "preload/check.hpp"
#include "preload/crew.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace {

constexpr std::size_t cached = 7;
constexpr std::size_t fast_bytes = 40, small_bytes = 500, largest_cached = 1032;
using blocks = std::array<void*, cached + 1>;

// fresh_blocks - all from top, a guard behind them: no list and no cache holds anything of this size.
blocks fresh_blocks(std::size_t bytes) {
    for (int i = 0; i < 50; ++i) EXPECT(std::malloc(bytes) != nullptr);
    blocks made;
    for (void*& block : made) block = std::malloc(bytes);
    EXPECT(std::malloc(24) != nullptr);
    return made;
}

void free_all(const blocks& made) {
    for (void* block : made) std::free(block);
}

void expect_last_in_first_out(const blocks& freed, std::size_t bytes) {
    for (std::size_t i = cached; i-- > 0;) EXPECT(std::malloc(bytes) == freed[i]);
    EXPECT(std::malloc(bytes) == freed[cached]); // the cache is empty: from the arena
}

void the_eighth_is_fast() {
    blocks made = fresh_blocks(fast_bytes);
    struct mallinfo2 before = mallinfo2();
    free_all(made);
    struct mallinfo2 after = mallinfo2();
    EXPECT(after.smblks == before.smblks + 1 && after.fsmblks == before.fsmblks + 48);
    EXPECT(after.uordblks == before.uordblks - 48); // what is cached counts as used
    expect_last_in_first_out(made, fast_bytes);
}

void the_eighth_is_unsorted() {
    blocks made = fresh_blocks(small_bytes);
    struct mallinfo2 before = mallinfo2();
    free_all(made);
    struct mallinfo2 after = mallinfo2();
    EXPECT(after.ordblks == before.ordblks + 1 && after.uordblks == before.uordblks - 512);
    expect_last_in_first_out(made, small_bytes);
}

void the_largest_that_is_cached() {
    blocks made = fresh_blocks(largest_cached);
    std::size_t before = preload::used_bytes();
    std::free(made[0]);
    EXPECT(preload::used_bytes() == before);
    void* larger = std::malloc(largest_cached + 1);
    std::size_t with_larger = preload::used_bytes();
    std::free(larger);
    EXPECT(preload::used_bytes() < with_larger);
    EXPECT(std::malloc(largest_cached) == made[0]);
}

// The thread frees a block of ours, and keeps it for itself: one more request of that size is met from elsewhere.
void one_for_each_thread() {
    blocks made = fresh_blocks(small_bytes);
    void* again = nullptr;
    preload::in_thread([&] {
        std::free(made[0]);
        preload::crew other(1, [&](std::size_t) { EXPECT(std::malloc(small_bytes) != made[0]); });
        again = std::malloc(small_bytes);
    });
    EXPECT(again == made[0]);
}

// fill_cache - more than 200 KiB stay in the cache.
void fill_cache() {
    std::array<void*, cached> made;
    for (std::size_t bytes = 24; bytes <= largest_cached; bytes += 16) {
        std::generate(made.begin(), made.end(), [=] { return std::malloc(bytes); });
        for (void* block : made) std::free(block);
    }
}

void an_ended_thread_leaves_nothing() {
    preload::in_thread(fill_cache); // its arena and its stack are kept for the next
    std::size_t before = preload::used_bytes(), during = 0;
    preload::in_thread([&] {
        fill_cache();
        during = preload::used_bytes();
    });
    EXPECT(during > before + 200'000);
    EXPECT(preload::used_bytes() == before);
}

} // namespace

int main(int argc, char** argv) {
    EXPECT(preload::runs_on(argc, argv));
    the_eighth_is_fast();
    the_eighth_is_unsorted();
    the_largest_that_is_cached();
    one_for_each_thread();
    an_ended_thread_leaves_nothing();
}
