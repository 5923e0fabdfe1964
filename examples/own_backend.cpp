// A backend of one's own: memory in pages that are locked, so that what lies there is never written to a swap device.
#include <cstdio>

#include <sys/mman.h>

#include <ptm/ptm.hpp>

struct locked_pages {
    static constexpr ptm::can able = ptm::can::zeroed; // what else it can do: nothing
    static std::size_t page_bytes() noexcept { return 4096; }

    ptm::pages obtain(std::size_t bytes) noexcept {
        void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED) return ptm::no_pages();
        if (mlock(at, bytes) == 0) return {static_cast<std::byte*>(at), bytes};
        munmap(at, bytes); // more than may be locked
        return ptm::no_pages();
    }

    bool give_back(ptm::pages run) noexcept { return munmap(run.data, run.bytes) == 0; }
};
static_assert(ptm::backend_policy<locked_pages>);

struct for_secrets : ptm::edit<ptm::unsynchronized_arena, ptm::set_main_backend<locked_pages>> {};

int main() {
    ptm::arena<for_secrets> arena;
    arena.limit(32 * 1024); // as much as anybody may lock
    auto* key = static_cast<char*>(arena.allocate(256));
    if (!key) return std::puts("no page could be locked here"), 0;
    std::snprintf(key, 256, "a key that never leaves the memory");
    std::printf("%zu bytes locked for: %s\n", arena.held(), key);
    arena.deallocate(key);
    return arena.held() == 0 ? 0 : 1;
}
