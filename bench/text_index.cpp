// text_index [documents] - an index of words: texts are made, split into words, counted, looked up and dropped again.
// Strings, hash tables, vectors that grow, and a sorted map at the end.
#include "measured.hpp"
#include "support.hpp"

#include <map>
#include <string>
#include <unordered_map>

namespace {

using places = std::vector<std::uint32_t>;

// Few words are frequent and most are rare, as in any language.
std::string word(bench::random_numbers& chance) {
    std::size_t rank = chance.below(chance.below(20'000) + 1);
    std::string text = "w";
    for (; rank != 0; rank /= 7) text += "aeinost"[rank % 7];
    if (text.size() > 5) text += "-and-its-longer-ending";
    return text;
}

std::string document(bench::random_numbers& chance) {
    std::string text;
    for (std::size_t left = 50 + chance.below(300); left > 0; --left) {
        text += word(chance);
        text += ' ';
    }
    return text;
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> words;
    for (std::size_t begin = 0, end; (end = text.find(' ', begin)) != std::string::npos; begin = end + 1)
        words.push_back(text.substr(begin, end - begin));
    return words;
}

// text_index - where each word occurs; of the documents, only so many are kept.
class text_index {
public:
    void add(std::uint32_t id, std::string text) {
        for (std::string& w : split(text)) words_[std::move(w)].push_back(id);
        texts_.emplace(id, std::move(text));
        if (texts_.size() > 200) remove(texts_.begin());
    }

    std::uint64_t sum() const {
        const std::map<std::string, places> sorted(words_.begin(), words_.end());
        std::uint64_t result = 0;
        for (const auto& [word, ids] : sorted) result = result * 31 + word.size() * ids.size() + ids.back();
        return result;
    }

private:
    void remove(std::map<std::uint32_t, std::string>::iterator oldest) {
        for (const std::string& w : split(oldest->second)) {
            const auto found = words_.find(w);
            if (found != words_.end() && std::erase(found->second, oldest->first) != 0 && found->second.empty())
                words_.erase(found);
        }
        texts_.erase(oldest);
    }

    std::unordered_map<std::string, places> words_;
    std::map<std::uint32_t, std::string> texts_;
};

std::uint64_t work(std::size_t documents) {
    bench::random_numbers chance(16);
    text_index index;
    std::uint64_t sum = 0;
    for (std::uint32_t id = 0; id < documents; ++id) {
        index.add(id, document(chance));
        if (id % 500 == 499) sum += index.sum();
    }
    return sum + index.sum();
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t documents = bench::argument(argc, argv, 1, 2'000);
    return bench::measured([=] { return work(documents); });
}
