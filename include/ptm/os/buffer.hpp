// os/buffer.hpp - memory that the caller brings: a static array, a stack buffer, a shared mapping.
//
// Never asks the system for anything and never gives anything back to it. Not thread-safe.
#pragma once

#include <cstddef>

#include <ptm/core/address.hpp>
#include <ptm/core/units.hpp>
#include <ptm/os/backend.hpp>

namespace ptm {

class buffer_backend {
    pages whole_;
    std::byte* end_ = nullptr;

public:
    // Not `zeroed`: the buffer may hold anything, so calloc clears what it hands out.
    static constexpr can able = can::grow | can::release;
    static constexpr std::size_t page_bytes() noexcept { return 64; } // the unit of growth: one cache line

    constexpr buffer_backend() noexcept = default; // no buffer: every obtain() fails

    // buffer - bytes at `data`, alive as long as the backend is used.
    constexpr explicit buffer_backend(pages buffer) noexcept : whole_(buffer), end_(buffer.data) {}

    pages obtain(std::size_t bytes) noexcept {
        if (!whole_ || bytes > remaining()) return no_pages();
        std::byte* begin = end_;
        end_ += bytes;
        return {begin, bytes};
    }

    bool give_back(pages run) noexcept { return run.end() == end_ && retreat(run.bytes) == run.bytes; }

    std::byte* frontier() noexcept { return end_; }

    std::size_t retreat(std::size_t bytes) noexcept {
        if (bytes > bytes_between(whole_.data, end_)) return 0;
        end_ -= bytes;
        return bytes;
    }

    // release - the whole buffer can be had again; its contents stay.
    void release() noexcept { end_ = whole_.data; }

    bool holds(const void* p) const noexcept {
        return bytes_between(whole_.data, p) < bytes_between(whole_.data, end_);
    }

    // for_each_run - visit(pages), for what is handed out.
    void for_each_run(auto&& visit) const {
        if (end_ != whole_.data) visit(pages{whole_.data, bytes_between(whole_.data, end_)});
    }

    // remaining - bytes that obtain() can still give.
    std::size_t remaining() const noexcept { return bytes_between(end_, whole_.end()); }
};

static_assert(backend_policy<buffer_backend>);

} // namespace ptm
