#include <ptm/os/huge_page.hpp>

#include "support/catch.hpp"

#include "support/system_files.hpp"

#include <cerrno>
#include <cstdint>
#include <string>

namespace {

// advice - a system as it gives huge pages on advice.
struct advice : ptm_test::system_files {
    void write(const std::string& name, const std::string& text) {
        system_files::write("/sys/kernel/mm/transparent_hugepage/" + name, text);
    }
    std::size_t huge_page_bytes() const { return ptm::advised_huge_page_bytes(root()); }
};

// As the kernel has them, with a line before that begins alike.
constexpr const char* meminfo = "MemTotal:       16384000 kB\n"
                                "HugePages_Total:       0\n"
                                "HugepagesizeX:         1 kB\n"
                                "Hugepagesize:       2048 kB\n"
                                "DirectMap4k:      120000 kB\n";

} // namespace

TEST_CASE("huge pages count where they are given on advice") {
    advice files;
    files.write("enabled", "always [madvise] never\n");
    files.write("hpage_pmd_size", "2097152\n");
    CHECK(files.huge_page_bytes() == 2097152);
}

TEST_CASE("huge pages given always or never do not count") {
    advice files;
    files.write("hpage_pmd_size", "2097152\n");
    files.write("enabled", "[always] madvise never\n");
    CHECK(files.huge_page_bytes() == 0);
    files.write("enabled", "always madvise [never]\n");
    CHECK(files.huge_page_bytes() == 0);
}

TEST_CASE("a system that does not say has no huge pages, and errno survives") {
    advice files;
    const std::string root = files.root();
    errno = 1234;
    const std::size_t found = ptm::advised_huge_page_bytes(root);
    CHECK(errno == 1234);
    CHECK(found == 0);
    files.write("enabled", "always [madvise] never\n");
    CHECK(files.huge_page_bytes() == 0);
    files.write("hpage_pmd_size", "unknown\n");
    CHECK(files.huge_page_bytes() == 0);
}

TEST_CASE("a root that is too long is not cut off and tried all the same") {
    CHECK(ptm::advised_huge_page_bytes(std::string(2000, '/')) == 0);
}

TEST_CASE("two stands for the usual huge page of the system") {
    ptm_test::system_files files;
    CHECK(ptm::explicit_huge_page_bytes(2, files.root()) == 0);
    files.write("/proc/meminfo", meminfo);
    CHECK(ptm::explicit_huge_page_bytes(2, files.root()) == 2048 * 1024);
    files.write("/proc/meminfo", "MemTotal:  100 kB\nHugePages_Total: 0\n");
    CHECK(ptm::explicit_huge_page_bytes(2, files.root()) == 0);
    files.write("/proc/meminfo", "Hugepagesize:");
    CHECK(ptm::explicit_huge_page_bytes(2, files.root()) == 0);
}

TEST_CASE("more than two is the size of a huge page, if the system has such") {
    ptm_test::system_files files;
    files.write("/proc/meminfo", meminfo);
    files.write("/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0\n");
    CHECK(ptm::explicit_huge_page_bytes(std::uint64_t{1} << 30, files.root()) == std::size_t{1} << 30);
    for (std::uint64_t other : {std::uint64_t{3}, std::uint64_t{1024}, std::uint64_t{2} << 20,
                                (std::uint64_t{1} << 30) + 1, std::uint64_t{UINT64_MAX}})
        CHECK(ptm::explicit_huge_page_bytes(other, files.root()) == 0);
}

TEST_CASE("without the wish there are no huge pages, and errno survives") {
    ptm_test::system_files files;
    files.write("/proc/meminfo", meminfo);
    const std::string root = files.root();
    for (std::uint64_t wanted : {0u, 1u, 4096u}) {
        errno = 1234;
        const std::size_t found = ptm::explicit_huge_page_bytes(wanted, root);
        CHECK(errno == 1234);
        CHECK(found == 0);
    }
}

TEST_CASE("the system's own huge page is a power of two, if it has any") {
    const std::size_t usual = ptm::explicit_huge_page_bytes(2);
    CHECK((usual & (usual - 1)) == 0);
    if (usual > 0) CHECK(ptm::explicit_huge_page_bytes(usual) == usual);
}
