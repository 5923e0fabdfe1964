// os/shared_file.hpp - memory in a file that other processes can look into: shared_file_backend writes it,
// inspected_file maps it read-only.
//
//   file ->  +------------------+---------------------------+-------------------+ - - - - - - - -+
//            | head: a name,    | handed out                | given back, reads | not yet in the |
//            | base, used bytes |                           | as zero           | file           |
//            +------------------+---------------------------+-------------------+ - - - - - - - -+
//            |<-- one page ---->|                           ^ frontier          ^ end of file    ^ base + Bytes
//
// Choose it to look at an arena from outside while it works, or after the process has died. Growing costs what it costs
// reserve_backend (0.94 of the processor time for steps of 132 KiB), a page that is touched for the first time 1.7
// times as much. What is in the file are addresses of the writer: a reader has the file somewhere else and translates,
// by here() and at_writer().
//
// Invariants: head.base is where the writer has the file; page <= head.used <= file size <= Bytes; the file never gets
// shorter, so that a reader does not lose what it has mapped.
//
// Not thread-safe, but a reader may look at any time: head.used is atomic; what lies below may be changing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ptm/core/address.hpp>
#include <ptm/core/bits.hpp>
#include <ptm/core/errno_guard.hpp>
#include <ptm/core/text.hpp>
#include <ptm/os/backend.hpp>
#include <ptm/os/mmap.hpp>
#include <ptm/os/page.hpp>

namespace ptm {

namespace detail {

// shared_file_head - what a file begins with.
struct shared_file_head {
    static constexpr char wanted_name[8] = {'p', 't', 'm', 'f', 'i', 'l', 'e', '1'};

    char name[8];
    std::uint64_t base;              // address of this head in the writer
    std::uint64_t head_bytes;        // to the first byte that can be handed out
    std::atomic<std::uint64_t> used; // bytes from this head on, itself included
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "others look at it from another process");
static_assert(sizeof(shared_file_head) == 32);

} // namespace detail

// shared_file_backend - `Bytes` of addresses are reserved; the file has as many as were needed at most.
//
// A forked child does not have the memory at all: two processes that change one arena would ruin it. Without an object
// to destroy: the memory lives until release(), like an arena. A plain value, but only one copy may be used.
template <std::size_t Bytes>
class shared_file_backend {
    static_assert(Bytes >= 131072 && Bytes % 65536 == 0,
                  "shared_file_backend: the size must be a multiple of 64 KiB, and at least two of them");

    using head = detail::shared_file_head;

    std::byte* base_ = nullptr;
    std::size_t used_ = 0;    // head included
    std::size_t in_file_ = 0; // whole pages
    int file_ = -1;           // as long as there is memory
    int foreign_ = -1;        // the caller's

public:
    static constexpr can able = can::grow | can::discard | can::zeroed | can::release;
    static std::size_t page_bytes() noexcept { return system_page_bytes(); }

    // shared_file_backend - in memory that has a file descriptor and no name.
    constexpr shared_file_backend() noexcept = default;

    // file - open for reading and writing, the caller's to close after release(); emptied by the first obtain(). On a
    //        disk that fills up, writing to the memory ends the process by SIGBUS, as with any mapped file.
    constexpr explicit shared_file_backend(int file) noexcept : foreign_(file) {}

    // obtain - the next `bytes` at the frontier; {} and ENOMEM: the stretch is used up, or there is no file.
    // cost     one ftruncate where the file must grow
    pages obtain(std::size_t bytes) noexcept {
        if (!base_ && !open()) return no_pages();
        if (bytes > Bytes - used_ || !extend(used_ + bytes)) return no_pages();
        std::byte* begin = frontier();
        use(used_ + bytes);
        return {begin, bytes};
    }

    bool give_back(pages run) noexcept { return run.end() == frontier() && retreat(run.bytes) == run.bytes; }

    std::byte* frontier() noexcept { return base_ + used_; }

    std::size_t retreat(std::size_t bytes) noexcept {
        if (!base_ || bytes > used_ - page_bytes()) return 0;
        use(used_ - bytes);
        clear({frontier(), bytes});
        return bytes;
    }

    // discard - makes holes in the file; false: it cannot have any.
    bool discard(pages run) noexcept { return madvise(run.data, run.bytes, MADV_REMOVE) == 0; }

    // release - unmaps everything. Who has mapped or opened the file keeps it as it is.
    void release() noexcept {
        if (!base_) return;
        munmap(base_, Bytes);
        if (file_ != foreign_) close(file_);
        *this = shared_file_backend(foreign_);
    }

    bool holds(const void* p) const noexcept {
        std::size_t at = bytes_between(base_, p);
        return base_ && at >= page_bytes() && at < used_;
    }

    // for_each_run - visit(pages), for what is handed out.
    void for_each_run(auto&& visit) const {
        if (used_ > page_bytes()) visit(pages{base_ + page_bytes(), used_ - page_bytes()});
    }

    // fd - of the file; -1: none yet. Whoever gets it may write: a reader gets open_for_reading().
    int fd() const noexcept { return file_; }

    // open_for_reading - another file descriptor of the file, one that cannot write; the caller's to close.
    //   returns  -1: none yet, or no /proc
    int open_for_reading() const noexcept {
        if (file_ < 0) return -1;
        text<32> path;
        path << "/proc/self/fd/" << static_cast<std::uint64_t>(file_) << std::string_view{"\0", 1};
        return ::open(path.view().data(), O_RDONLY | O_CLOEXEC);
    }

