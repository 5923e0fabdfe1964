// A header of one's own: what the concept asks for is enough to lay out chunks. Conformance: conformance/header.cpp.
#include <ptm/chunk/header.hpp>

#include "support/catch.hpp"

#include <ptm/chunk/boundary_tag.hpp>

namespace {

using base = ptm::boundary_tag<ptm::plain_links>;

// Another number of bytes for a request, everything else as it was.
struct generous : base {
    static ptm::chunk_size size_for(std::size_t request) noexcept { return base::size_for(request + 64); }
};

// Does what a template does that knows of the concept only: cuts a region into two chunks, the second one free.
template <ptm::header_policy H>
typename H::chunk* cut(void* memory, std::size_t request, ptm::chunk_size whole) {
    auto* first = static_cast<typename H::chunk*>(memory);
    H::set_used(first, H::size_for(request), false);
    H::set_free(H::next(first), whole - H::size_for(request));
    return H::next(first);
}

} // namespace

static_assert(ptm::header_policy<generous>);
static_assert(ptm::sizes_chunks<base> && ptm::locates_chunks<base> && ptm::flags_chunks<base>);

TEMPLATE_TEST_CASE("a region is cut by a header alone", "", base, generous, ptm::boundary_tag<ptm::safe_links>) {
    alignas(64) std::byte memory[1024] = {};
    const ptm::chunk_size whole{512};
    auto* rest = cut<TestType>(memory, 40, whole);
    auto* behind = TestType::next(rest);
    CHECK(static_cast<void*>(behind) == memory + 512);
    CHECK(TestType::previous(behind) == rest);
    CHECK(TestType::size_of(rest) + TestType::size_for(40) == whole);
    CHECK(TestType::prev_in_use(rest));
    CHECK_FALSE(TestType::in_use(rest));
}
