// What the key does. That links come back: conformance/links.cpp.
#include <ptm/chunk/keyed_links.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <type_traits>

namespace {

struct known_secret {
    static std::uintptr_t word() noexcept { return 0x1234567890abcdef; }
    static std::uintptr_t word_in_use() noexcept { return word(); }
};
struct other_secret {
    static std::uintptr_t word() noexcept { return 0x0fedcba987654321; }
    static std::uintptr_t word_in_use() noexcept { return word(); }
};
struct secret_that_may_throw {
    static std::uintptr_t word();
    static std::uintptr_t word_in_use() noexcept;
};
struct secret_only_for_writing {
    static std::uintptr_t word() noexcept;
};

using known = ptm::keyed_links<known_secret>;
using other = ptm::keyed_links<other_secret>;

void* at(std::uintptr_t address) { return reinterpret_cast<void*>(address); }

} // namespace

static_assert(std::is_empty_v<ptm::keyed_links<>>);
static_assert(ptm::secret_source<ptm::process_secret> && !ptm::secret_source<secret_that_may_throw>);
static_assert(!ptm::secret_source<secret_only_for_writing>);

TEST_CASE("a keyed link is a safe link xored with the secret") {
    const std::uintptr_t safe = ptm::safe_links::encode(at(0x12345678), at(0x12345000));
    CHECK(known::encode(at(0x12345678), at(0x12345000)) == (safe ^ known_secret::word()));
    CHECK(known::decode(at(0x12345678), safe ^ known_secret::word()) == at(0x12345000));
}

TEST_CASE("a link that leads to nothing does not tell where its slot lies") {
    CHECK(ptm::safe_links::encode(at(0x12345678), nullptr) == 0x12345);
    CHECK(known::encode(at(0x12345678), nullptr) == (0x12345 ^ known_secret::word()));
    CHECK(known::decode(at(0x12345678), known::encode(at(0x12345678), nullptr)) == nullptr);
}

TEST_CASE("a link means something else under another secret") {
    const std::uintptr_t stored = known::encode(at(0x7000), at(0x5000));
    CHECK(known::decode(at(0x7000), stored) == at(0x5000));
    CHECK(other::decode(at(0x7000), stored) != at(0x5000));
}

TEST_CASE("the secret of the process is in use without more ado") {
    int slot = 0, target = 0;
    const std::uintptr_t mask = ptm::keyed_links<>::encode(&slot, nullptr);
    CHECK(mask == (ptm::safe_links::mask(&slot) ^ ptm::process_secret::word()));
    CHECK(ptm::keyed_links<>::encode(&slot, &target) == (mask ^ ptm::address_of(&target)));
}
