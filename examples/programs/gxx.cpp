// Work for a compiler, never run: SIZE scales the number of types that have to be made.
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

template <int N>
struct leaf {
    int value = N;
    friend constexpr bool operator<(const leaf& a, const leaf& b) { return a.value < b.value; }
};

template <typename Sequence>
struct wide;

template <int... N>
struct wide<std::integer_sequence<int, N...>> {
    using tuple = std::tuple<leaf<N>...>;
    using variant = std::variant<leaf<N>...>;

    static int sum(const tuple& all) {
        return std::apply([](const auto&... one) { return (one.value + ... + 0); }, all);
    }

    static int visit(const variant& one) {
        return std::visit([](const auto& held) { return held.value * 3; }, one);
    }
};

template <int N>
struct deep {
    using type = std::pair<leaf<N>, typename deep<N - 1>::type>;
};

template <>
struct deep<0> {
    using type = leaf<0>;
};

template <int N>
std::string describe(const std::map<leaf<N>, std::vector<std::string>>& table) {
    std::string text;
    for (const auto& [key, lines] : table) {
        auto sorted = lines;
        std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
        text += std::to_string(key.value) + std::accumulate(sorted.begin(), sorted.end(), std::string());
    }
    return text;
}

template <int N>
int work(std::vector<std::function<int(leaf<N>)>>& steps) {
    std::unordered_map<std::string, std::shared_ptr<leaf<N>>> known;
    std::map<leaf<N>, std::vector<std::string>> table;
    for (const auto& step : steps) {
        known.try_emplace(std::to_string(step({})), std::make_shared<leaf<N>>());
        table[leaf<N>{step({})}].push_back(std::to_string(N));
    }
    steps.emplace_back([size = known.size()](leaf<N> one) { return one.value + static_cast<int>(size); });
    return static_cast<int>(describe<N>(table).size());
}

template <int... N>
int work_all(std::integer_sequence<int, N...>) {
    std::tuple<std::vector<std::function<int(leaf<N>)>>...> steps;
    return (work<N>(std::get<N>(steps)) + ... + 0);
}

using all = wide<std::make_integer_sequence<int, SIZE * 3>>;
template struct wide<std::make_integer_sequence<int, SIZE * 3>>;
template struct deep<SIZE * 10>;

int everything(const all::tuple& tuple, const all::variant& variant) {
    return all::sum(tuple) + all::visit(variant) + work_all(std::make_integer_sequence<int, SIZE>())
        + static_cast<int>(sizeof(deep<SIZE * 10>::type));
}
