// aligned_blocks [replacements] - blocks aligned to 32 to 4096 bytes, from aligned_alloc, posix_memalign and aligned
// new in turn.
#include "measured.hpp"
#include "support.hpp"

#include <new>

namespace {

// aligned - a block, and whether it is to be deleted with an alignment.
struct aligned {
    bench::block held;
    std::size_t alignment = 0;
    bool by_new = false;
};

void* by_posix_memalign(std::size_t alignment, std::size_t size) {
    void* place = nullptr;
    return posix_memalign(&place, alignment, size) == 0 ? place : nullptr;
}

void* by_function(std::size_t which, std::size_t alignment, std::size_t size) {
    if (which == 0) return std::aligned_alloc(alignment, size);
    if (which == 1) return by_posix_memalign(alignment, size);
    return ::operator new(size, std::align_val_t{alignment});
}

aligned make_aligned(bench::random_numbers& chance, std::size_t step) {
    static constexpr std::size_t alignments[] = {32, 32, 64, 64, 64, 128, 128, 4096};
    const std::size_t alignment = alignments[chance.below(8)];
    const std::size_t size = (chance.size() + alignment - 1) / alignment * alignment; // aligned_alloc wants multiples
    void* const place = by_function(step % 3, alignment, size);
    if (reinterpret_cast<std::uintptr_t>(place) % alignment != 0) std::abort();
    return {bench::marked(place, size, step), alignment, step % 3 == 2};
}

std::uint64_t end(aligned& b) {
    if (!b.by_new) return bench::end(b.held);
    const std::uint64_t marks = bench::marks_of(b.held);
    ::operator delete(b.held.data, std::align_val_t{b.alignment});
    b = {};
    return marks;
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t steps = bench::argument(argc, argv, 1, 500'000);
    return bench::measured([=] {
        bench::random_numbers chance(15);
        std::vector<aligned> slots(2'000);
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < steps; ++i) {
            aligned& slot = slots[chance.below(slots.size())];
            sum += end(slot);
            slot = make_aligned(chance, i);
        }
        for (aligned& slot : slots) sum += end(slot);
        return sum;
    });
}
