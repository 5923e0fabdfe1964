#include <ptm/os/buffer.hpp>

#include "support/seed.hpp"

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

static_assert(std::is_trivially_destructible_v<ptm::buffer_backend>);

namespace {

std::byte of_the_program[4096];
constinit ptm::buffer_backend before_constructors{ptm::pages{of_the_program, sizeof of_the_program}};

// A buffer between two fences of known bytes.
struct fenced {
    static constexpr std::size_t inside = 2048, fence = 256;
    std::byte bytes[fence + inside + fence];

    fenced() { std::memset(bytes, 0xfe, sizeof bytes); }
    ptm::pages buffer() { return {bytes + fence, inside}; }
    bool intact() const {
        for (std::size_t i = 0; i < fence; ++i)
            if (bytes[i] != std::byte{0xfe} || bytes[fence + inside + i] != std::byte{0xfe}) return false;
        return true;
    }
};

} // namespace

TEST_CASE("buffer_backend works before constructors") {
    ptm::pages run = before_constructors.obtain(96);
    CHECK(run == ptm::pages{of_the_program, 96});
    CHECK(before_constructors.remaining() == sizeof of_the_program - 96);
    CHECK(before_constructors.give_back(run));
}

TEST_CASE("buffer_backend without a buffer has nothing") {
    ptm::buffer_backend backend;
    errno = 0;
    CHECK_FALSE(backend.obtain(1));
    CHECK(errno == ENOMEM);
    CHECK(backend.remaining() == 0);
    CHECK(backend.frontier() == nullptr);
    CHECK(backend.retreat(1) == 0);
}

TEST_CASE("buffer_backend hands out its buffer to the last byte and then nothing") {
    fenced memory;
    ptm::buffer_backend backend(memory.buffer());
    CHECK(backend.obtain(fenced::inside - 1).data == memory.buffer().data);
    CHECK_FALSE(backend.obtain(2));
    CHECK(backend.remaining() == 1);
    CHECK(backend.obtain(1).end() == memory.buffer().end());
    errno = 0;
    CHECK_FALSE(backend.obtain(1));
    CHECK(errno == ENOMEM);
    CHECK(backend.remaining() == 0);
}

TEST_CASE("buffer_backend does not wrap around with a huge request") {
    fenced memory;
    ptm::buffer_backend backend(memory.buffer());
    REQUIRE(backend.obtain(64));
    CHECK_FALSE(backend.obtain(SIZE_MAX));
    CHECK_FALSE(backend.obtain(SIZE_MAX - 63));
    CHECK(backend.remaining() == fenced::inside - 64);
}

TEST_CASE("buffer_backend takes back no more than it gave") {
    fenced memory;
    ptm::buffer_backend backend(memory.buffer());
    REQUIRE(backend.obtain(64));
    CHECK(backend.retreat(65) == 0);
    CHECK(backend.retreat(SIZE_MAX) == 0);
    CHECK(backend.frontier() == memory.buffer().data + 64);
    CHECK(backend.retreat(64) == 64);
    CHECK(backend.frontier() == memory.buffer().data);
}

TEST_CASE("buffer_backend can be emptied at once and used from its start again") {
    fenced memory;
    ptm::buffer_backend backend(memory.buffer());
    REQUIRE(backend.obtain(64));
    REQUIRE(backend.obtain(fenced::inside - 64));
    backend.release();
    CHECK(backend.remaining() == fenced::inside);
    CHECK(backend.obtain(fenced::inside).data == memory.buffer().data);
    ptm::buffer_backend none;
    none.release();
    CHECK_FALSE(none.obtain(1));
}

TEST_CASE("buffer_backend never leaves its buffer") {
    PTM_TEST_SEED(random);
    fenced memory;
    ptm::buffer_backend backend(memory.buffer());
    std::vector<ptm::pages> held;
    for (std::size_t i = 0; i < ptm_test::steps(2000); ++i) {
        if (random() % 2 == 0 && !held.empty()) {
            REQUIRE(backend.give_back(held.back()));
            held.pop_back();
        } else if (ptm::pages run = backend.obtain(random() % 300)) {
            REQUIRE((run.data >= memory.buffer().data && run.end() <= memory.buffer().end()));
            std::memset(run.data, static_cast<int>(i & 0x7f), run.bytes);
            held.push_back(run);
        }
    }
    CHECK(memory.intact());
}
