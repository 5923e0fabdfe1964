#include "support/books.hpp"
#include "support/configs.hpp"
#include "support/live_blocks.hpp"

#include <ptm/arena/extend.hpp>
#include <ptm/chunk/compact_tag.hpp>
#include <ptm/os/buffer.hpp>

#include <cerrno>
#include <new>
#include <vector>

#include <sys/mman.h>

namespace {
using config = ptm_test::counted_glass;
using header = config::header;
using arena = ptm_test::fresh_arena<config>;
using ptm_test::books_agree;

struct in_a_buffer
    : ptm::edit<ptm_test::glass, ptm::set_main_backend<ptm::counted<ptm::buffer_backend>>,
                ptm::set_mapped_backend<ptm::counted<ptm::no_backend>>, ptm::set_tuned<ptm::tuning{.top_pad = 0}>> {};
struct other_fallback
    : ptm::edit<config, ptm::set_tuned<ptm::tuning{.fallback_multiple = 0, .fallback_least = 1024 * 1024}>> {};

// Fills a buffer of `bytes` that begins anywhere with small blocks; all must lie in it, and nothing else be written.
void fill_buffer(std::byte* begin, std::size_t bytes) {
    begin[-1] = begin[bytes] = std::byte{0x77};
    ptm_test::fresh_arena<in_a_buffer> a{typename in_a_buffer::main_backend(ptm::pages{begin, bytes})};
    ptm_test::live_blocks live;
    for (std::size_t i = 0; void* p = a.allocate(i % 7 * 40); ++i) {
        REQUIRE(ptm::is_aligned(p, 16));
        REQUIRE(p >= static_cast<void*>(begin));
        REQUIRE(ptm::offset(p, a.usable_size(p)) <= begin + bytes);
        REQUIRE(live.add(p, a.usable_size(p)));
        REQUIRE(ptm_test::verdict(a) == "sound");
        REQUIRE(books_agree(a));
    }
    REQUIRE(live.intact());
    REQUIRE(begin[-1] == std::byte{0x77});
    REQUIRE(begin[bytes] == std::byte{0x77});
    while (!live.empty()) a.deallocate(live.take(0).at);
    REQUIRE(ptm_test::verdict(a) == "sound");
    REQUIRE(a.figures().used_bytes() <= 64 * a.backend().calls);
}
}

TEST_CASE("the first growth is the need, the pad and a smallest chunk, in pages") {
    arena a;
    a.allocate(640);
    CHECK(a.figures().system_bytes == 0x21000);
    CHECK(a.state().base == a.backend().frontier() - 0x21000);
    CHECK(a.backend().calls == 1);
}

