// chunk/links.hpp - how an address is written into a free chunk: CONCEPT link_encoding, plain_links and safe_links.
//
// A slot is the word that holds the link. decode(s, encode(s, t)) == t for every slot s and target t.
#pragma once

#include <concepts>
#include <cstdint>

#include <ptm/core/address.hpp>

namespace ptm {

template <class L>
concept link_encoding = requires(const void* slot, const void* target, std::uintptr_t stored) {
    { L::encode(slot, target) } noexcept -> std::same_as<std::uintptr_t>;
    { L::decode(slot, stored) } noexcept -> std::same_as<void*>;
};

// plain_links - the address itself. The emptiest model.
struct plain_links {
    static std::uintptr_t encode(const void*, const void* target) noexcept { return address_of(target); }
    static void* decode(const void*, std::uintptr_t stored) noexcept { return reinterpret_cast<void*>(stored); }
};

// safe_links - safe-linking: the address, xored with the page number of the slot. An overwritten link decodes to a
// wild address, which an alignment check sees 15 times in 16, unless the writer knows where the heap lies.
// source   glibc 2.32 and later, for the singly linked chunks of fast bins and thread cache; the page is 4 KiB always
struct safe_links {
    static std::uintptr_t mask(const void* slot) noexcept { return address_of(slot) >> 12; }
    static std::uintptr_t encode(const void* slot, const void* target) noexcept {
        return mask(slot) ^ address_of(target);
    }
    static void* decode(const void* slot, std::uintptr_t stored) noexcept {
        return reinterpret_cast<void*>(mask(slot) ^ stored);
    }
};

static_assert(link_encoding<plain_links> && link_encoding<safe_links>);

} // namespace ptm
