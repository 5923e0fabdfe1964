// What a program outside of the tree does with ptm: a heap of its own, ready before main begins.
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/heap/heap.hpp>

#include <cstdint>
#include <cstdio>
#include <cstring>

namespace {

constinit ptm::heap<ptm::glibc_2_36> h;

int failures = 0;

void expect(bool condition, const char* what) {
    if (condition) return;
    std::fprintf(stderr, "expected: %s\n", what);
    ++failures;
}

void grow_and_shrink() {
    void* p = h.malloc(100);
    expect(p != nullptr, "malloc(100) finds memory");
    expect(h.usable_size(p) >= 100, "usable_size is at least the request");
    std::memset(p, 'x', 100);
    p = h.realloc(p, 100'000);
    expect(p != nullptr && static_cast<char*>(p)[99] == 'x', "realloc keeps the contents");
    h.free(p);
}

void zeroed_and_aligned() {
    auto* zeroed = static_cast<char*>(h.calloc(10, 10));
    expect(zeroed != nullptr && zeroed[0] == 0 && zeroed[99] == 0, "calloc clears");
    void* aligned = h.aligned_alloc(4096, 8192);
    expect(reinterpret_cast<std::uintptr_t>(aligned) % 4096 == 0, "aligned_alloc aligns");
    h.free(aligned);
    h.free(zeroed);
}

} // namespace

int main() {
    grow_and_shrink();
    zeroed_and_aligned();
    return failures;
}
