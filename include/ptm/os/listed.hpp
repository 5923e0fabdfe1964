// os/listed.hpp - listed<B>: a backend that knows every run it has out, and can give them all back at once.
//
//   run of B ->  +-----------------------------+-------------------------------+- - - - - - - - -+
//                | node: next, previous, bytes | what is handed out            | rest of the page |
//                +-----------------------------+-------------------------------+- - - - - - - - -+
//                |<-- listed_head_bytes, 64 -->|
//
// Choose it where memory is to go as a whole: an arena whose blocks nobody frees one by one. What is handed out begins
// behind the node, a multiple of 64, so 64 is the unit here; B is asked for whole pages of its own. The node makes the
// first page of a run be touched: over mmap_backend, obtaining and giving back 200 kB costs 1.6 times the processor
// time if nobody writes to the run, 1.04 times if somebody does.
//
// Invariants: every run of B that is out is in the list; `bytes` of a node are those of its run, node and rest
// included; bytes_held is their sum.
//
// Not thread-safe, also where B is: it serves an arena object, not the mapped chunks of a heap, which several threads
// map at once. An object is a plain value, but only one copy of it may be used.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include <ptm/core/address.hpp>
#include <ptm/core/bits.hpp>
#include <ptm/os/backend.hpp>

namespace ptm {

// listed_head_bytes - what a run loses at its start: a cache line, so that blocks lie as well as without.
inline constexpr std::size_t listed_head_bytes = 64;

template <backend_policy B>
class listed {
    static_assert(!has(B::able, can::grow),
                  "listed: this backend has one frontier and no runs to list; it gives back all by retreat()");

    struct node {
        node* next;
        node* previous;
        std::size_t bytes;
    };
    static_assert(sizeof(node) <= listed_head_bytes);

    node* first_ = nullptr;
    std::size_t bytes_held_ = 0;
    [[no_unique_address]] B inner_;

public:
    // Not `huge`: with a node in front, nothing would begin with a huge page.
    static constexpr can able = (B::able & (can::remap | can::discard | can::zeroed | can::advise)) | can::release;
    static constexpr std::size_t page_bytes() noexcept { return listed_head_bytes; }

    constexpr listed() noexcept = default;

    // from - whatever B is made from.
    template <class... From>
        requires(sizeof...(From) > 0 && std::is_constructible_v<B, From...>)
    constexpr explicit listed(From&&... from) noexcept : inner_(std::forward<From>(from)...) {}

    // obtain - `bytes`, which B may round up.
    // cost     B's, and two writes: into the new run and into the one listed before
    pages obtain(std::size_t bytes) noexcept {
        std::size_t whole = whole_bytes(bytes);
        pages run = whole != 0 ? inner_.obtain(whole) : no_pages();
        if (!run) return {};
        enlist(run, nullptr, first_);
        return {run.data + listed_head_bytes, bytes};
    }

    bool give_back(pages run) noexcept {
        if (!first_) return false; // nothing is out
        node* n = node_of(run);
        if (n->bytes != whole_bytes(run.bytes)) return false;
        node before = *n;
        if (!inner_.give_back(run_of(n))) return false;
        forget(before);
        return true;
    }

    // remap - a run may move: its neighbours in the list are told.
    pages remap(pages run, std::size_t bytes) noexcept
        requires(has(B::able, can::remap))
    {
        node* n = node_of(run);
        std::size_t whole = whole_bytes(bytes);
        if (whole == 0) return no_pages();
        if (whole == n->bytes) return {run.data, bytes};
        node before = *n;
        pages moved = inner_.remap(run_of(n), whole);
        if (!moved) return {};
        bytes_held_ -= before.bytes;
        enlist(moved, before.previous, before.next);
        return {moved.data + listed_head_bytes, bytes};
    }

    // discard - the whole pages in `run`; what it has of others is cleared by hand.
    //   returns  false: kept, because there is no whole page in it, or B refuses
    bool discard(pages run) noexcept
        requires(has(B::able, can::discard))
    {
        std::size_t page = inner_.page_bytes(), ahead = bytes_to_aligned(run.data, page);
        if (ahead >= run.bytes || run.bytes - ahead < page) return false;
        pages whole{run.data + ahead, align_down(run.bytes - ahead, page)};
        if (!inner_.discard(whole)) return false;
        __builtin_memset(run.data, 0, ahead);
        __builtin_memset(whole.end(), 0, bytes_between(whole.end(), run.end()));
        return true;
    }

    void advise_huge(pages run) noexcept
        requires(has(B::able, can::advise))
    {
        inner_.advise_huge(run);
    }

    // release - a run that B does not take back stays in the list, for the next time.
    // cost     one give_back() of B for each run that is out
    void release() noexcept {
        for (node* n = first_; n;) {
            node before = *n;
            if (inner_.give_back(run_of(n))) forget(before);
            n = before.next;
        }
    }

    // holds
    // cost     O(runs that are out)
    bool holds(const void* p) const noexcept {
        const node* n = first_;
        while (n && bytes_between(n, p) >= n->bytes) n = n->next;
        return n && bytes_between(n, p) >= listed_head_bytes;
    }

    // for_each_run - visit(pages), for what is out, newest first.
    void for_each_run(auto&& visit) const {
        for (node* n = first_; n; n = n->next)
            visit(pages{reinterpret_cast<std::byte*>(n) + listed_head_bytes, n->bytes - listed_head_bytes});
    }

    // bytes_held - of B, nodes and what was rounded up included.
    std::size_t bytes_held() const noexcept { return bytes_held_; }

    // inner - the backend that the memory is from.
    B& inner() noexcept { return inner_; }
    const B& inner() const noexcept { return inner_; }

private:
    static node* node_of(pages run) noexcept { return reinterpret_cast<node*>(run.data - listed_head_bytes); }
    static pages run_of(node* n) noexcept { return {reinterpret_cast<std::byte*>(n), n->bytes}; }

    // Bytes to ask B for; 0: more than there can be.
    static std::size_t whole_bytes(std::size_t bytes) noexcept {
        std::size_t whole = align_up(bytes + listed_head_bytes, B::page_bytes());
        return whole > bytes ? whole : 0;
    }

    void enlist(pages run, node* previous, node* next) noexcept {
        node* n = ::new (static_cast<void*>(run.data)) node{next, previous, run.bytes};
        (previous ? previous->next : first_) = n;
        if (next) next->previous = n;
        bytes_held_ += run.bytes;
    }

    // forget - takes out a node that is gone already; `n` is what it was.
    void forget(const node& n) noexcept {
        (n.previous ? n.previous->next : first_) = n.next;
        if (n.next) n.next->previous = n.previous;
        bytes_held_ -= n.bytes;
    }
};

static_assert(backend_policy<listed<no_backend>>);

} // namespace ptm
