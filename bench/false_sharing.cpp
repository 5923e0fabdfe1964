// false_sharing active|passive [objects [threads]] - each thread allocates an object of 8 bytes, writes it two thousand
// times, frees it, and again. That is slow where objects of two threads share a cache line: because the allocator gives
// parts of one line to both (active), or because it keeps a line divided that a thread gave to others (passive: the
// first objects are made by one thread, side by side, and freed by all).
#include "measured.hpp"
#include "support.hpp"

#include <cstdio>
#include <latch>
#include <string_view>

namespace {

constexpr unsigned writes = 2'000;
using object = volatile std::uint64_t;

object* make_object() { return reinterpret_cast<object*>(bench::checked(std::malloc(sizeof(object)))); }

std::uint64_t write_and_end(object* place, std::uint64_t start) {
    *place = start;
    for (unsigned i = 0; i < writes; ++i) *place = *place + i;
    const std::uint64_t last = *place;
    std::free(const_cast<std::uint64_t*>(place));
    return last;
}

std::uint64_t write_objects(std::size_t objects, object* first) {
    std::uint64_t sum = write_and_end(first, 1);
    for (std::size_t i = 1; i < objects; ++i) sum += write_and_end(make_object(), i);
    return sum;
}

std::uint64_t work(bool passive, std::size_t objects, std::size_t threads) {
    std::vector<object*> first(threads);
    if (passive) {
        for (object*& place : first) place = make_object();
    }
    std::latch begin(static_cast<std::ptrdiff_t>(threads));
    return bench::on_threads(threads, [&](std::size_t i) {
        begin.arrive_and_wait();
        return write_objects(objects, passive ? first[i] : make_object());
    });
}

} // namespace

int main(int argc, char** argv) {
    const std::string_view kind = argc > 1 ? argv[1] : "";
    if (kind != "active" && kind != "passive") {
        std::fputs("usage: false_sharing active|passive [objects [threads]]\n", stderr);
        return 2;
    }
    const std::size_t objects = bench::argument(argc, argv, 2, 50'000);
    const std::size_t threads = bench::argument(argc, argv, 3, 2);
    return bench::measured([=] { return work(kind == "passive", objects, threads); });
}
