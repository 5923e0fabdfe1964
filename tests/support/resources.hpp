// support/resources.hpp - memory resources for tests: one that keeps books of what it hands out, and throws on command.
#pragma once

#include "support/catch.hpp"

#include <cstddef>
#include <map>
#include <memory_resource>
#include <mutex>
#include <new>

namespace ptm_test {

// out_of_cards - what bookkeeper throws; nothing that the library knows.
struct out_of_cards {
    std::size_t call;
};

// bookkeeper - thread-safe.
class bookkeeper : public std::pmr::memory_resource {
    struct block {
        std::size_t bytes, alignment;
    };
    mutable std::mutex mutex_;
    std::map<void*, block> blocks_;
    std::size_t held_ = 0, calls_ = 0, wrong_ = 0;

public:
    std::size_t fails_from = static_cast<std::size_t>(-1); // calls of allocate, counted from 0

    bookkeeper() = default;
    bookkeeper(const bookkeeper&) = delete;
    ~bookkeeper() override {
        for (auto& [p, b] : blocks_) ::operator delete(p, std::align_val_t{b.alignment});
    }

    std::size_t held() const { return read(held_); }
    std::size_t calls() const { return read(calls_); } // of allocate
    std::size_t wrong() const { return read(wrong_); } // calls of deallocate with something that allocate did not say

private:
    std::size_t read(const std::size_t& n) const {
        std::scoped_lock hold(mutex_);
        return n;
    }

    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        std::scoped_lock hold(mutex_);
        if (calls_ >= fails_from) throw out_of_cards{calls_++};
        ++calls_;
        if (bytes > std::size_t{1} << 32) throw std::bad_alloc(); // a sanitizer's operator new does not throw
        void* p = ::operator new(bytes, std::align_val_t{alignment});
        blocks_[p] = {bytes, alignment};
        held_ += bytes;
        return p;
    }

    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        std::scoped_lock hold(mutex_);
        auto at = blocks_.find(p);
        if (at == blocks_.end() || at->second.bytes != bytes || at->second.alignment != alignment) {
            ++wrong_;
            return;
        }
        ::operator delete(p, std::align_val_t{alignment});
        held_ -= bytes;
        blocks_.erase(at);
    }

    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

} // namespace ptm_test
