// checker <check> <root> [<phrase>]
//
// Runs one architecture check over the tree at <root>; exit status 0 if nothing is wrong. With a phrase it is the other
// way around: the check must complain, and a complaint must contain the phrase. So the checks are tested themselves.
#include "source.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>

namespace {

using namespace architecture;

const std::map<std::string, findings (*)(const std::string&), std::less<>> checks = {
    {"floors", check_floors},
    {"tests_exist", check_tests},
    {"conditionals", check_conditionals},
    {"functions", check_functions},
};

void print(const findings& found) {
    for (const std::string& remark : found.remarks) std::printf("%s\n", remark.c_str());
    for (const std::string& complaint : found.complaints) std::printf("%s\n", complaint.c_str());
}

int complained_about(const findings& found, const std::string& phrase) {
    auto says = [&](const std::string& complaint) { return complaint.find(phrase) != complaint.npos; };
    if (std::any_of(found.complaints.begin(), found.complaints.end(), says)) return 0;
    std::printf("expected a complaint with \"%s\", found %zu others\n", phrase.c_str(), found.complaints.size());
    return 1;
}

int run(int argc, char** argv) {
    auto check = argc > 2 ? checks.find(argv[1]) : checks.end();
    if (check == checks.end()) {
        std::fprintf(stderr, "usage: %s floors|tests_exist|conditionals|functions <root> [<phrase>]\n", argv[0]);
        return 2;
    }
    const findings found = check->second(argv[2]);
    print(found);
    return argc > 3 ? complained_about(found, argv[3]) : !found.complaints.empty();
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "%s\n", failure.what());
        return 2;
    }
}
