// Containers of the standard library on an arena: the first program takes two lines.
#include <cstdio>
#include <memory_resource>
#include <string>
#include <unordered_map>
#include <vector>

#include <ptm/ptm.hpp>

int main() {
    ptm::arena_resource<> r;
    std::pmr::vector<int> v(&r);

    for (int i = 0; i < 1000; ++i) v.push_back(i);
    std::pmr::unordered_map<int, std::pmr::string> names(&r);
    for (int i : v) names.try_emplace(i, "a name that is longer than what a string object can hold");
    std::printf("%zu numbers and %zu names in %zu bytes\n", v.size(), names.size(), r.arena().held());

    names.clear();
    names.rehash(0);
    v = std::pmr::vector<int>(&r);
    return r.arena().verify() == nullptr ? 0 : 1;
}
