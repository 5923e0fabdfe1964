// observe/asan_poisoning.hpp - AddressSanitizer sees inside arenas: a use after free, or one beyond the bytes asked
// for, ends the program with the report "use-after-poison".
//
// For builds with -fsanitize=address only, which is a compile error elsewhere; default_poisoning chooses. Arenas nest:
// a region of an inner one is a block of the outer one. There is no quarantine: a block that is handed out again may be
// touched again, also through an old pointer.
//
// The program alone is watched, not the allocator: what that reads of hidden memory goes through functions marked
// PTM_UNSANITIZED, and at_work is empty.
#pragma once

#include <cstddef>

#include <ptm/core/address.hpp>
#include <ptm/core/config.hpp>
#include <ptm/observe/poisoning.hpp>

#include PTM_ASAN_HEADER

namespace ptm {

struct asan_poisoning {
    static constexpr bool works = PTM_ADDRESS_SANITIZED;
    static constexpr bool poisons = true;

    struct at_work {};

    static void hide([[maybe_unused]] void* p, [[maybe_unused]] std::size_t n) noexcept {
        PTM_IF_ADDRESS_SANITIZED(__asan_poison_memory_region(p, n);)
    }
    static void expose([[maybe_unused]] void* p, [[maybe_unused]] std::size_t n) noexcept {
        PTM_IF_ADDRESS_SANITIZED(__asan_unpoison_memory_region(p, n);)
    }
    static void define(void* p, std::size_t n) noexcept { expose(p, n); }

    // reach
    // cost     O(n)
    static std::size_t reach([[maybe_unused]] const void* p, std::size_t n) noexcept {
        void* hidden = nullptr;
        PTM_IF_ADDRESS_SANITIZED(hidden = __asan_region_is_poisoned(const_cast<void*>(p), n);)
        return hidden ? bytes_between(p, hidden) : n;
    }
};

} // namespace ptm
