// os/kept_runs.hpp - runs of memory that wait to be used again, in the order of their age: the table of mapping_cache.
//
// Invariants: entries 0 .. count - 1 are there, the oldest first, no two of them overlap; bytes() is their sum. Not
// thread-safe. All zero is an empty table.
#pragma once

#include <cstddef>
#include <cstdint>

#include <ptm/core/units.hpp>

namespace ptm::detail {

// kept_run - `since` is what a clock said when it came.
struct kept_run {
    pages run;
    std::uint64_t since = 0;
};

template <unsigned Slots>
class kept_runs {
    static_assert(Slots > 0, "mapping_cache: it needs at least one slot");

    kept_run entries_[Slots] = {};
    unsigned count_ = 0;
    std::size_t bytes_ = 0;

public:
    static constexpr unsigned none = static_cast<unsigned>(-1);

    unsigned count() const noexcept { return count_; }
    bool full() const noexcept { return count_ == Slots; }
    std::size_t bytes() const noexcept { return bytes_; }
    const kept_run& operator[](unsigned i) const noexcept { return entries_[i]; }

    // add - where its age belongs, after those of the same; there is room.
    // cost     O(younger ones)
    void add(kept_run r) noexcept {
        unsigned i = count_++;
        for (; i > 0 && entries_[i - 1].since > r.since; --i) entries_[i] = entries_[i - 1];
        entries_[i] = r;
        bytes_ += r.run.bytes;
    }

    // take
    // cost     O(younger ones)
    pages take(unsigned i) noexcept {
        pages run = entries_[i].run;
        --count_;
        for (; i < count_; ++i) entries_[i] = entries_[i + 1];
        bytes_ -= run.bytes;
        return run;
    }

    // cut - the front of a run, of less bytes than it has; the rest stays as old as it is.
    pages cut(unsigned i, std::size_t bytes) noexcept {
        pages& run = entries_[i].run;
        pages front{run.data, bytes};
        run = {run.data + bytes, run.bytes - bytes};
        bytes_ -= bytes;
        return front;
    }

    // beside - a run that ends where this one begins, or begins where it ends; none: there is none.
    // cost     O(count)
    unsigned beside(pages run) const noexcept {
        for (unsigned i = 0; i < count_; ++i)
            if (entries_[i].run.end() == run.data || entries_[i].run.data == run.end()) return i;
        return none;
    }

    // count_of - runs of at least so many bytes.
    unsigned count_of(std::size_t bytes) const noexcept {
        unsigned n = 0;
        for (unsigned i = 0; i < count_; ++i) n += size(i) >= bytes;
        return n;
    }

    // smallest_of - the smallest run of at least so many bytes, the youngest of these; none: there is none.
    // cost     O(count), as for largest_below
    unsigned smallest_of(std::size_t bytes) const noexcept {
        unsigned best = none;
        for (unsigned i = count_; i-- > 0;) {
            std::size_t n = size(i);
            if (n >= bytes && (best == none || n < size(best))) best = i;
        }
        return best;
    }

    // largest_below - the largest run of less than so many bytes, the youngest of these; none: there is none.
    unsigned largest_below(std::size_t bytes) const noexcept {
        unsigned best = none;
        for (unsigned i = count_; i-- > 0;) {
            std::size_t n = size(i);
            if (n < bytes && (best == none || n > size(best))) best = i;
        }
        return best;
    }

private:
    std::size_t size(unsigned i) const noexcept { return entries_[i].run.bytes; }
};

} // namespace ptm::detail