TEST_CASE("what top has is not asked for again") {
    arena a;
    a.allocate(1000);
    a.allocate(131000);
    CHECK(a.figures().system_bytes == 0x21000);
    a.allocate(60000);
    CHECK(a.figures().system_bytes == 0x21000 + 0x1e000 + 0x1000 * ((60016 + 131072 + 32 - 3144 - 1) / 4096 - 30 + 1));
    CHECK(a.figures().used_bytes() == 1008 + 131008 + 60016);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("a pad that wraps asks for no more than the need") {
    arena a;
    a.shared().top_pad = static_cast<std::size_t>(-1);
    a.allocate(1000);
    CHECK(a.figures().system_bytes == 4096);
}

TEST_CASE("beyond memory that somebody else took a new top begins") {
    arena a;
    void* p = a.allocate(1000);
    a.allocate(100000); // leaves a top that is not large enough to tidy up for
    a.backend().obtain(4096);
    a.shared().mmap_max = 0;
    void* q = a.allocate(200000);
    CHECK(ptm::bytes_between(p, q) == 0x21000 + 4096);
    ptm::arena_figures f = a.figures();
    CHECK(f.binned_chunks == 1); // the old top
    CHECK(f.used_bytes() == 1008 + 100016 + 200016 + 32 + 4096);
    CHECK(f.system_bytes == a.backend().bytes_held);
    CHECK(a.state().contiguous);
    CHECK(ptm_test::verdict(a) == "sound");
    a.deallocate(q);
    a.deallocate(p);
    CHECK(a.figures().used_bytes() == 100016 + 32 + 4096);
}

// As in glibc, where it can be seen with malloc(1000), sbrk(4096), mallopt(M_MMAP_MAX, 0), malloc(200000).
TEST_CASE("a large old top left behind makes the arena tidy, which gives the growth back again") {
    arena a;
    void* p = a.allocate(1000);
    a.backend().obtain(4096);
    a.shared().mmap_max = 0;
    errno = 0;
    CHECK(a.allocate(200000) == nullptr);
    CHECK(errno == ENOMEM);
    CHECK(a.figures().system_bytes == 0x43000);
    CHECK(a.figures().top_bytes == 0x21000);
    CHECK(a.allocate(200000) != nullptr); // top is contiguous again
    CHECK(books_agree(a));
    CHECK(ptm_test::verdict(a) == "sound");
    a.deallocate(p);
}

TEST_CASE("when the main backend refuses, the mapped one helps out, and errno survives") {
    arena a;
    void* p = a.allocate(24);
    a.shared().mmap_threshold = 1000000000;
    a.backend().grant(0);
    errno = 55;
    void* q = a.allocate(140000);
    CHECK(errno == 55);
    CHECK_FALSE(header::is_mapped(a.chunk_of(q)));
    CHECK_FALSE(a.state().contiguous);
    CHECK(a.figures().system_bytes == 0x21000 + 1048576);
    CHECK(a.figures().binned_chunks == 1);
    CHECK(ptm::bytes_between(q, a.allocate(900000)) == 0x22300 - 0x10);
    void* r = a.allocate(200000); // the next region: no more than needed, in pages
    CHECK(a.figures().system_bytes == 0x21000 + 1048576 + 331776);
    CHECK(a.shared().mapped_bytes == 0);
    CHECK(books_agree(a));
    CHECK(ptm_test::verdict(a) == "sound");
    for (void* each : {p, q, r}) a.deallocate(each);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("the fallback sizes are the configuration's") {
    ptm_test::fresh_arena<other_fallback> a;
    a.shared().mmap_threshold = 1000000000;
    a.backend().grant(0);
    a.allocate(24);
    CHECK(a.figures().system_bytes == 1048576);
    a.allocate(2000000);
    CHECK(a.figures().system_bytes == 1048576 + ptm::align_up(2000016 + 131072 + 32, 4096));
    CHECK(books_agree(a));
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("after a fallback the main backend is asked again") {
    arena a;
    a.allocate(24);
    a.backend().grant(0);
    a.shared().mmap_threshold = 1000000000;
    a.allocate(140000);
    a.backend().grant(a.backend().unlimited);
    a.allocate(2000000);
    CHECK(a.state().top == header::at(a.backend().frontier(), -ptm::bytes(header::size_of(a.state().top))));
    CHECK(books_agree(a));
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("when nobody has anything the arena is as it was") {
    arena a;
    void* p = a.allocate(24);
    a.backend().grant(0);
    a.shared().mapped_backend.grant(0);
    ptm::arena_figures before = a.figures();
    errno = 0;
    CHECK(a.allocate(140000) == nullptr);
    CHECK(errno == ENOMEM);
    CHECK(a.figures().system_bytes == before.system_bytes);
    CHECK(a.figures().top_bytes == before.top_bytes);
    CHECK(a.state().contiguous);
    CHECK(ptm_test::verdict(a) == "sound");
    a.deallocate(p);
}

TEST_CASE("a frontier that went back below the arena is reported") {
    arena a;
    a.allocate(24);
    a.backend().retreat(4096);
    auto act = [&] { ptm::from_system(a.state(), ptm::no_stash{}, ptm::chunk_size{131072 - 16}); };
    CHECK(ptm_test::fault_of(act) == "break adjusted to free malloc space");
}

TEST_CASE("a top too small for a chunk and two fences is lost, but nothing else") {
    arena a;
    a.shared().top_pad = 0;
    a.allocate(4096 - 32 - 8); // leaves a top of 32 bytes
    CHECK(a.figures().top_bytes == 32);
    a.backend().obtain(4096);
    a.allocate(5000);
    CHECK(a.figures().binned_chunks == 0);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("a buffer may begin and end anywhere") {
    alignas(64) static std::byte buffer[4096 + 256];
    for (std::size_t shift = 1; shift <= 65; ++shift)
        for (std::size_t bytes : {4000u, 4001u, 4004u, 4008u, 4015u}) {
            CAPTURE(shift, bytes);
            fill_buffer(buffer + shift, bytes);
        }
}

TEST_CASE("a buffer too small for anything serves nothing") {
    alignas(64) static std::byte buffer[256];
    for (std::size_t bytes = 0; bytes < 130; ++bytes) {
        CAPTURE(bytes);
        fill_buffer(buffer + 8, bytes);
    }
}

// ---- headers that cannot note everything
// -----------------------------------------------------------------------------

namespace {
using namespace ptm::literals;

// Mappings lie where the system wants them: far from what is static.
struct far_away : ptm::edit<ptm_test::glass, ptm::set_header<ptm::compact_tag>,
                            ptm::set_main_backend<ptm::counted<ptm::mmap_backend>>,
                            ptm::set_mapped_backend<ptm::counted<ptm::mmap_backend>>> {};

struct compact_in_a_buffer : ptm::edit<in_a_buffer, ptm::set_header<ptm::compact_tag>> {};

constinit ptm::arena<far_away> far_arena;

// Addresses with an arena at their start; only what is written becomes memory.
struct expanse {
    static constexpr std::size_t size = 8_GiB, head = 4096;
    using arena = ptm::arena<compact_in_a_buffer>;
    static_assert(sizeof(arena) <= head);

    void* data = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    expanse() = default;
    expanse(const expanse&) = delete;
    ~expanse() { munmap(data, size); }

    arena& make() {
        ptm::pages rest{ptm::offset(data, head), size - head};
        return *::new (data) arena(compact_in_a_buffer::main_backend(rest));
    }
};
}

TEST_CASE("memory that the links of a header cannot reach goes back, and the request fails") {
    errno = 0;
    CHECK(far_arena.allocate(100) == nullptr);
    CHECK(errno == ENOMEM);
    CHECK(far_arena.backend().calls == 4);               // a generous region and a small one, both got and given back
    CHECK(far_arena.shared().mapped_backend.calls == 4); // the way out led too far, too
    CHECK(books_agree(far_arena));
    CHECK(far_arena.figures().system_bytes == 0);
    CHECK(ptm_test::verdict(far_arena) == "sound");

    void* p = far_arena.allocate(200'000); // a mapping of its own is not linked to anything
    REQUIRE(p != nullptr);
    far_arena.deallocate(p);
    CHECK(books_agree(far_arena));
}

TEST_CASE("an arena stays as small as its header's sizes") {
    expanse e;
    if (e.data == MAP_FAILED) return; // a system that counts addresses as memory
    auto& a = e.make();
    std::vector<void*> blocks;
    while (void* p = a.allocate(1_GiB)) blocks.push_back(p);
    CHECK(blocks.size() == 3);
    CHECK(errno == ENOMEM);
    for (std::size_t n : {4_GiB, 5_GiB, 4_GiB - 100}) CHECK(a.allocate(n) == nullptr);
    CHECK(a.allocate(1_GiB, 4_GiB) == nullptr);
    CHECK(a.reallocate(blocks[2], 5_GiB) == nullptr);
    CHECK(ptm_test::verdict(a) == "sound");
    CHECK(books_agree(a));

    void* last = a.allocate(1000_MiB); // there was room for that
    REQUIRE(last != nullptr);
    CHECK(a.figures().system_bytes <= bytes(ptm::compact_tag::largest));
    for (void* p : blocks) a.deallocate(p);
    CHECK(ptm_test::verdict(a) == "sound");
    a.deallocate(last);
    CHECK(a.allocate(3_GiB) != nullptr);
    CHECK(ptm_test::verdict(a) == "sound");
}

TEST_CASE("a mapping that a header cannot note goes back") {
    errno = 0;
    CHECK(far_arena.allocate(5_GiB) == nullptr);
    CHECK(errno == ENOMEM);
    CHECK(books_agree(far_arena));
    void* p = far_arena.allocate(1_MiB);
    REQUIRE(p != nullptr);
    CHECK(far_arena.reallocate(p, 5_GiB) == nullptr);
    CHECK(far_arena.usable_size(p) >= 1_MiB);
    far_arena.deallocate(p);
    CHECK(books_agree(far_arena));
}
