// play.cpp - the player: replays a trace of allocation requests against whichever malloc the process has, and logs
// everything a program could see of it. Run once with the system's malloc and once with another one preloaded, the two
// logs must be equal, line for line.
//
//   play TRACE [--log FILE] [--info N] [--sub-heap MIB] [--thorough]
//   play --libc   tells the version of its C library
//
//     --log FILE    write the log there instead of to standard output
//     --info N      log mallinfo2 after every N-th step as well (default 64; 0: never)
//     --sub-heap MIB  how far apart the sub-heaps of other arenas lie (default 64)
//     --thorough    fill and check every byte of every block, and look for overlapping blocks after every step
//
//   exit status: 0 all well, 2 the trace or the log cannot be opened, 3 a block's contents were damaged (the log says
//   which), 4 the address space could not be prepared
//
// Built by hand (it must not pull in libstdc++, whose start-up allocates):
//
//   g++ -std=c++20 -O2 -fno-builtin -fno-exceptions -fno-rtti play.cpp -nodefaultlibs -lc -lgcc -o play
//
// A trace is text, one step a line. `slot` is a number below 65536 that names the block; numbers are decimal or 0x...,
// -1 is SIZE_MAX. '#' starts a comment.
//
//   m slot n              malloc(n)                      i               mallinfo2()
//   c slot n size         calloc(n, size)                j               mallinfo()
//   r slot n              realloc(block, n)              I [options]     malloc_info(options, ...)
//   R slot n              realloc(NULL, n)               S               malloc_stats()
//   y slot n size         reallocarray(block, n, size)   s bytes         sbrk(bytes), as another user of the break
//   f slot                free(block)                    o param value   mallopt(param, value)
//   F                     free(NULL)                     t pad           malloc_trim(pad)
//   a slot align n        memalign(align, n)             b               map a page at the break: it cannot grow
//   A slot align n        aligned_alloc(align, n)        u               take that page away again
//   p slot align n        posix_memalign(.., align, n)   B thread        begin this thread, a number from 1 to 63
//   v slot n, V slot n    valloc(n), pvalloc(n)          E               end: the thread whose step it is goes away
//
// Steps are the initial thread's, which is thread 0. Before another one's stands its number: "@3 m 7 100". One step
// runs at a time, whoever's it is, in the order of the lines; any thread may free or resize any block. A thread that
// ends has done all that a thread does at its end, handing its cache back included, before the next step begins.
//
// Taking a slot that is in use, or releasing or resizing one that is not, is no error: the step is skipped and logged
// so. So are the steps of a thread that is not there, the beginning of one that is, and the initial one's end. Lines
// can therefore be taken out of a trace at will.
//
// The log has one line per step: its number, the step, and what it gave:
//
//   7 m 3 100 = h+2a0 w=71 u=104 b=21000
//
//   h+2a0  where the block lies (play_space.hpp)          b=  the program break, from the heap's start, hexadecimal
//   w=     the size word before it, with flags, hex       e=  errno afterwards; it was 0 before. Not where a block was
//                                                             handed out: what a success leaves there is nobody's
//                                                             business (glibc leaves ENOMEM where the break was
//                                                             refused and a mapping helped; ptm leaves it alone)
//   u=     malloc_usable_size                             f=  the byte M_PERTURB filled the block with, if it did
//   rv=    what mallopt, malloc_trim, ... returned
//
// malloc_info and malloc_stats add the lines of their text, each with the step's number and '|'.
//
// The player allocates nothing itself, and uses no part of the C library that does: everything is static.

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <gnu/libc-version.h>
#include <malloc.h>

#include "play_contents.hpp"
#include "play_log.hpp"
#include "play_space.hpp"
#include "play_threads.hpp"
#include "play_trace.hpp"

