// support/system_files.hpp - a folder with files as the kernel would show them, for what takes the root of the system's
// files as a parameter. It is gone at the end of the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace ptm_test {

class system_files {
    std::filesystem::path root_;

public:
    system_files() {
        std::string pattern = std::filesystem::temp_directory_path() / "ptm_system_files_XXXXXX";
        if (mkdtemp(pattern.data()) == nullptr) std::abort();
        root_ = pattern;
    }
    system_files(const system_files&) = delete;
    ~system_files() { std::filesystem::remove_all(root_); }

    std::string root() const { return root_.string(); }

    // write - `place` begins with a slash: "/proc/meminfo". Folders on the way are made.
    void write(const std::string& place, const std::string& text) {
        std::filesystem::path file = root_.string() + place;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }
};

} // namespace ptm_test
