#include <ptm/heap/background.hpp>

#include "support/catch.hpp"

#include <ptm/heap/edit.hpp>
#include <ptm/heap/fast.hpp>
#include <ptm/heap/heap.hpp>
#include <ptm/os/page.hpp>

#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

struct counted {
    static inline std::atomic<int> times = 0;
    static void give_back() noexcept { ++times; }
};

// became - within ten seconds?
bool became(auto condition) {
    for (int i = 0; i < 10'000 && !condition(); ++i) std::this_thread::sleep_for(1ms);
    return condition();
}

// resident_bytes - of this process, in memory now.
std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t all = 0, resident = 0;
    file >> all >> resident;
    return resident * ptm::system_page_bytes();
}

struct private_fast : ptm::edit<ptm::fast, ptm::set_main_backend<ptm::reserve_backend<std::size_t{1} << 30>>> {};
using heap = ptm::heap<private_fast>;

} // namespace

TEST_CASE("a thread gives back again and again until its object ends") {
    {
        ptm::background_release<counted> releases(1);
        REQUIRE(releases.runs());
        CHECK(became([] { return counted::times >= 3; }));
    }
    int last = counted::times;
    std::this_thread::sleep_for(20ms);
    CHECK(counted::times == last);
}

TEST_CASE("the end of the object does not wait for the period") {
    auto begun = std::chrono::steady_clock::now();
    { ptm::background_release<counted> releases(100'000); }
    CHECK(std::chrono::steady_clock::now() - begun < 50s);
}

TEST_CASE("a heap that nobody uses gives back what was freed") {
    ptm::background_release<heap> releases(5);
    std::vector<void*> blocks;
    for (int i = 0; i < 100'000; ++i) blocks.push_back(std::memset(heap::malloc(200), 1, 200));
    std::size_t most = resident_bytes();
    for (void* p : blocks) heap::free(p);
    CHECK(became([&] { return resident_bytes() < most - 10'000'000; })); // of 20,800,000
    CHECK(heap::verify() == nullptr);
}