namespace play {
namespace {

constexpr std::size_t slot_count = 65536;
constexpr std::uint64_t steps_between_sweeps = 512;

enum exit_status { all_well = 0, not_readable = 2, damaged = 3, not_prepared = 4 };

struct options {
    const char* trace = nullptr;
    const char* log = nullptr;
    std::uint64_t info_every = 64;
    bool thorough = false;
};

// The state of the one run, which belongs to the thread that has the turn. All of it is zero before main starts and
// nothing of it is on the heap.
options chosen;
log_file out;
trace_reader trace;
address_space space;
block slots[slot_count];
std::uint64_t generations[slot_count];
const block* sweep_order[slot_count];
std::uint64_t step_number;
step now;              // the step to be done next, or being done
bool over;             // there is none
std::uint64_t turn;    // the thread whose step `now` is
std::uint64_t leaving; // the thread that is about to end, or 0
thread_set threads;
bool found_damage;
int capture = -1; // what stdio writes goes to this file in memory
char stdio_buffer[1 << 16];

void say(const char* sentence) {
    const ssize_t written = ::write(STDERR_FILENO, sentence, std::strlen(sentence));
    static_cast<void>(written);
}

// ---- lines of the log

void begin_line(const step& s) { out.number(step_number).text(" ").text(s.text, s.length); }

void end_line() { out.text(" b=").hex(space.break_offset()).end_line(); }

void end_line(int error) {
    out.text(" b=").hex(space.break_offset()).text(" e=").number(static_cast<unsigned>(error)).end_line();
}

void log_result(const step& s, int value) {
    const int error = errno;
    begin_line(s);
    out.text(" rv=");
    if (value < 0) out.text("-");
    out.number(static_cast<unsigned>(value < 0 ? -value : value));
    end_line(error);
}

void log_skipped(const step& s) {
    begin_line(s);
    out.text(" skipped").end_line();
}

void report_damage(const char* what, std::uint64_t slot) {
    found_damage = true;
    out.number(step_number).text(" ! damaged: ").text(what).text(", slot ").number(slot).end_line();
}

// ---- blocks

block* empty_slot(const step& s) {
    block* b = s.number[0] < slot_count ? &slots[s.number[0]] : nullptr;
    return b != nullptr && b->at == nullptr ? b : nullptr;
}

block* full_slot(const step& s) {
    block* b = s.number[0] < slot_count ? &slots[s.number[0]] : nullptr;
    return b != nullptr && b->at != nullptr ? b : nullptr;
}

void check(const block& b, const char* when) {
    if (!holds(b, b.at, b.usable, chosen.thorough)) report_damage(when, static_cast<std::uint64_t>(&b - slots));
}

void log_block(const step& s, void* got, std::size_t reach, int error, unsigned char filling) {
    begin_line(s);
    out.text(" = ");
    space.name(out, got, reach);
    if (got != nullptr) {
        out.text(" w=").hex(header_of(got)).text(" u=").number(::malloc_usable_size(got));
        if (filling != 0) out.text(" f=").byte(filling);
        return end_line();
    }
    end_line(error);
}

void keep(block& b, void* got, std::size_t asked) {
    const auto slot = static_cast<std::uint64_t>(&b - slots);
    b = block{static_cast<unsigned char*>(got), asked, ::malloc_usable_size(got),
              pattern_key(slot, ++generations[slot])};
    fill(b, chosen.thorough);
}

// take - logs a request's outcome, and keeps and fills the block. `reach`: how far alignment may have moved it.
void take(const step& s, block& b, void* got, std::size_t asked, std::size_t reach = 0) {
    const int error = errno;
    const unsigned char filling = got == nullptr ? 0 : filled_with(static_cast<unsigned char*>(got), asked);
    log_block(s, got, reach, error, filling);
    if (got != nullptr) keep(b, got, asked);
}

// ---- steps that ask for a block

void do_calloc(const step& s, block& b) {
    void* got = std::calloc(s.number[1], s.number[2]);
    const std::size_t asked = s.number[1] * s.number[2];
    if (got != nullptr && !is_zero(static_cast<unsigned char*>(got), asked, chosen.thorough)) {
        report_damage("calloc's block is not zero", s.number[0]);
    }
    take(s, b, got, asked);
}

void do_posix_memalign(const step& s, block& b) {
    void* const untouched = &b;
    void* got = untouched;
    const int value = ::posix_memalign(&got, s.number[1], s.number[2]);
    const int error = errno;
    if (value == 0) {
        errno = error;
        return take(s, b, got, s.number[2], s.number[1]);
    }
    begin_line(s);
    out.text(" rv=").number(static_cast<unsigned>(value)).text(got == untouched ? " untouched" : " written");
    end_line(error);
}

void ask(const step& s) {
    block* b = empty_slot(s);
    if (b == nullptr) return log_skipped(s);
    const std::size_t first = s.number[1], second = s.number[2];
    switch (s.verb) {
    case 'm': return take(s, *b, std::malloc(first), first);
    case 'c': return do_calloc(s, *b);
    case 'R': return take(s, *b, std::realloc(nullptr, first), first);
    case 'a': return take(s, *b, ::memalign(first, second), second, first);
    case 'A': return take(s, *b, std::aligned_alloc(first, second), second, first);
    case 'p': return do_posix_memalign(s, *b);
    case 'v': return take(s, *b, ::valloc(first), first, page_size);
    default: return take(s, *b, ::pvalloc(first), first, page_size);
    }
}

// ---- steps that change or release one

void release(const step& s) {
    block* b = full_slot(s);
    if (b == nullptr) return log_skipped(s);
    check(*b, "before free");
    const std::size_t header = header_of(b->at);
    errno = 0;
    std::free(b->at);
    const int error = errno;
    *b = block{};
    begin_line(s);
    out.text(" w=").hex(header);
    end_line(error);
}

// What realloc appended to a block that it enlarged, seen where no old header can be.
unsigned char appended_filling(const block& old, const unsigned char* at, std::size_t asked) {
    const std::size_t from = old.usable + 64;
    return asked > from ? filled_with(at + from, asked - from) : 0;
}

// after_resize - `error` is realloc's errno. A realloc to nothing has freed the block; one that failed left it alone.
void after_resize(const step& s, block& b, void* got, std::size_t asked, int error) {
    const auto* at = static_cast<unsigned char*>(got);
    log_block(s, got, 0, error, got == nullptr ? 0 : appended_filling(b, at, asked));
    if (got != nullptr) {
        if (!holds(b, at, std::min(b.asked, asked), chosen.thorough)) report_damage("after realloc", s.number[0]);
        keep(b, got, asked);
    } else if (asked == 0) {
        b = block{};
    } else {
        check(b, "after a realloc that failed");
    }
}

void resize(const step& s) {
    block* b = full_slot(s);
    if (b == nullptr) return log_skipped(s);
    check(*b, "before realloc");
    const bool array = s.verb == 'y';
    std::size_t asked = s.number[1];
    if (array && __builtin_mul_overflow(s.number[1], s.number[2], &asked)) asked = SIZE_MAX;
    errno = 0;
    void* got = array ? ::reallocarray(b->at, s.number[1], s.number[2]) : std::realloc(b->at, asked);
    after_resize(s, *b, got, asked, errno);
}

// ---- steps that ask or set something

void log_counts(const struct mallinfo2& m) {
    out.text(" arena=").number(m.arena).text(" ordblks=").number(m.ordblks).text(" smblks=").number(m.smblks);
    out.text(" hblks=").number(m.hblks).text(" hblkhd=").number(m.hblkhd).text(" usmblks=").number(m.usmblks);
    out.text(" fsmblks=").number(m.fsmblks).text(" uordblks=").number(m.uordblks);
    out.text(" fordblks=").number(m.fordblks).text(" keepcost=").number(m.keepcost).end_line();
}

std::size_t widened(int field) { return static_cast<std::size_t>(field); }

struct mallinfo2 old_mallinfo() {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    const struct mallinfo m = ::mallinfo();
#pragma GCC diagnostic pop
    return {widened(m.arena),   widened(m.ordblks), widened(m.smblks),   widened(m.hblks),    widened(m.hblkhd),
            widened(m.usmblks), widened(m.fsmblks), widened(m.uordblks), widened(m.fordblks), widened(m.keepcost)};
}

// log_captured - the text stdio has written since, line by line, each under the step's number.
void log_captured() {
    const off_t length = ::lseek(capture, 0, SEEK_CUR);
    bool line_begins = true;
    for (off_t done = 0; done < length;) {
        char piece[4096];
        const ssize_t n = ::pread(capture, piece, sizeof piece, done);
        if (n <= 0) break;
        for (ssize_t i = 0; i < n; ++i) {
            if (line_begins) out.number(step_number).text(" | ");
            line_begins = piece[i] == '\n';
            out.text(piece + i, 1);
        }
        done += n;
    }
    if (!line_begins) out.end_line();
    if (::ftruncate(capture, 0) == 0) ::lseek(capture, 0, SEEK_SET);
}

void do_malloc_info(const step& s) {
    const int value = ::malloc_info(static_cast<int>(s.number[0]), stdout);
    std::fflush(stdout);
    errno = 0; // stdio's business, not malloc's
    log_result(s, value);
    log_captured();
}

// malloc_stats writes to standard error, so that is the file in memory meanwhile.
void do_malloc_stats(const step& s) {
    const int standard_error = ::dup(STDERR_FILENO);
    ::dup2(capture, STDERR_FILENO);
    ::malloc_stats();
    std::fflush(stderr);
    ::dup2(standard_error, STDERR_FILENO);
    ::close(standard_error);
    errno = 0;
    log_result(s, 0);
    log_captured();
}

void do_sbrk(const step& s) {
    const void* before = ::sbrk(static_cast<std::intptr_t>(s.number[0]));
    log_result(s, before == reinterpret_cast<void*>(-1) ? -1 : 0);
}

void do_mallinfo(const step& s) {
    begin_line(s);
    log_counts(s.verb == 'i' ? ::mallinfo2() : old_mallinfo());
}

void free_nothing(const step& s) {
    std::free(nullptr);
    log_result(s, 0);
}

void* take_turns(void* number);

void begin_thread(const step& s) {
    if (s.number[0] >= most_threads || threads.lives(s.number[0])) return log_skipped(s);
    const int value = threads.begin(s.number[0], take_turns);
    errno = 0; // pthread_create's business
    log_result(s, value);
}

void perform(const step& s) {
    errno = 0;
    switch (s.verb) {
    case 'm':
    case 'c':
    case 'R':
    case 'a':
    case 'A':
    case 'p':
    case 'v':
    case 'V': return ask(s);
    case 'f': return release(s);
    case 'r':
    case 'y': return resize(s);
    case 'F': return free_nothing(s);
    case 'i':
    case 'j': return do_mallinfo(s);
    case 'I': return do_malloc_info(s);
    case 'S': return do_malloc_stats(s);
    case 'o': return log_result(s, ::mallopt(static_cast<int>(s.number[0]), static_cast<int>(s.number[1])));
    case 't': return log_result(s, ::malloc_trim(s.number[0]));
    case 's': return do_sbrk(s);
    case 'b': return log_result(s, space.block_break() ? 1 : 0);
    case 'u': return log_result(s, space.unblock_break() ? 1 : 0);
    case 'B': return begin_thread(s);
    default: return log_skipped(s);
    }
}

// ---- the run

void sweep() {
    std::size_t live = 0;
    for (const block& b : slots) {
        if (b.at != nullptr) sweep_order[live++] = &b;
    }
    if (overlap(sweep_order, live)) report_damage("two blocks overlap", 0);
}

void log_counts_now_and_then() {
    if (chosen.info_every == 0 || step_number % chosen.info_every != 0) return;
    out.number(step_number).text(" info");
    log_counts(::mallinfo2());
}

void finish_step() {
    log_counts_now_and_then();
    if (chosen.thorough || step_number % steps_between_sweeps == 0) sweep();
}

// advance - reads the next step; the turn is the thread's whose step it is, or at the end the initial thread's.
void advance() {
    while (trace.next(now)) {
        ++step_number;
        turn = now.thread;
        if (threads.lives(turn)) return;
        log_skipped(now);
        finish_step();
    }
    over = true;
    turn = 0;
}

// do_own_steps - of thread `self`, which has the turn, up to somebody else's step or to its end.
void do_own_steps(std::uint64_t self) {
    while (turn == self && !over) {
        if (now.verb == 'E' && self != 0) {
            leaving = self;
            turn = 0;
            return;
        }
        space.note_arena();
        perform(now);
        finish_step();
        advance();
    }
}

// take_turns - the life of every thread but the initial one.
void* take_turns(void* number) {
    const auto self = reinterpret_cast<std::uint64_t>(number);
    for (bool ends = false; !ends;) {
        threads.await_turn(self);
        do_own_steps(self);
        ends = leaving == self;
        threads.give_turn(turn);
    }
    return nullptr;
}

// A thread that ends has given the turn to the initial one, which does the rest of that step.
void see_off() {
    threads.see_off(leaving);
    leaving = 0;
    begin_line(now);
    end_line();
    finish_step();
    advance();
}

void play_trace() {
    threads.prepare();
    for (advance(); !over;) {
        do_own_steps(0);
        if (over) break;
        threads.give_turn(turn);
        threads.await_turn(0);
        if (leaving != 0) see_off();
    }
    sweep();
    for (const block& b : slots) {
        if (b.at != nullptr) check(b, "at the end");
    }
    out.text("end").end_line();
}

// The log so far is most of what one wants to know about a crash.
void die(int signal_number) {
    out.number(step_number).text(" ! died in the step after this one's log line, of signal ");
    out.number(static_cast<unsigned>(signal_number)).end_line().flush();
    std::signal(signal_number, SIG_DFL);
    std::raise(signal_number);
}

void keep_log_on_crash() {
    for (const int n : {SIGSEGV, SIGBUS, SIGABRT, SIGALRM, SIGILL, SIGFPE}) std::signal(n, die);
}

bool open_log() {
    const int file = chosen.log == nullptr ? ::dup(STDOUT_FILENO)
                                           : ::open(chosen.log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    out.attach(file);
    return file >= 0;
}

// stdout gets a static buffer, because stdio would allocate one, and a file in memory to be read back from.
bool capture_stdio() {
    capture = ::memfd_create("stdio", MFD_CLOEXEC);
    if (capture < 0 || ::dup2(capture, STDOUT_FILENO) < 0) return false;
    return std::setvbuf(stdout, stdio_buffer, _IOFBF, sizeof stdio_buffer) == 0;
}

bool equal(const char* a, const char* b) { return std::strcmp(a, b) == 0; }

bool read_options(int count, char** arguments) {
    for (int i = 1; i < count; ++i) {
        const bool more = i + 1 < count;
        if (equal(arguments[i], "--thorough"))
            chosen.thorough = true;
        else if (equal(arguments[i], "--log") && more)
            chosen.log = arguments[++i];
        else if (equal(arguments[i], "--info") && more)
            chosen.info_every = std::strtoull(arguments[++i], nullptr, 10);
        else if (equal(arguments[i], "--sub-heap") && more)
            sub_heap_size = std::strtoull(arguments[++i], nullptr, 10) << 20;
        else if (arguments[i][0] != '-' && chosen.trace == nullptr)
            chosen.trace = arguments[i];
        else
            return false;
    }
    return chosen.trace != nullptr;
}

int run(int count, char** arguments) {
    if (count == 2 && equal(arguments[1], "--libc")) {
        const char* version = ::gnu_get_libc_version();
        return ::write(STDOUT_FILENO, version, std::strlen(version)) > 0 ? all_well : not_readable;
    }
    if (!read_options(count, arguments)) {
        say("usage: play TRACE [--log FILE] [--info N] [--sub-heap MIB] [--thorough]\n");
        return not_readable;
    }
    if (!run_without_randomisation(arguments)) {
        say("play: the system refuses personality(ADDR_NO_RANDOMIZE): addresses stay randomised, and results that "
            "depend on them may differ between runs\n");
    }
    if (!trace.open(chosen.trace) || !open_log()) {
        say("play: cannot open the trace or the log\n");
        return not_readable;
    }
    if (!capture_stdio() || !space.prepare()) {
        say("play: cannot prepare the address space\n");
        return not_prepared;
    }
    keep_log_on_crash();
    play_trace();
    out.flush();
    return found_damage ? damaged : all_well;
}

} // namespace
} // namespace play

// _exit: nothing that runs at exit is part of the trace.
int main(int count, char** arguments) { ::_exit(play::run(count, arguments)); }
