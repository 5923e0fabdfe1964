#include <ptm/os/small_file.hpp>

#include "support/catch.hpp"
#include "support/system_files.hpp"

#include <string>
#include <vector>

using ptm::detail::file_lines;
using ptm::detail::small_file;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    ptm_test::system_files files;
    files.write("/file", text);
    std::vector<std::string> found;
    for (file_lines<> lines(files.root(), "/file"); lines.next();) found.emplace_back(lines.line());
    return found;
}

} // namespace

TEST_CASE("a small file is read whole, or as far as there is room") {
    ptm_test::system_files files;
    files.write("/some/where", "0123456789\n");
    CHECK(small_file(files.root(), "/some/where").text() == "0123456789\n");
    CHECK(small_file(files.root(), "/some/", "where").text() == "0123456789\n");
    CHECK(small_file<4>(files.root(), "/some/where").text() == "0123");
    files.write("/large", std::string(5000, 'x'));
    CHECK(small_file<6000>(files.root(), "/large").text() == std::string(5000, 'x'));
}

TEST_CASE("a file that cannot be read is empty") {
    ptm_test::system_files files;
    CHECK(small_file(files.root(), "/missing").text().empty());
    CHECK(small_file(files.root()).text().empty()); // a folder
    CHECK_FALSE(file_lines<>(files.root(), "/missing").next());
    CHECK_FALSE(file_lines<>(files.root()).next());
}

TEST_CASE("a path that is too long is not cut off and read all the same") {
    const std::string slashes(2000, '/');
    CHECK(small_file(slashes, "/proc/self/stat").text().empty());
    CHECK_FALSE(file_lines<>(slashes, "/proc/self/stat").next());
}

TEST_CASE("a file is read line by line") {
    CHECK(lines_of("").empty());
    CHECK(lines_of("one\ntwo\n") == std::vector<std::string>{"one", "two"});
    CHECK(lines_of("one\n\nthree") == std::vector<std::string>{"one", "", "three"});
    CHECK(lines_of("\n") == std::vector<std::string>{""});
}

TEST_CASE("lines may be many, and end where a chunk ends") {
    for (std::size_t length : {254u, 255u, 256u, 257u, 511u}) {
        const std::string line(length, 'x');
        CHECK(lines_of(line + "\n" + line + "\nend") == std::vector<std::string>{line, line, "end"});
    }
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "line " + std::to_string(i) + "\n";
    const auto found = lines_of(many);
    REQUIRE(found.size() == 1000);
    CHECK(found.back() == "line 999");
}

TEST_CASE("what a line has beyond its room is left out") {
    ptm_test::system_files files;
    files.write("/file", "0123456789\nabcd\nabcde");
    file_lines<4> lines(files.root(), "/file");
    REQUIRE(lines.next());
    CHECK(lines.line() == "0123");
    CHECK(lines.is_cut());
    REQUIRE(lines.next());
    CHECK(lines.line() == "abcd");
    CHECK_FALSE(lines.is_cut());
    REQUIRE(lines.next());
    CHECK(lines.is_cut());
    CHECK_FALSE(lines.next());
}

TEST_CASE("numbers end where the digits do") {
    CHECK(ptm::detail::decimal("4096\n") == 4096);
    CHECK(ptm::detail::decimal("") == 0);
    CHECK(ptm::detail::decimal("x1") == 0);
    CHECK(ptm::detail::decimal("-1") == 0);
}
