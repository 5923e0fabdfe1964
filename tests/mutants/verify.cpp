// Every check of verify() is said to be broken by a mutant, and every mutant is told by its sentence. The checks are
// read from the headers themselves: one more of them without a mutant is an error.
#include "mutants/mutants.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace {

// sentences - one for each check; two checks may have the same.
using sentences = std::multiset<std::string>;

// sentences_in - of a source: the last string in each statement that calls must().
sentences sentences_in(const std::string& source) {
    sentences all;
    for (std::size_t at = 0; (at = source.find("must(", at)) != std::string::npos; ++at) {
        std::string call = source.substr(at, source.find(';', at) - at);
        std::size_t end = call.rfind('"');
        if (end != std::string::npos)
            all.insert(call.substr(call.rfind('"', end - 1) + 1, end - call.rfind('"', end - 1) - 1));
    }
    return all;
}

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// all_sentences - of the library.
sentences all_sentences() {
    sentences all;
    for (const auto& file : std::filesystem::recursive_directory_iterator(PTM_HEADERS))
        if (file.is_regular_file()) all.merge(sentences_in(text_of(file.path())));
    return all;
}

std::vector<mutants::mutant> all_mutants() {
    std::vector<mutants::mutant> all;
    for (auto* some : {&mutants::in_headers(), &mutants::in_bins(), &mutants::in_memory(), &mutants::in_slabs()})
        all.insert(all.end(), some->begin(), some->end());
    return all;
}

}

TEST_CASE("verify says the sentence of every mutant") {
    for (const mutants::mutant& m : all_mutants()) {
        INFO(m.planted);
        CHECK(m.said() == m.sentence);
    }
}

TEST_CASE("every check of verify has its mutant") {
    sentences killed;
    for (const mutants::mutant& m : all_mutants()) killed.insert(m.sentence);
    CHECK(all_sentences().size() > 30);
    CHECK(all_sentences() == killed);
}

TEST_CASE("what the mutants are made from is sound") {
    auto live = [](auto& a) {
        void* p = a.allocate(2000);
        a.allocate(100);
        a.deallocate(p);
        a.deallocate(a.allocate(30));
        a.allocate(30'000);
    };
    CHECK(mutants::said_of<mutants::sound>(live) == "sound");
    CHECK(mutants::said_of<mutants::sound_in_regions>(live) == "sound");
    CHECK(mutants::said_of_shelves() == "sound");
    CHECK(mutants::said_of_side<mutants::sound>([](auto& a) { mutants::take(a, 1000); }) == "sound");
}

TEST_CASE("a sentence is found in a call of any shape") {
    CHECK(sentences_in("v.must(a, \"one\"); v.must(f(b),\n   \"two\");") == sentences{"one", "two"});
    CHECK(sentences_in("void must(bool holds, const char* what);").empty());
    CHECK(sentences_in("v.must(a, \"one\"); v.must(b, \"one\");").size() == 2);
    CHECK(sentences_in("return v.must(x == \"y\", \"z\");") == sentences{"z"});
}
