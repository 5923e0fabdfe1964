// The C++ library allocates: containers, strings, exceptions, streams, locales, shared pointers, threads.
#include "preload/check.hpp"

#include <cstdint>
#include <future>
#include <iostream>
#include <list>
#include <locale>
#include <map>
#include <memory>
#include <new>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

void containers() {
    std::vector<std::string> texts;
    std::map<std::string, int> sorted;
    std::unordered_map<int, std::list<int>> hashed;
    for (int i = 0; i < 5000; ++i) {
        texts.push_back(std::string(static_cast<std::size_t>(i % 100), 'x') + std::to_string(i));
        sorted[texts.back()] = i;
        hashed[i % 97].push_back(i);
    }
    EXPECT(sorted.size() == 5000 && texts[4321].ends_with("4321") && hashed[5].front() == 5);
    EXPECT(std::accumulate(sorted.begin(), sorted.end(), 0, [](int n, auto& p) { return n + p.second; }) == 12497500);
}

// Objects that are aligned beyond what malloc promises.
struct alignas(128) wide {
    char bytes[128];
};

void aligned_objects() {
    for (int i = 0; i < 100; ++i) {
        auto objects = std::make_unique<wide[]>(static_cast<std::size_t>(i + 1));
        EXPECT(reinterpret_cast<std::uintptr_t>(objects.get()) % 128 == 0);
    }
}

void throw_deeply(int depth) {
    std::string local(100, 'e');
    if (depth == 0) throw std::runtime_error(local);
    throw_deeply(depth - 1);
}

void exceptions() {
    std::size_t before = preload::used_bytes();
    for (int i = 0; i < 100; ++i) {
        bool caught = false;
        try {
            throw_deeply(20);
        } catch (const std::runtime_error& e) {
            caught = std::strlen(e.what()) == 100;
        }
        EXPECT(caught);
    }
    EXPECT(preload::used_bytes() < before + 65536);
}

volatile std::size_t impossible = PTRDIFF_MAX;

void out_of_memory() {
    bool caught = false;
    try {
        static_cast<void>(::operator new(impossible));
    } catch (const std::bad_alloc&) {
        caught = true;
    }
    EXPECT(caught && !::operator new(impossible, std::nothrow));
}

void streams() {
    std::ostringstream text;
    text.imbue(std::locale::classic());
    for (int i = 0; i < 10000; ++i) text << i << ' ' << 0.5 << '\n';
    EXPECT(text.str().size() == 88890);
    std::cout << text.str().substr(0, 4) << std::endl;
    EXPECT(std::cout.good());
}

void threads() {
    std::vector<std::future<std::size_t>> futures;
    for (std::size_t i = 0; i < 20; ++i)
        futures.push_back(std::async(std::launch::async, [i] { return std::vector<int>(i * 1000).size(); }));
    for (std::size_t i = 0; i < 20; ++i) EXPECT(futures[i].get() == i * 1000);
}

} // namespace

int main() {
    EXPECT(preload::is_preloaded());
    containers();
    aligned_objects();
    exceptions();
    out_of_memory();
    streams();
    threads();
}