    // size - bytes from base() on that are in use, the head included.
    std::size_t size() const noexcept { return used_; }

    // base - where the writer has the file; nullptr before the first obtain().
    std::byte* base() const noexcept { return base_; }

private:
    bool open() noexcept {
        errno_guard keep;
        file_ = foreign_ >= 0 ? foreign_ : memfd_create("ptm", MFD_CLOEXEC);
        if (file_ < 0) return false;
        if (begin_file()) return true;
        if (file_ != foreign_) close(file_);
        *this = shared_file_backend(foreign_);
        return false;
    }

    // All of the stretch at once: what is not in the file yet only has addresses.
    bool begin_file() noexcept {
        if (ftruncate(file_, 0) != 0 || !extend(page_bytes())) return false;
        base_ = detail::mapped_or_null(mmap(nullptr, Bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0));
        if (!base_) return false;
        madvise(base_, Bytes, MADV_DONTFORK);
        used_ = page_bytes();
        head* h = ::new (static_cast<void*>(base_)) head{{}, address_of(base_), page_bytes(), used_};
        std::memcpy(h->name, head::wanted_name, sizeof h->name);
        return true;
    }

    bool extend(std::size_t upto) noexcept {
        if (upto <= in_file_) return true;
        std::size_t whole = align_up(upto, page_bytes());
        if (whole > Bytes || ftruncate(file_, static_cast<off_t>(whole)) != 0) return false;
        in_file_ = whole;
        return true;
    }

    void use(std::size_t bytes) noexcept {
        used_ = bytes;
        reinterpret_cast<head*>(base_)->used.store(bytes, std::memory_order_release);
    }

    // Whole pages become holes, if the file can have any; the rest is cleared by hand, so that it reads as zero.
    void clear(pages run) noexcept {
        errno_guard keep;
        std::size_t ahead = bytes_to_aligned(run.data, page_bytes());
        if (ahead > run.bytes) ahead = run.bytes;
        __builtin_memset(run.data, 0, ahead);
        pages whole{run.data + ahead, align_up(run.bytes - ahead, page_bytes())};
        if (whole.bytes > 0 && !discard(whole)) __builtin_memset(whole.data, 0, whole.bytes);
    }
};

static_assert(backend_policy<shared_file_backend<std::size_t{1} << 20>>);
static_assert(std::is_trivially_copyable_v<shared_file_backend<std::size_t{1} << 20>>);

// inspected_file - a file of a shared_file_backend, mapped to be read. What the writer changes is seen at once; what it
// obtained after the file was mapped is seen after refresh().
//
// Not thread-safe. Nothing here is trusted further than the file is long; errno is what the system said last.
class inspected_file {
    using head = detail::shared_file_head;

    std::byte* begin_ = nullptr;
    std::size_t mapped_ = 0;

public:
    // file - only read from, and not needed any more afterwards. If it is none of a shared_file_backend: !*this.
    explicit inspected_file(int file) noexcept { map(file); }

    explicit inspected_file(const char* path) noexcept {
        int file = ::open(path, O_RDONLY | O_CLOEXEC);
        map(file);
        if (file >= 0) close(file);
    }

    inspected_file(const inspected_file&) = delete;
    ~inspected_file() { unmap(); }

    explicit operator bool() const noexcept { return begin_ != nullptr; }

    // refresh - maps the file as long as it is now, perhaps at another address.
    //   returns  false: it cannot be read, and nothing is mapped
    bool refresh(int file) noexcept {
        unmap();
        map(file);
        return begin_ != nullptr;
    }

    // memory - what the writer's backend has handed out, as far as it is mapped: one run after the other.
    std::span<const std::byte> memory() const noexcept {
        if (!begin_) return {};
        std::size_t used = at_most(mapped_, look().used.load(std::memory_order_acquire));
        std::size_t from = at_most(used, look().head_bytes);
        return {begin_ + from, used - from};
    }

    // here - where the byte lies that the writer has at that address; nullptr: not in the file.
    const std::byte* here(const void* at_writer) const noexcept {
        std::size_t at = begin_ ? address_of(at_writer) - look().base : 0;
        return at < mapped_ ? begin_ + at : nullptr;
    }

    // at_writer - the address that the writer has for a byte of this mapping: what its pointers say.
    std::uintptr_t at_writer(const void* here) const noexcept { return look().base + bytes_between(begin_, here); }

private:
    const head& look() const noexcept { return *reinterpret_cast<const head*>(begin_); }

    static std::size_t at_most(std::size_t most, std::uint64_t n) noexcept { return n < most ? n : most; }

    void map(int file) noexcept {
        struct stat is{};
        if (fstat(file, &is) != 0 || is.st_size < static_cast<off_t>(sizeof(head))) return;
        mapped_ = static_cast<std::size_t>(is.st_size);
        begin_ = detail::mapped_or_null(mmap(nullptr, mapped_, PROT_READ, MAP_SHARED, file, 0));
        if (begin_ && std::memcmp(look().name, head::wanted_name, sizeof look().name) != 0) unmap();
    }

    void unmap() noexcept {
        if (begin_) munmap(begin_, mapped_);
        begin_ = nullptr;
        mapped_ = 0;
    }
};

} // namespace ptm
