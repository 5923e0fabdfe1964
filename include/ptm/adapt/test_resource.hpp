// adapt/test_resource.hpp - a std::pmr::memory_resource that looks at how it is used: for tests of programs.
//
//   ptm::test_resource r;
//   { std::pmr::vector<int> v(&r); ... }
//   CHECK(r.blocks().now == 0);        // and the destructor says so itself
//
// It counts blocks and bytes, fills what it hands out and what it gets back, refuses the n-th allocation, and reports:
// what was never freed, freed twice, freed with another size or alignment, not from here, or written beyond its ends.
//
//   block of upstream ->  +------------+--------------------+-------------+
//                         | guard, and | what is handed out | guard       |
//                         | alignment  |                    |             |
//                         +------------+--------------------+-------------+
//
// Thread-safe, as far as its upstream is; one mutex for everything. The handler is called under it, and must not use
// the resource. A freed block goes back to upstream at once: who writes there later is not found, a sanitizer would.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory_resource>
#include <mutex>
#include <new>
#include <string_view>
#include <unordered_map>

#include <unistd.h>

#include <ptm/core/address.hpp>
#include <ptm/core/bits.hpp>
#include <ptm/core/checked.hpp>
#include <ptm/core/config.hpp>
#include <ptm/core/text.hpp>

namespace ptm {

// misuse - one thing that test_resource found.
struct misuse {
    enum kind {
        leak,            // still in use when the resource was asked or destroyed
        double_free,     // not in use any more
        foreign,         // never handed out
        wrong_size,      // expected, found: bytes
        wrong_alignment, // expected, found: bytes
        underrun,        // the guard before the block was written to
        overrun          // the guard behind it
    } what;
    const void* block;
    std::size_t expected = 0; // of a leak, an underrun and an overrun: the bytes of the block
    std::size_t found =
        0; // of an underrun and an overrun: the byte of the guard that was hit first, counted from its start
};

// sentence - what a misuse is, in words.
constexpr std::string_view sentence(misuse::kind k) noexcept {
    constexpr std::string_view all[] = {"never freed",
                                        "freed twice",
                                        "freed, but not from this resource",
                                        "freed with another size",
                                        "freed with another alignment",
                                        "written to before its start",
                                        "written to behind its end"};
    return all[k];
}

// allocation_refused - thrown when the limit of allocations is reached.
struct allocation_refused : std::bad_alloc {
    const char* what() const noexcept override { return "ptm::test_resource: the allocation limit is reached"; }
};

class test_resource final : public std::pmr::memory_resource {
public:
    // handler - told of every misuse.
    using handler = void (*)(void* context, const misuse& m) noexcept;

    struct count {
        std::size_t now = 0;
        std::size_t most = 0;
        std::size_t total = 0; // ever
    };

    static constexpr std::size_t unlimited = SIZE_MAX;
    static constexpr std::size_t guard_bytes = 32; // on each side
    static constexpr std::byte guard{0xb5}, fresh{0xcd}, freed{0xdd};

    test_resource() : test_resource(std::pmr::new_delete_resource()) {}

    // upstream - of all blocks, not of the books.
    explicit test_resource(std::pmr::memory_resource* upstream) : upstream_(upstream) {}

    test_resource(const test_resource&) = delete;
    test_resource& operator=(const test_resource&) = delete;

    // Reports what was never freed, and then gives it back. Does not throw.
    ~test_resource() override {
        report_leaks();
        for (auto& [p, b] : books_)
            if (b.live)
                upstream_->deallocate(start_of(p, b.alignment), whole(b.bytes, b.alignment), around(b.alignment));
    }

    // on_misuse - `h` is called from now on; nullptr: the sentence goes to standard error, and the process is aborted.
    void on_misuse(handler h, void* context = nullptr) noexcept {
        std::scoped_lock hold(mutex_);
        handler_ = h;
        context_ = context;
    }

    // allocation_limit - so many allocations may succeed yet, every later one throws allocation_refused.
    void allocation_limit(std::size_t n) noexcept {
        std::scoped_lock hold(mutex_);
        left_ = n;
    }

    // blocks, bytes - handed out and not freed.
    count blocks() const noexcept { return read(blocks_); }
    count bytes() const noexcept { return read(bytes_); }

    // found - misuses reported so far.
    std::size_t found() const noexcept { return read(found_); }

    // verify - looks at the guards of all blocks in use.
    //   returns  how many misuses it reported
    //   cost     O(blocks that were ever in use)
    std::size_t verify() noexcept {
        std::scoped_lock hold(mutex_);
        std::size_t before = found_;
        for (auto& [p, b] : books_)
            if (b.live) look_at_guards(p, b);
        return found_ - before;
    }

