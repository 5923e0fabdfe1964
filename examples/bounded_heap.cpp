// A heap that never takes more than a megabyte, and a program that makes room when it is full: the oldest pages of its
// cache go, until what is asked for fits.
#include <cstdio>
#include <deque>

#include <ptm/ptm.hpp>

using namespace ptm::literals;

using bounded = ptm::arena<ptm::unsynchronized_arena>;

struct page_cache {
    bounded memory{};
    std::deque<void*> pages{}; // oldest first
    unsigned dropped = 0;

    // drop_oldest - called by the arena when it is at its limit; true: try again.
    static bool drop_oldest(void* context, std::size_t) noexcept {
        auto& self = *static_cast<page_cache*>(context);
        if (self.pages.empty()) return false;
        self.memory.deallocate(self.pages.front());
        self.pages.pop_front();
        ++self.dropped;
        return true;
    }

    page_cache() { memory.limit(1_MiB, drop_oldest, this); }

    bool read(std::size_t bytes) {
        void* page = memory.allocate(bytes);
        if (page) pages.push_back(page);
        return page != nullptr;
    }
};

int main() {
    page_cache cache;
    for (std::size_t i = 0; i < 1000; ++i)
        if (!cache.read(4000 + i % 7 * 1000)) return 1;
    std::printf("%zu pages kept, %u dropped, %zu bytes held of %zu\n", cache.pages.size(), cache.dropped,
                cache.memory.held(), cache.memory.limit());
    bool refused = !cache.read(2_MiB); // more than there may be, whatever goes
    return refused && cache.dropped > 0 && cache.memory.held() <= 1_MiB ? 0 : 1;
}
