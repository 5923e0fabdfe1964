#include <ptm/observe/hooks.hpp>

#include "support/catch.hpp"

#include <type_traits>

namespace {
ptm::malloc_hook volatile on_malloc = nullptr;
ptm::realloc_hook volatile on_realloc = nullptr;
ptm::free_hook volatile on_free = nullptr;
ptm::memalign_hook volatile on_memalign = nullptr;
ptm::plain_hook volatile after_morecore = nullptr;
ptm::plain_hook volatile initialize = nullptr;
}

// What a program that replaces malloc has from c/replace_hooks.hpp.
constinit const ptm::hook_variables ptm::program_hooks{&on_malloc,   &on_realloc,     &on_free,
                                                       &on_memalign, &after_morecore, &initialize};

namespace {

int calls = 0;

void* some_malloc(std::size_t, const void*) { return nullptr; }
void* some_realloc(void*, std::size_t, const void*) { return nullptr; }
void some_free(void*, const void*) {}
void* some_memalign(std::size_t, std::size_t, const void*) { return nullptr; }
void count() { ++calls; }

struct without_free : ptm::no_hooks {
    static constexpr int on_free() noexcept { return 0; }
};
struct that_throws : ptm::no_hooks {
    static constexpr ptm::malloc_hook on_malloc() { return nullptr; }
};

} // namespace

TEST_CASE("hooks are asked for all five, without exceptions") {
    STATIC_REQUIRE(ptm::hooks_policy<ptm::no_hooks>);
    STATIC_REQUIRE(ptm::hooks_policy<ptm::run_time_hooks>);
    STATIC_REQUIRE_FALSE(ptm::hooks_policy<without_free>);
    STATIC_REQUIRE_FALSE(ptm::hooks_policy<that_throws>);
    STATIC_REQUIRE_FALSE(ptm::hooks_policy<int>);
}

TEST_CASE("no hooks are nothing, known while compiling") {
    STATIC_REQUIRE(std::is_empty_v<ptm::no_hooks>);
    STATIC_REQUIRE(ptm::no_hooks::on_malloc() == nullptr);
    STATIC_REQUIRE(ptm::no_hooks::on_realloc() == nullptr);
    STATIC_REQUIRE(ptm::no_hooks::on_free() == nullptr);
    STATIC_REQUIRE(ptm::no_hooks::on_memalign() == nullptr);
}

TEST_CASE("run-time hooks are what the variables hold at the moment") {
    using hooks = ptm::run_time_hooks;
    CHECK(hooks::on_malloc() == nullptr);
    CHECK(hooks::on_free() == nullptr);
    on_malloc = some_malloc;
    on_realloc = some_realloc;
    on_free = some_free;
    on_memalign = some_memalign;
    CHECK(hooks::on_malloc() == some_malloc);
    CHECK(hooks::on_realloc() == some_realloc);
    CHECK(hooks::on_free() == some_free);
    CHECK(hooks::on_memalign() == some_memalign);
    on_malloc = nullptr;
    CHECK(hooks::on_malloc() == nullptr);
    CHECK(hooks::on_realloc() == some_realloc);
}

TEST_CASE("the hooks without arguments are called if they are set") {
    ptm::run_time_hooks::set_up();
    ptm::run_time_hooks::after_morecore();
    CHECK(calls == 0);
    initialize = count;
    ptm::run_time_hooks::set_up();
    CHECK(calls == 1);
    after_morecore = count;
    ptm::run_time_hooks::after_morecore();
    CHECK(calls == 2);
}
