// script.hpp - a trace while it is being written: its text, and which blocks are live at this point of it.
//
// Blocks are numbered by slots; a released slot is used again. The live set is what a correct allocator would have:
// a request that fails leaves a slot the player takes for empty, and it skips what the trace does with it later.
// When the wished number of steps is written, further ones are dropped.
//
// Steps are those of the thread that has the turn: the initial one, number 0, as long as no other is begun.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "random.hpp"

namespace equivalence {

// A number of a step, as text; sizes also as a value.
struct number {
    template <std::integral Integer>
    number(Integer n) : text(std::to_string(n)), value(static_cast<std::size_t>(n)) {}

    std::string text;
    std::size_t value;
};

class script {
public:
    script(std::size_t steps, std::uint64_t seed) : random(seed), wanted_(steps) {}

    random_numbers random;

    bool full() const { return written_ >= wanted_; }
    std::size_t wanted() const { return wanted_; }
    std::size_t live() const { return blocks_.size(); }
    std::size_t bytes() const { return bytes_; }
    const std::string& text() const { return text_; }
    void remark(const std::string& words) { text_ += "# " + words + "\n"; }

    // Numbers come as a list in braces because its parts are evaluated from left to right: arguments are not, and
    // a trace must not depend on the compiler's choice when two of them are random.
    using numbers = std::initializer_list<number>;

    // line - one step that takes and releases nothing.
    void line(char verb, numbers list = {}) { write(std::string(1, verb), list); }

    // take - a step that gives a block: malloc, calloc, memalign, ... The last number is its size.
    void take(char verb, numbers list) {
        const std::size_t slot = unused_slot();
        write(with_slot(verb, slot), list);
        blocks_.push_back({slot, (list.end() - 1)->value, thread()});
        bytes_ += blocks_.back().size;
    }

    // attempt - a step that is expected to fail; the slot stays unused. If it did give a block, nobody would free it.
    void attempt(char verb, numbers list) {
        const std::size_t slot = unused_slot();
        write(with_slot(verb, slot), list);
        unused_.push_back(slot);
    }

    // release - the block at this place of the live set; the places of others change.
    void release(std::size_t place) {
        line('f', {blocks_[place].slot});
        forget(place);
    }

    void resize(std::size_t place, std::size_t size) {
        line('r', {blocks_[place].slot, size});
        resized(place, size);
    }

    void resize_to_array(std::size_t place, std::size_t count, std::size_t size) {
        line('y', {blocks_[place].slot, count, size});
        resized(place, count * size);
    }

    // A resize that cannot succeed leaves the block as it is.
    void attempt_resize(std::size_t place, std::size_t size) { line('r', {blocks_[place].slot, size}); }

    // The breaks of a trace are either moved by odd amounts or blocked now and then, never both: a break that is not
    // page aligned once the main arena is no longer contiguous makes glibc fail an assertion.
    bool may_block_break = false;

    // Threads that live, the initial one included, and the one that has the turn.
    std::size_t threads() const { return threads_.size(); }
    std::size_t thread() const { return threads_[turn_]; }

    void pass_turn() { turn_ = random.below(threads_.size()); }

    // begin_thread - another one, which has the lowest number that is free.
    void begin_thread() {
        std::size_t number = 1;
        while (std::find(threads_.begin(), threads_.end(), number) != threads_.end()) ++number;
        line('B', {number});
        threads_.push_back(number);
    }

    // end_thread - the one that has the turn, which then is anybody's. Its blocks stay.
    void end_thread() {
        line('E');
        threads_.erase(threads_.begin() + static_cast<std::ptrdiff_t>(turn_));
        pass_turn();
    }

    std::size_t size_at(std::size_t place) const { return blocks_[place].size; }
    bool is_own(std::size_t place) const { return blocks_[place].owner == thread(); }
    void swap(std::size_t one, std::size_t other) { std::swap(blocks_[one], blocks_[other]); }

private:
    struct live_block {
        std::size_t slot, size;
        std::size_t owner; // the thread that took it
    };

    static std::string with_slot(char verb, std::size_t slot) { return verb + (' ' + std::to_string(slot)); }

    void write(const std::string& begin, numbers list) {
        if (full()) return;
        if (thread() != 0) text_ += '@' + std::to_string(thread()) + ' ';
        text_ += begin;
        for (const number& n : list) text_ += ' ' + n.text;
        text_ += '\n';
        ++written_;
    }

    std::size_t unused_slot() {
        if (unused_.empty()) return next_slot_++;
        const std::size_t slot = unused_.back();
        unused_.pop_back();
        return slot;
    }

    void resized(std::size_t place, std::size_t size) {
        bytes_ += size - blocks_[place].size;
        blocks_[place].size = size;
        if (size == 0) forget(place);
    }

    void forget(std::size_t place) {
        bytes_ -= blocks_[place].size;
        unused_.push_back(blocks_[place].slot);
        blocks_[place] = blocks_.back();
        blocks_.pop_back();
    }

    std::string text_;
    std::size_t wanted_;
    std::size_t written_ = 0;
    std::vector<live_block> blocks_;
    std::vector<std::size_t> unused_;
    std::vector<std::size_t> threads_{0};
    std::size_t turn_ = 0; // place in threads_
    std::size_t next_slot_ = 0;
    std::size_t bytes_ = 0;
};

} // namespace equivalence
