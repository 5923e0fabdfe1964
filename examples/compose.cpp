// An allocator of one's own: glibc's, but the arena lives in a reserved range instead of at the program break, and a
// spin lock guards it. Whatever is not named here stays as glibc 2.36 has it.
#include <cstdio>

#include <ptm/ptm.hpp>

using namespace ptm::literals;

struct mine
    : ptm::edit<ptm::glibc_2_36, ptm::set_main_backend<ptm::reserve_backend<64_MiB>>, ptm::set_lock<ptm::spin_lock>> {};

constinit ptm::heap<mine> heap;

int main() {
    void* block = heap.malloc(1000);
    if (!block) return 1;
    std::printf("asked for 1000 bytes, may use %zu\n", heap.usable_size(block));
    heap.free(block);
}
