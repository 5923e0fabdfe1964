// An application that brings its own operator new and delete over whatever malloc is: the C library's, or that of a
// preload library.
#include <ptm/c/replace_new.hpp>

#include "preload/check.hpp"

#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <new>

namespace {

using namespace std;

volatile size_t size = 1000;
volatile size_t impossible = PTRDIFF_MAX - 5000;
constexpr align_val_t wide{256};

bool is_wide(void* block) { return reinterpret_cast<uintptr_t>(block) % 256 == 0; }

// usable - at least `size` bytes, which can be written.
bool usable(void* block) {
    if (!block || malloc_usable_size(block) < size) return false;
    preload::fill(block, size, 1);
    return true;
}

// checked - passes the block on.
void* checked(void* block) {
    EXPECT(usable(block));
    return block;
}
void* checked_wide(void* block) {
    EXPECT(is_wide(block));
    return checked(block);
}

void every_form_of_single_objects() {
    operator delete(checked(operator new(size)));
    operator delete(checked(operator new(size)), size);
    operator delete(checked(operator new(size, nothrow)), nothrow);
    operator delete(checked_wide(operator new(size, wide)), wide);
    operator delete(checked_wide(operator new(size, wide)), size, wide);
    operator delete(checked_wide(operator new(size, wide, nothrow)), wide, nothrow);
}

void every_form_of_arrays() {
    operator delete[](checked(operator new[](size)));
    operator delete[](checked(operator new[](size)), size);
    operator delete[](checked(operator new[](size, nothrow)), nothrow);
    operator delete[](checked_wide(operator new[](size, wide)), wide);
    operator delete[](checked_wide(operator new[](size, wide)), size, wide);
    operator delete[](checked_wide(operator new[](size, wide, nothrow)), wide, nothrow);
}

// What new gives, free takes; so these are ours, over malloc.
void over_malloc() {
    free(checked(operator new(size)));
    free(checked_wide(operator new[](size, wide)));
    operator delete(checked(malloc(size)));
    operator delete(nullptr);
    operator delete[](nullptr, wide);
}

// Blocks of no bytes are still blocks.
void of_no_bytes() {
    void* first = operator new(0);
    void* second = operator new(0);
    EXPECT(first && second && first != second);
    operator delete(first);
    operator delete(second);
}

bool throws_bad_alloc(auto allocate) {
    try {
        allocate();
    } catch (const bad_alloc&) {
        return true;
    }
    return false;
}

void failure() {
    EXPECT(throws_bad_alloc([] { return operator new(impossible); }));
    EXPECT(throws_bad_alloc([] { return operator new[](impossible); }));
    EXPECT(throws_bad_alloc([] { return operator new(impossible, wide); }));
    EXPECT(throws_bad_alloc([] { return operator new[](impossible, wide); }));
    EXPECT(!operator new(impossible, nothrow) && !operator new[](impossible, nothrow));
    EXPECT(!operator new(impossible, wide, nothrow) && !operator new[](impossible, wide, nothrow));
}

int handler_calls = 0;

// The second call says how: by throwing, by having no handler any more, or by making the request possible.
void throw_later() {
    if (++handler_calls == 2) throw bad_alloc();
}
void resign_later() {
    if (++handler_calls == 2) set_new_handler(nullptr);
}

bool calls_twice(new_handler handler, auto allocate) {
    handler_calls = 0;
    set_new_handler(handler);
    bool threw = throws_bad_alloc(allocate);
    set_new_handler(nullptr);
    return threw && handler_calls == 2;
}

void handlers() {
    for (new_handler handler : {throw_later, resign_later}) {
        EXPECT(calls_twice(handler, [] { return operator new(impossible); }));
        EXPECT(calls_twice(handler, [] { return operator new[](impossible, wide); }));
        EXPECT(!calls_twice(handler, [] { return operator new(impossible, nothrow); }) && handler_calls == 2);
        EXPECT(!calls_twice(handler, [] { return operator new(impossible, wide, nothrow); }) && handler_calls == 2);
    }
}

struct alignas(256) wide_object {
    char bytes[256] = {};
};

void expressions() {
    auto* object = new wide_object;
    auto* array = new wide_object[3];
    EXPECT(is_wide(object) && is_wide(array));
    delete object;
    delete[] array;
}

} // namespace

int main(int count, char**) {
    EXPECT(preload::is_preloaded() == (count > 1));
    every_form_of_single_objects();
    every_form_of_arrays();
    over_malloc();
    of_no_bytes();
    failure();
    handlers();
    expressions();
}
