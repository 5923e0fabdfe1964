// containers [rounds] - new and delete through the standard containers: strings in maps, lists, hash tables, vectors.
#include "measured.hpp"
#include "support.hpp"

#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

std::string name(bench::random_numbers& chance) {
    return "name " + std::string(chance.below(40), 'x') + std::to_string(chance.below(5000));
}

std::size_t fill_and_empty_maps(bench::random_numbers& chance) {
    std::map<std::string, std::vector<std::size_t>> sorted;
    std::unordered_map<std::string, std::unique_ptr<std::string>> hashed;
    for (std::size_t i = 0; i < 4000; ++i) {
        sorted[name(chance)].push_back(i);
        hashed[name(chance)] = std::make_unique<std::string>(chance.below(200), 'y');
        if (i % 4 == 3) sorted.erase(sorted.begin());
    }
    std::size_t sum = sorted.size();
    for (const auto& [key, text] : hashed) sum += key.size() * text->size();
    return sum;
}

std::size_t shuffle_lists(bench::random_numbers& chance) {
    std::vector<std::list<std::string>> lists(16);
    for (std::size_t i = 0; i < 8000; ++i) {
        auto& from = lists[chance.below(lists.size())];
        auto& to = lists[chance.below(lists.size())];
        if (!from.empty() && chance.below(3) == 0) from.pop_front();
        to.push_back(name(chance));
    }
    std::size_t sum = 0;
    for (const auto& list : lists) sum = sum * 31 + list.size();
    return sum;
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t rounds = bench::argument(argc, argv, 1, 100);
    return bench::measured([=] {
        bench::random_numbers chance(4);
        std::size_t sum = 0;
        for (std::size_t i = 0; i < rounds; ++i) sum += fill_and_empty_maps(chance) + shuffle_lists(chance);
        return sum;
    });
}