    // report_leaks - the same for blocks that are in use, each of which is one.
    std::size_t report_leaks() noexcept {
        std::scoped_lock hold(mutex_);
        std::size_t before = found_;
        for (auto& [p, b] : books_)
            if (b.live) report({misuse::leak, p, b.bytes});
        return found_ - before;
    }

    std::pmr::memory_resource* upstream_resource() const noexcept { return upstream_; }

private:
    struct book {
        std::size_t bytes;
        std::size_t alignment;
        bool live;
    };

    std::pmr::memory_resource* const upstream_;
    mutable std::mutex mutex_;
    std::unordered_map<void*, book> books_; // also of blocks that were freed, until their place is handed out again
    count blocks_, bytes_;
    std::size_t left_ = unlimited;
    std::size_t found_ = 0;
    handler handler_ = nullptr;
    void* context_ = nullptr;

    // throws   allocation_refused; what upstream throws; std::bad_alloc
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        std::scoped_lock hold(mutex_);
        take_from_limit();
        std::size_t size = whole(bytes, alignment);
        if (size < bytes) PTM_THROW(std::bad_alloc());
        auto* start = static_cast<std::byte*>(upstream_->allocate(size, around(alignment)));
        std::byte* p = start + ahead(alignment);
        write_down(start, p, {bytes, alignment, true});
        std::memset(start, int(guard), ahead(alignment));
        std::memset(p, int(fresh), bytes);
        std::memset(p + bytes, int(guard), guard_bytes);
        add(blocks_, 1);
        add(bytes_, bytes);
        return p;
    }

    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        std::scoped_lock hold(mutex_);
        auto at = books_.find(p);
        if (at == books_.end()) return report({misuse::foreign, p});
        book& b = at->second;
        if (!b.live) return report({misuse::double_free, p});
        if (b.bytes != bytes) report({misuse::wrong_size, p, b.bytes, bytes});
        if (b.alignment != alignment) report({misuse::wrong_alignment, p, b.alignment, alignment});
        look_at_guards(p, b);
        std::memset(p, int(freed), b.bytes);
        b.live = false;
        --blocks_.now;
        bytes_.now -= b.bytes;
        upstream_->deallocate(start_of(p, b.alignment), whole(b.bytes, b.alignment), around(b.alignment));
    }

    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    static constexpr std::size_t ahead(std::size_t alignment) noexcept {
        return alignment > guard_bytes ? alignment : guard_bytes;
    }
    // around - alignment of what upstream is asked for.
    static constexpr std::size_t around(std::size_t alignment) noexcept {
        return alignment > alignof(std::max_align_t) ? alignment : alignof(std::max_align_t);
    }
    static constexpr std::size_t whole(std::size_t bytes, std::size_t alignment) noexcept {
        return ahead(alignment) + bytes + guard_bytes;
    }
    static std::byte* start_of(void* p, std::size_t alignment) noexcept {
        return static_cast<std::byte*>(p) - ahead(alignment);
    }

    template <class T>
    T read(const T& value) const noexcept {
        std::scoped_lock hold(mutex_);
        return value;
    }

    static void add(count& c, std::size_t n) noexcept {
        c.now += n;
        c.total += n;
        if (c.now > c.most) c.most = c.now;
    }

    void take_from_limit() {
        if (left_ == unlimited) return;
        if (left_ == 0) PTM_THROW(allocation_refused());
        --left_;
    }

    // write_down - if there is no memory for the book, the block goes back.
    void write_down(std::byte* start, std::byte* p, book b) {
        PTM_TRY { books_.insert_or_assign(p, b); }
        PTM_CATCH_ALL {
            upstream_->deallocate(start, whole(b.bytes, b.alignment), around(b.alignment));
            PTM_THROW(std::bad_alloc());
        }
    }

    // first_hit - the first byte of a guard that is not as it was written; n: none.
    static std::size_t first_hit(const std::byte* at, std::size_t n) noexcept {
        std::size_t i = 0;
        while (i < n && at[i] == guard) ++i;
        return i;
    }

    void look_at_guards(void* p, const book& b) noexcept {
        std::size_t before = ahead(b.alignment);
        if (std::size_t i = first_hit(start_of(p, b.alignment), before); i < before)
            report({misuse::underrun, p, b.bytes, i});
        if (std::size_t i = first_hit(static_cast<std::byte*>(p) + b.bytes, guard_bytes); i < guard_bytes)
            report({misuse::overrun, p, b.bytes, i});
    }

    void report(const misuse& m) noexcept {
        ++found_;
        if (handler_) return handler_(context_, m);
        text<200> line;
        line << "ptm::test_resource: a block was " << sentence(m.what) << " (expected " << m.expected << ", found "
             << m.found << ")\n";
        [[maybe_unused]] ssize_t written = write(STDERR_FILENO, line.view().data(), line.view().size());
        std::abort();
    }
};

} // namespace ptm
