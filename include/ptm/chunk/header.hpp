// chunk/header.hpp - what stands before the user's bytes: CONCEPT header_policy.
//
// A header lays out chunks, converts between requests, chunks and user pointers, and is the only place that touches
// flag bits. Its emptiest model is boundary_tag<plain_links, plain_links>, in chunk/boundary_tag.hpp.
#pragma once

#include <concepts>
#include <cstddef>

#include <ptm/chunk/links.hpp>
#include <ptm/chunk/node_traits.hpp>
#include <ptm/core/units.hpp>

namespace ptm {

// sizes_chunks - from bytes asked for to bytes of a chunk.
template <class H>
concept sizes_chunks = requires(std::size_t request) {
    { H::alignment } -> std::convertible_to<std::size_t>;          // of user pointers and chunk sizes; power of two
    { H::smallest } -> std::convertible_to<chunk_size>;            // smallest chunk there can be
    { H::largest } -> std::convertible_to<chunk_size>;             // no chunk and no arena is larger
    { H::overhead } -> std::convertible_to<std::size_t>;           // bytes of a used chunk that are not the user's
    { H::header_bytes } -> std::convertible_to<std::size_t>;       // from chunk to user pointer
    { H::size_for(request) } noexcept -> std::same_as<chunk_size>; // request <= largest_request
};

// locates_chunks - from pointer to chunk to neighbours.
template <class H>
concept locates_chunks = requires(typename H::chunk* c, const typename H::chunk* k, void* user, std::size_t n) {
    { H::from_user(user) } noexcept -> std::same_as<typename H::chunk*>;
    { H::to_user(c) } noexcept -> std::same_as<void*>;
    { H::at(c, n) } noexcept -> std::same_as<typename H::chunk*>;    // n bytes further, taken for a chunk
    { H::next(c) } noexcept -> std::same_as<typename H::chunk*>;     // by address
    { H::previous(c) } noexcept -> std::same_as<typename H::chunk*>; // by address; only if it is free
    { H::size_of(k) } noexcept -> std::same_as<chunk_size>;
    { H::previous_size(k) } noexcept -> std::same_as<chunk_size>; // as noted by the previous chunk, if free
};

// flags_chunks - the bits beside the size.
template <class H>
concept flags_chunks = requires(typename H::chunk* c, const typename H::chunk* k, chunk_size n, bool yes) {
    { H::word_of(k) } noexcept -> std::same_as<std::size_t>; // size and flags as they stand
    { H::prev_in_use(k) } noexcept -> std::same_as<bool>;
    { H::in_use(k) } noexcept -> std::same_as<bool>; // asks the next chunk
    { H::sound(k) } noexcept -> std::same_as<bool>;  // is the word as it was written? Without a seal: true
    { H::is_mapped(k) } noexcept -> std::same_as<bool>;
    { H::set_used(c, n, yes) } noexcept -> std::same_as<void>; // size n, previous in use, of a side arena?
    { H::set_free(c, n) } noexcept -> std::same_as<void>;      // size n, previous in use, footer written
    { H::set_prev_in_use(c, yes) } noexcept -> std::same_as<void>;
};

// peeks_at_chunks - what the owner of a block may ask about it without the arena's lock.
template <class H>
concept peeks_at_chunks = requires(const typename H::chunk* k, std::size_t word, chunk_size n) {
    { H::peek(k) } noexcept -> std::same_as<std::size_t>;
    { H::size_in(word) } noexcept -> std::same_as<chunk_size>;
    { H::plain_size_in(word) } noexcept -> std::same_as<chunk_size>; // of a naturally aligned one: too large for a list
    { H::natural_in(word) } noexcept -> std::same_as<bool>;          // marked as naturally aligned?
    { H::marks_natural } -> std::convertible_to<bool>;               // or are none marked?
    { H::marks_lists } -> std::convertible_to<bool>;                 // does a word say which list it belongs to?
    { H::mapped_in(word) } noexcept -> std::same_as<bool>;
    { H::ordinary_in(word, n) } noexcept -> std::same_as<bool>; // of size n, and not mapped?
    { H::of_side_arena_in(word) } noexcept -> std::same_as<bool>;
    { H::prev_in_use_in(word) } noexcept -> std::same_as<bool>;
    { H::sound_in(word, k) } noexcept -> std::same_as<bool>; // as it was written? Without a seal: true
};

// links_chunks - the places for links in a free chunk, and how far links lead.
template <class H>
concept links_chunks =
    link_encoding<typename H::stack_links> && link_encoding<typename H::ring_links> && link_node<typename H::node>
    && requires(typename H::chunk* c, typename H::node* n, void* user, const void* place) {
           { H::ring_of(c) } noexcept -> std::same_as<typename H::node*>;    // in its bin
           { H::ring_at(user) } noexcept -> std::same_as<typename H::node*>; // the same
           { H::from_ring(n) } noexcept -> std::same_as<typename H::chunk*>;
           { H::skip_of(c) } noexcept -> std::same_as<typename H::node*>; // in the ring of sizes; large chunks
           { H::from_skip(n) } noexcept -> std::same_as<typename H::chunk*>;
           { H::links_hold_pointers } -> std::convertible_to<bool>;     // or any word of that size
           { H::reaches(place, place) } noexcept -> std::same_as<bool>; // from an arena to the ends of its memory
       };

template <class H>
concept header_policy =
    sizes_chunks<H> && locates_chunks<H> && flags_chunks<H> && peeks_at_chunks<H> && links_chunks<H>;

} // namespace ptm
