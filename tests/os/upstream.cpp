#include <ptm/os/upstream.hpp>

#include "support/catch.hpp"

#include <ptm/os/decorated.hpp>

#include <cerrno>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <type_traits>

using ptm::pages;
using ptm::upstream_backend;

namespace {

struct out_of_cards {
    int number;
};

// Keeps books; throws its own type from the n-th call on.
class dealer : public std::pmr::memory_resource {
public:
    int left = 1000;
    std::size_t bytes_out = 0;
    std::size_t last_alignment = 0;
    bool equals_all = false;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (left-- <= 0) throw out_of_cards{left};
        bytes_out += bytes;
        last_alignment = alignment;
        return ::operator new(bytes, std::align_val_t{alignment});
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        bytes_out -= bytes;
        REQUIRE(alignment == last_alignment);
        ::operator delete(p, std::align_val_t{alignment}); // the sized one is not everywhere
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return equals_all || this == &other; }
};

struct default_resource_is {
    std::pmr::memory_resource* before;
    explicit default_resource_is(std::pmr::memory_resource* r) : before(std::pmr::set_default_resource(r)) {}
    ~default_resource_is() { std::pmr::set_default_resource(before); }
};

} // namespace

TEST_CASE("upstream_backend asks its resource for the same bytes that it gives back") {
    dealer from;
    upstream_backend<> backend(&from);
    pages a = backend.obtain(1000), b = backend.obtain(77);
    CHECK((a.bytes == 1000 && b.bytes == 77));
    CHECK(from.bytes_out == 1077);
    CHECK(reinterpret_cast<std::uintptr_t>(b.data) % 64 == 0);
    CHECK(backend.give_back(a));
    CHECK(backend.give_back(b));
    CHECK(from.bytes_out == 0);
    CHECK(from.last_alignment == 64);
}

TEST_CASE("upstream_backend aligns as it was told") {
    dealer from;
    upstream_backend<4096> backend(&from);
    CHECK(backend.page_bytes() == 4096);
    pages run = backend.obtain(100);
    CHECK(reinterpret_cast<std::uintptr_t>(run.data) % 4096 == 0);
    CHECK(backend.give_back(run));
    CHECK(from.last_alignment == 4096);
}

TEST_CASE("upstream_backend takes the default resource of its construction") {
    dealer first, second;
    default_resource_is now(&first);
    upstream_backend<> backend;
    std::pmr::set_default_resource(&second);
    pages run = backend.obtain(10);
    CHECK(first.bytes_out == 10);
    CHECK(second.bytes_out == 0);
    CHECK(backend.upstream() == &first);
    CHECK(backend.give_back(run));
}

TEST_CASE("upstream_backend asks for nothing when it is made") {
    dealer from;
    from.left = 0;
    upstream_backend<> backend(&from);
    CHECK(from.left == 0);
    CHECK_FALSE(backend.take_failure());
    STATIC_REQUIRE(std::is_nothrow_default_constructible_v<upstream_backend<>>);
}

TEST_CASE("an exception of the resource is kept as it is, once") {
    dealer from;
    from.left = 1;
    upstream_backend<> backend(&from);
    pages run = backend.obtain(10);
    errno = 0;
    CHECK_FALSE(backend.obtain(20));
    CHECK(errno == ENOMEM);
    try {
        std::rethrow_exception(backend.take_failure());
        FAIL("nothing was thrown");
    } catch (const out_of_cards& thrown) {
        CHECK(thrown.number == -1);
    }
    CHECK_FALSE(backend.take_failure());
    CHECK(backend.give_back(run));
}

TEST_CASE("of several exceptions the last one is kept") {
    dealer from;
    from.left = 0;
    upstream_backend<> backend(&from);
    CHECK_FALSE(backend.obtain(20));
    CHECK_FALSE(backend.obtain(20));
    try {
        std::rethrow_exception(backend.take_failure());
        FAIL("nothing was thrown");
    } catch (const out_of_cards& thrown) {
        CHECK(thrown.number == -2);
    }
}

TEST_CASE("a success forgets what was thrown before") {
    dealer from;
    from.left = 0;
    upstream_backend<> backend(&from);
    CHECK_FALSE(backend.obtain(20));
    from.left = 1;
    pages run = backend.obtain(20);
    CHECK_FALSE(backend.take_failure());
    CHECK(backend.give_back(run));
}

TEST_CASE("the exception that is kept is the object that was thrown") {
    struct remembers : std::pmr::memory_resource {
        std::exception_ptr thrown = std::make_exception_ptr(out_of_cards{5});
        void* do_allocate(std::size_t, std::size_t) override { std::rethrow_exception(thrown); }
        void do_deallocate(void*, std::size_t, std::size_t) override {}
        bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
    } from;
    upstream_backend<> backend(&from);
    CHECK_FALSE(backend.obtain(1));
    CHECK(backend.take_failure() == from.thrown);
}

TEST_CASE("the null resource never has anything") {
    upstream_backend<> backend(std::pmr::null_memory_resource());
    CHECK_FALSE(backend.obtain(1));
    CHECK_THROWS_AS(std::rethrow_exception(backend.take_failure()), std::bad_alloc);
}

TEST_CASE("upstream backends are equal as their resources are") {
    dealer a, b;
    CHECK(upstream_backend<>(&a) == upstream_backend<>(&a));
    CHECK(upstream_backend<>(&a) != upstream_backend<>(&b));
    a.equals_all = true;
    CHECK(upstream_backend<>(&a) == upstream_backend<>(&b));
}

TEST_CASE("decorated upstream backends are made from a resource too") {
    dealer from;
    ptm::counted<ptm::failing<upstream_backend<>>> backend(&from);
    pages run = backend.obtain(10);
    backend.grant(0);
    CHECK_FALSE(backend.obtain(10));
    CHECK_FALSE(backend.take_failure()); // the decorator refused, nobody threw
    CHECK(backend.bytes_held == 10);
    CHECK(backend.give_back(run));
    CHECK(from.bytes_out == 0);
}

TEST_CASE(
    "upstream_backend does not ask for more than there are addresses for, and an earlier failure is not told again") {
    dealer from;
    from.left = 0;
    upstream_backend<> backend(&from);
    CHECK_FALSE(bool(backend.obtain(100)));
    errno = 0;
    CHECK_FALSE(bool(backend.obtain(std::size_t{PTRDIFF_MAX} + 1)));
    CHECK(errno == ENOMEM);
    CHECK(from.left == -1);
    CHECK_FALSE(bool(backend.take_failure()));
}
