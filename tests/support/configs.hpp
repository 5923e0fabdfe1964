// support/configs.hpp - configurations for tests: glibc's, but in memory of their own, deaf to the environment, and
// with faults that a test can catch.
#pragma once

#include "support/catch.hpp"
#include "support/catching.hpp"

#include <ptm/arena/arena.hpp>
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/os/decorated.hpp>
#include <ptm/os/reserve.hpp>
#include <ptm/thread/front_cache.hpp>

#include <cstddef>
#include <string>

namespace ptm_test {

using namespace ptm::literals;

// glass - nothing in it is hidden: a test may look at headers, links and freed bytes.
struct glass : ptm::edit<ptm::glibc_2_36, ptm::set_main_backend<ptm::reserve_backend<64_MiB>>,
                         ptm::set_arena_backend<ptm::reserve_backend<4_MiB>>, ptm::set_tuned<ptm::tuning{}>,
                         ptm::set_reporter<catching_reporter>, ptm::set_poisoning<ptm::no_poisoning>> {};

// in_glass - another configuration, changed in the same way, but for the poisoning that it has.
constexpr ptm::tuning deaf(ptm::tuning t) {
    t.environment = ptm::environment_source::ignored;
    return t;
}
template <class Cache>
struct in_few_windows {
    using type = Cache;
};
template <std::size_t MostRequest, std::size_t SlabBytes, class Windows, class Records>
struct in_few_windows<ptm::front_cache<MostRequest, SlabBytes, ptm::headerless_slabs<Windows, Records>>> {
    using slabs = ptm::headerless_slabs<ptm::reserve_backend<64_MiB>, ptm::reserve_backend<1_MiB>>;
    using type = ptm::front_cache<MostRequest, SlabBytes, slabs>;
};
template <class Base>
using in_glass = ptm::edit<Base, ptm::set_main_backend<ptm::reserve_backend<64_MiB>>,
                           ptm::set_arena_backend<ptm::reserve_backend<4_MiB>>, ptm::set_tuned<deaf(Base::tuned)>,
                           ptm::set_cache<typename in_few_windows<typename Base::cache>::type>,
                           ptm::set_reporter<catching_reporter>>;

// no_windows - refuses whatever is asked of it.
struct no_windows : ptm::reserve_backend<2_MiB> {
    ptm::pages obtain(std::size_t) noexcept { return ptm::no_pages(); }
};
using without_windows = ptm::headerless_slabs<no_windows, ptm::reserve_backend<64_KiB>>;

// counted_glass - the same with one arena, and with books kept on both backends; each can be made to fail.
struct counted_glass : ptm::edit<glass, ptm::set_arenas<ptm::one_arena>,
                                 ptm::set_main_backend<ptm::counted<ptm::failing<ptm::reserve_backend<64_MiB>>>>,
                                 ptm::set_mapped_backend<ptm::counted<ptm::failing<ptm::mmap_backend>>>> {};

// fresh_arena - an arena that gives its memory back at the end of the test.
template <class C = glass>
class fresh_arena : public ptm::arena<C> {
public:
    using ptm::arena<C>::arena;
    ~fresh_arena() {
        if constexpr (!ptm::knows_its_memory<C> && requires { this->backend().release(); }) this->backend().release();
    }

    // chunk_of - what stands before a block.
    static ptm::chunk_in<C>* chunk_of(void* p) noexcept { return C::header::from_user(p); }

    // place_of - bytes from the start of the arena's memory to a block.
    std::size_t place_of(const void* p) noexcept { return ptm::bytes_between(this->state().base, p); }
};

// verdict - what verify() says of an arena or a heap; "sound" if nothing.
template <class A>
std::string verdict(A&& a) {
    const char* broken = a.verify();
    return broken ? broken : "sound";
}

} // namespace ptm_test
