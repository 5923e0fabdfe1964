// A preload library with operators serves operator new and delete itself, and leaves what is not about memory to the
// C++ library: the new-handler and bad_alloc.
#include "preload/check.hpp"

#include <cstdint>
#include <new>
#include <string_view>

namespace {

constexpr std::size_t too_many = PTRDIFF_MAX;

bool from_the_library(const char* mangled) {
    return std::string_view(preload::home_of(dlsym(RTLD_DEFAULT, mangled))).find("libptm_fast")
        != std::string_view::npos;
}

void where_they_are() {
    for (const char* name : {"_Znwm", "_ZnamSt11align_val_tRKSt9nothrow_t", "_ZdlPv", "_ZdaPvmSt11align_val_t"})
        EXPECT(from_the_library(name));
}

void every_pair() {
    for (std::size_t n : {0u, 1u, 8u, 24u, 1000u, 5000u, 70'000u, 3'000'000u}) {
        ::operator delete(::operator new(n));
        ::operator delete(::operator new(n), n);
        ::operator delete[](::operator new[](n));
        ::operator delete[](::operator new[](n, std::nothrow), n);
        for (std::size_t a : {32u, 64u, 128u, 4096u}) {
            const std::align_val_t alignment{a};
            void* const one = ::operator new(n, alignment);
            void* const many = ::operator new[](n, alignment, std::nothrow);
            EXPECT(reinterpret_cast<std::uintptr_t>(one) % a == 0 && reinterpret_cast<std::uintptr_t>(many) % a == 0);
            ::operator delete(one, n, alignment);
            ::operator delete[](many, alignment);
        }
    }
    ::operator delete(nullptr);
    ::operator delete(nullptr, std::size_t{8});
}

// thrown - does allocate() throw bad_alloc?
bool thrown(auto allocate) {
    try {
        allocate();
    } catch (const std::bad_alloc&) {
        return true;
    }
    return false;
}

int handled = 0;

void failures() {
    EXPECT(thrown([] { return ::operator new(too_many); }));
    EXPECT(thrown([] { return ::operator new[](too_many, std::align_val_t{64}); }));
    EXPECT(::operator new(too_many, std::nothrow) == nullptr);
    EXPECT(::operator new(too_many, std::align_val_t{64}, std::nothrow) == nullptr);
    std::set_new_handler([] {
        if (++handled == 3) std::set_new_handler(nullptr);
    });
    EXPECT(thrown([] { return ::operator new(too_many); }));
    EXPECT(handled == 3);
}

} // namespace

int main() {
    EXPECT(preload::is_preloaded());
    where_they_are();
    every_pair();
    failures();
}
