// mutants/mutant.hpp - an arena with one planted fault, and what verify() must say of it.
//
// A mutant is a configuration in which one policy does one thing wrong, and the few calls after which that shows. No
// fault is looked for (checks::none): what finds the mutant is verify() alone.
#pragma once

#include "support/configs.hpp"
#include "support/regions.hpp"

#include <ptm/arena/sub_heap.hpp>
#include <ptm/chunk/sealed_tag.hpp>

#include <cstddef>
#include <string>

namespace mutants {

using namespace ptm;
using namespace ptm::literals;

// sound - what the mutants are made from.
struct sound
    : edit<ptm_test::glass, set_checked<checks::none>, set_tuned<tuning{.trim_threshold = SIZE_MAX, .top_pad = 0}>> {};
struct sound_in_regions : edit<ptm_test::in_regions, set_checked<checks::none>> {};

// mutant
struct mutant {
    const char* planted;   // what is done wrong
    const char* sentence;  // what verify() must say
    std::string (*said)(); // what it says
};

// said_of - of an arena after life(arena). It is not destroyed: there may be no way to.
template <class C>
std::string said_of(auto life) {
    alignas(arena<C>) static std::byte place[sizeof(arena<C>)];
    auto* a = ::new (static_cast<void*>(place)) arena<C>;
    life(*a);
    return ptm_test::verdict(*a);
}

// said_of_side - the same of a side arena: life(arena state).
template <class C>
std::string said_of_side(auto life) {
    static shared_state<C> shared;
    auto* a = make_side_arena<arena_state<C>>(shared, 640);
    life(*a);
    const char* broken = ptm::verify(*a);
    return broken ? broken : "sound";
}

template <class C>
void* take(arena_state<C>& a, std::size_t n) {
    return C::header::to_user(ptm::allocate(a, no_stash{}, want<C>(n)));
}

} // namespace mutants
