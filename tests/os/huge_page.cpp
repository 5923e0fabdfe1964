#include <ptm/os/huge_page.hpp>

#include "support/catch.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

namespace fs = std::filesystem;

// system_files - a folder with files as the kernel would show them.
class system_files {
    fs::path root_;

    fs::path place() const { return root_ / "sys/kernel/mm/transparent_hugepage"; }

public:
    system_files() {
        std::string pattern = fs::temp_directory_path() / "ptm_huge_page_XXXXXX";
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        root_ = pattern;
        fs::create_directories(place());
    }
    ~system_files() { fs::remove_all(root_); }

    void write(const char* name, const char* text) { std::ofstream(place() / name) << text; }
    std::size_t huge_page_bytes() const { return ptm::advised_huge_page_bytes(root_.string()); }
};

} // namespace

TEST_CASE("huge pages count where they are given on advice") {
    system_files files;
    files.write("enabled", "always [madvise] never\n");
    files.write("hpage_pmd_size", "2097152\n");
    CHECK(files.huge_page_bytes() == 2097152);
}

TEST_CASE("huge pages given always or never do not count") {
    system_files files;
    files.write("hpage_pmd_size", "2097152\n");
    files.write("enabled", "[always] madvise never\n");
    CHECK(files.huge_page_bytes() == 0);
    files.write("enabled", "always madvise [never]\n");
    CHECK(files.huge_page_bytes() == 0);
}

TEST_CASE("a system that does not say has no huge pages, and errno survives") {
    system_files files;
    errno = 1234;
    CHECK(files.huge_page_bytes() == 0);
    files.write("enabled", "always [madvise] never\n");
    CHECK(files.huge_page_bytes() == 0);
    files.write("hpage_pmd_size", "unknown\n");
    CHECK(files.huge_page_bytes() == 0);
    CHECK(errno == 1234);
}

TEST_CASE("a root that is too long is not cut off and tried all the same") {
    CHECK(ptm::advised_huge_page_bytes(std::string(300, '/')) == 0);
}

TEST_CASE("numbers end where the digits do") {
    CHECK(ptm::detail::decimal("4096\n") == 4096);
    CHECK(ptm::detail::decimal("") == 0);
    CHECK(ptm::detail::decimal("x1") == 0);
}
