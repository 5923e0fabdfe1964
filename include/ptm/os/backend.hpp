// os/backend.hpp - where pages come from: CONCEPT backend_policy, and its emptiest model, no_backend.
//
// A backend obtains memory and takes it back. What it can do beyond that it declares in `able`, and the concept then
// demands the members that go with it; nothing is detected silently. Backends are not thread-safe unless they say
// so: an arena calls its own under its lock.
#pragma once

#include <cerrno>
#include <concepts>
#include <cstddef>
#include <exception>
#include <type_traits>

#include <ptm/core/bits.hpp>
#include <ptm/core/units.hpp>

namespace ptm {

// can - optional abilities of a backend.
//
//   grow     has a frontier: what obtain() gives next begins where the last one ended, as long as nobody else moves
//            the frontier, and retreat() takes the end back. Any byte count may be asked for, not whole pages only.
//   remap    can change the size of a run, moving it if need be
//   discard  can drop the contents of pages and keep their addresses; they read as zero afterwards
//   advise   can ask the system to use huge pages for some of its memory
//   zeroed   what obtain() gives reads as zero, also when it was given back and obtained again
//   huge     can be asked for memory in huge pages of a certain size
//   locate   what obtain() gives lies in one stretch of `reserved_bytes`, aligned to that: any address in it tells
//            where it begins
//   release  knows what it has handed out, and can give it all back at once. One that an arena with a poisoning policy
//            maps large blocks from must have for_each_run(visit) then, too: visit(pages) for all that is out
//   offer    may have a run of a size of its own that is best used first, and costs nobody anything while it is kept
//   split    takes its runs for pages: any whole pages of a run may be given back or remapped as a run of their own
//   clears   gives memory that reads as zero when that is asked for, though it is not `zeroed`
//   keep     keeps some of what was given back, for the next obtain(), which may be up to 1/8 larger than asked; gives
//            it up when asked. What is kept is not handed out: no limit of an arena counts it
//   join     takes neighbours for one run: what was obtained apart and lies side by side may be given back as one, and
//            is remapped as one, or refused with EFAULT
//   move     can put the pages of a run in the place of others
enum class can : unsigned {
    nothing = 0,
    grow = 1,
    remap = 2,
    discard = 4,
    zeroed = 8,
    advise = 16,
    huge = 32,
    locate = 64,
    release = 128,
    offer = 256,
    split = 512,
    clears = 1024,
    keep = 2048,
    join = 4096,
    move = 8192
};

constexpr can operator|(can a, can b) noexcept { return can(unsigned(a) | unsigned(b)); }
constexpr can operator&(can a, can b) noexcept { return can(unsigned(a) & unsigned(b)); }
constexpr bool has(can set, can one) noexcept { return (unsigned(set) & unsigned(one)) != 0; }

// Most page sizes are known while compiling; the system's own is not.
template <class B>
concept knows_page_bytes = requires { typename std::integral_constant<std::size_t, B::page_bytes()>; };

template <class B>
concept has_even_pages = !knows_page_bytes<B> || is_power_of_two(B::page_bytes());

template <class B>
concept describes_pages = requires {
    { B::able } -> std::convertible_to<can>;
    { B::page_bytes() } noexcept -> std::same_as<std::size_t>; // power of two
} && has_even_pages<B>;

template <class B>
concept obtains_pages = requires(B b, std::size_t bytes, pages p) {
    { b.obtain(bytes) } noexcept -> std::same_as<pages>; // bytes > 0; {} and errno = ENOMEM on failure
    { b.give_back(p) } noexcept -> std::same_as<bool>;   // p: exactly as obtained or remapped; false: still held
};

template <class B>
concept grows_pages = requires(B b, std::size_t bytes) {
    { b.frontier() } noexcept -> std::same_as<std::byte*>;      // nullptr: none yet, or unknown
    { b.retreat(bytes) } noexcept -> std::same_as<std::size_t>; // bytes really given back, 0 if none
};

template <class B>
concept remaps_pages = requires(B b, pages p, std::size_t bytes) {
    { b.remap(p, bytes) } noexcept -> std::same_as<pages>; // {} : p is untouched
};

template <class B>
concept moves_pages = requires(B b, pages p, std::byte* to) {
    // p: whole pages of a run; to: in a run, where as many pages are that go. false: they are gone, and p too, unless
    // errno is EFAULT
    { b.move_to(p, to) } noexcept -> std::same_as<bool>;
};

template <class B>
concept discards_pages = requires(B b, pages p) {
    { b.discard(p) } noexcept -> std::same_as<bool>; // p: whole pages; false: contents kept
};

template <class B>
concept advises_pages = requires(B b, pages p) {
    { b.advise_huge(p) } noexcept -> std::same_as<void>; // p: any run of its memory; errno survives
};

template <class B>
concept obtains_huge_pages = requires(B b, std::size_t bytes, std::size_t page_bytes) {
    // bytes: a multiple of page_bytes, a power of two; {} and errno = ENOMEM if there are none of this size
    { b.obtain_huge(bytes, page_bytes) } noexcept -> std::same_as<pages>;
};

template <class B>
concept locates_pages = requires(B b) {
    { B::reserved_bytes } -> std::convertible_to<std::size_t>;
    requires is_power_of_two(B::reserved_bytes);
    { b.base() } noexcept -> std::same_as<std::byte*>;       // nullptr: nothing reserved yet
    { b.committed() } noexcept -> std::same_as<std::size_t>; // bytes from base() on that may be written
};

template <class B>
concept releases_pages = requires(B b, const B k, const void* p) {
    { b.release() } noexcept -> std::same_as<void>; // gives everything back, as new afterwards
    { k.holds(p) } noexcept -> std::same_as<bool>;  // does p lie in what is handed out?
};

template <class B>
concept offers_pages = requires(B b, const B k) {
    { k.offered() } noexcept -> std::same_as<std::size_t>; // bytes of that run; 0: there is none now
    { b.take_offered() } noexcept -> std::same_as<pages>;  // it, until it is given back; {} if there is none
    { k.taken() } noexcept -> std::same_as<std::size_t>;   // its bytes, while it is taken; otherwise 0
};

template <class B>
concept clears_pages = requires(B b, std::size_t bytes) {
    { b.obtain_cleared(bytes) } noexcept -> std::same_as<pages>; // as obtain(); all of the run reads as zero
};

template <class B>
concept keeps_pages = requires(B b, const B k, std::size_t bytes) {
    { k.kept() } noexcept -> std::same_as<std::size_t>;      // bytes
    { b.drop_kept() } noexcept -> std::same_as<std::size_t>; // bytes that went back to the system; errno survives
    { b.drop_beyond(bytes) } noexcept -> std::same_as<std::size_t>; // as far as it is more, or was kept for long
    { b.before_fork() } noexcept -> std::same_as<void>; // where several threads use it: until after_fork(), in
    { b.after_fork() } noexcept -> std::same_as<void>;  // parent and child, what is kept stays as it is
};

// backend_policy - must have what it says it has.
template <class B>
concept backend_policy = describes_pages<B> && obtains_pages<B> && (!has(B::able, can::grow) || grows_pages<B>)
    && (!has(B::able, can::remap) || remaps_pages<B>) && (!has(B::able, can::move) || moves_pages<B>)
    && (!has(B::able, can::discard) || discards_pages<B>) && (!has(B::able, can::advise) || advises_pages<B>)
    && (!has(B::able, can::huge) || obtains_huge_pages<B>) && (!has(B::able, can::release) || releases_pages<B>)
    && (!has(B::able, can::offer) || offers_pages<B>) && (!has(B::able, can::clears) || clears_pages<B>)
    && (!has(B::able, can::keep) || keeps_pages<B>)
    && (!has(B::able, can::locate) || (locates_pages<B> && has(B::able, can::release)));

// no_pages - what obtain() and remap() return when there is nothing: {}, with errno set.
inline pages no_pages() noexcept {
    errno = ENOMEM;
    return {};
}

// no_backend - never has a page. Start here to write your own.
struct no_backend {
    static constexpr can able = can::release;
    static constexpr std::size_t page_bytes() noexcept { return 4096; }

    pages obtain(std::size_t) noexcept { return no_pages(); }
    bool give_back(pages) noexcept { return false; }
    void release() noexcept {}
    bool holds(const void*) const noexcept { return false; }
    void for_each_run(auto&&) const noexcept {}
};

static_assert(backend_policy<no_backend>);

namespace detail {
// take_failure - what a backend, or the one that it is around, kept of an exception; nullptr: nothing.
template <class B>
std::exception_ptr take_failure(B& backend) noexcept {
    if constexpr (requires { backend.take_failure(); })
        return backend.take_failure();
    else if constexpr (requires { backend.inner(); })
        return take_failure(backend.inner());
    else
        return nullptr;
}
} // namespace detail

} // namespace ptm
