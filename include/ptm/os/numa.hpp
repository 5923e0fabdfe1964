// os/numa.hpp - memory near a processor: on_node<B> asks the system to take the pages of what B hands out from one node
// of a machine that has several, or from all of them in turn.
//
// Choose it where threads stay on their node and the system's own rule, the node of the thread that writes first, is
// wrong: one thread prepares what others use, or a table that all read is to be spread. Only pages that were not
// written yet are placed. It costs one mbind for each obtain(): growing a reserve_backend by 132 KiB takes 4.3 times
// the processor time, 3.6 microseconds; obtaining, touching and giving back 200 kB of mmap_backend 1.4 times. Where the
// system has no such nodes, or does not let the process choose, the memory is usable all the same and bound() says
// false.
//
// As thread-safe as B, but for bound() and for an object without a node, whose first obtain() finds one.
#pragma once

#include <cstddef>

#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ptm/core/address.hpp>
#include <ptm/core/bits.hpp>
#include <ptm/core/errno_guard.hpp>
#include <ptm/os/backend.hpp>
#include <ptm/os/page.hpp>

namespace ptm {

// numa_node - as the system numbers them.
enum class numa_node : int { none = -1 };

// numa_way - how much a node matters.
enum class numa_way {
    prefer,    // from others when it is full
    bind,      // from no other: the process may be killed when it is full
    interleave // page by page from all nodes that the process may use; which one is given does not matter
};

// numa_node_here - of the processor that this thread runs on; none: the system does not say. errno survives.
inline numa_node numa_node_here() noexcept {
    errno_guard keep;
    unsigned processor = 0, node = 0;
    return syscall(SYS_getcpu, &processor, &node, nullptr) == 0 ? numa_node(node) : numa_node::none;
}

namespace detail {

// node_set - the nodes 0 to 1023, as the system calls take them.
struct node_set {
    static constexpr unsigned word_bits = 8 * sizeof(unsigned long), bits = 1024;
    unsigned long words[bits / word_bits] = {};

    // How many bits there are: the calls look at one less than they are told.
    static constexpr unsigned long told = bits + 1;

    static node_set of(numa_node node) noexcept {
        node_set set;
        unsigned n = static_cast<unsigned>(node);
        if (n < bits) set.words[n / word_bits] = 1ul << n % word_bits;
        return set;
    }

    bool empty() const noexcept {
        unsigned long any = 0;
        for (unsigned long word : words) any |= word;
        return any == 0;
    }

    // Empty if the system does not say.
    static node_set allowed() noexcept {
        node_set set;
        if (syscall(SYS_get_mempolicy, nullptr, set.words, bits, nullptr, MPOL_F_MEMS_ALLOWED) != 0) return {};
        return set;
    }
};

constexpr int mode_of(numa_way way) noexcept {
    if (way == numa_way::prefer) return MPOL_PREFERRED;
    return way == numa_way::bind ? MPOL_BIND : MPOL_INTERLEAVE;
}

// place - every page that `run` has a byte in. false: the system refuses. errno survives.
inline bool place(pages run, numa_way way, numa_node node) noexcept {
    errno_guard keep;
    node_set set = way == numa_way::interleave ? node_set::allowed() : node_set::of(node);
    if (set.empty()) return false; // to the system it would mean "anywhere"
    std::size_t page = system_page_bytes(), ahead = address_of(run.data) & (page - 1);
    return syscall(SYS_mbind, run.data - ahead, align_up(run.bytes + ahead, page), mode_of(way), set.words,
                   node_set::told, 0)
        == 0;
}

} // namespace detail

// on_node - has every ability of B. Pages that a run moves to or grows by keep what was asked for it.
template <backend_policy B, numa_way Way = numa_way::prefer>
struct on_node : B {
    // Without a node: that of the thread which obtains first. As backend of sub-heaps: that of each arena's first user.
    using B::B;
    constexpr on_node() noexcept = default;

    // node - one that the machine does not have binds nothing.
    constexpr explicit on_node(numa_node node, const B& from = B()) noexcept : B(from), node_(node) {}

    // cost     B's and one mbind
    pages obtain(std::size_t bytes) noexcept { return placed(B::obtain(bytes)); }

    pages obtain_huge(std::size_t bytes, std::size_t page_bytes) noexcept
        requires(has(B::able, can::huge))
    {
        return placed(B::obtain_huge(bytes, page_bytes));
    }

    pages obtain_cleared(std::size_t bytes) noexcept
        requires(has(B::able, can::clears))
    {
        return placed(B::obtain_cleared(bytes));
    }

    // bound - did the system accept where the last run was to lie?
    bool bound() const noexcept { return bound_; }

    numa_node node() const noexcept { return node_; }

private:
    numa_node node_ = numa_node::none;
    bool bound_ = false;

    pages placed(pages run) noexcept {
        if (!run) return run;
        if (node_ == numa_node::none) node_ = numa_node_here();
        bound_ = detail::place(run, Way, node_);
        return run;
    }
};

static_assert(backend_policy<on_node<no_backend>>);

} // namespace ptm
