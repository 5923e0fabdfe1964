// expect: configuration: the slot `poisoning` is missing or misspelled
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/heap/heap.hpp>

struct from_before : ptm::glibc_2_36 {
private:
    using ptm::glibc_2_36::poisoning;
};

void* block = ptm::heap<from_before>::malloc(24);
