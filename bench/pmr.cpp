// pmr [scale [rounds]] - memory resources side by side in one process: containers built and emptied on each, over an
// upstream that counts. Every round runs every resource on every workload, beginning with another one each time.
//
//   time   processor time, median of the rounds, as a ratio to new_delete_resource
//   peak   bytes from upstream at most
//   held   bytes from upstream after everything was freed, before any release()
//
// All resources stand behind the same containers of std::pmr. Those of Boost.Container are of another hierarchy: each
// is in a shell of std::pmr's, which costs a call that is not virtual.
#include "support.hpp"

#include <ptm/ptm.hpp>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#if __has_include(<boost/container/pmr/unsynchronized_pool_resource.hpp>) && defined(PTM_BENCH_BOOST)
#include <boost/container/pmr/synchronized_pool_resource.hpp>
#include <boost/container/pmr/unsynchronized_pool_resource.hpp>
#define PTM_BENCH_HAS_BOOST 1
#else
#define PTM_BENCH_HAS_BOOST 0
#endif

namespace {

// counting - an upstream; as thread-safe as the resource over it, which calls it under its own lock.
template <class Base>
class counting : public Base {
    std::atomic<std::size_t> held_ = 0, peak_ = 0;

    void* do_allocate(std::size_t n, std::size_t alignment) override {
        std::size_t now = held_ += n;
        if (now > peak_) peak_ = now;
        return ::operator new(n, std::align_val_t{alignment});
    }
    void do_deallocate(void* p, std::size_t n, std::size_t alignment) override {
        held_ -= n;
        ::operator delete(p, std::align_val_t{alignment});
    }
    bool do_is_equal(const Base& other) const noexcept override { return this == &other; }

public:
    std::size_t held() const { return held_; }
    std::size_t peak() const { return peak_; }
};

#if PTM_BENCH_HAS_BOOST
// shell - a resource of Boost.Container as one of std::pmr.
template <class Pool>
class shell final : public std::pmr::memory_resource {
    Pool pool_;

    void* do_allocate(std::size_t n, std::size_t alignment) override { return pool_.allocate(n, alignment); }
    void do_deallocate(void* p, std::size_t n, std::size_t alignment) override { pool_.deallocate(p, n, alignment); }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

public:
    explicit shell(boost::container::pmr::memory_resource* upstream) : pool_(upstream) {}
};
#endif

// plain - new_delete_resource, counted by the resource itself: it has no upstream.
using plain = counting<std::pmr::memory_resource>;

// ---- workloads: each leaves nothing behind
// ---------------------------------------------------------------------------

struct workloads {
    template <class T>
    using Allocator = std::pmr::polymorphic_allocator<T>;
    template <class T>
    using vector = std::vector<T, Allocator<T>>;
    using string = std::basic_string<char, std::char_traits<char>, Allocator<char>>;

    static std::size_t vectors(auto* r, std::size_t n) {
        bench::random_numbers chance(1);
        std::size_t sum = 0;
        for (std::size_t i = 0; i < n / 40; ++i) {
            vector<int> v(r);
            std::size_t length = chance.below(400);
            for (std::size_t k = 0; k < length; ++k) v.push_back(static_cast<int>(k));
            sum += v.size();
        }
        vector<vector<std::size_t>> many(r);
        for (std::size_t i = 0; i < n / 10; ++i) {
            if (many.empty() || chance.below(8) == 0) many.emplace_back();
            many[chance.below(many.size())].push_back(i);
        }
        return sum + many.size();
    }

    static std::size_t lists(auto* r, std::size_t n) {
        bench::random_numbers chance(2);
        std::list<std::size_t, Allocator<std::size_t>> a(r), b(r);
        for (std::size_t i = 0; i < n; ++i) {
            (chance.below(2) == 0 ? a : b).push_back(i);
            if (a.size() > 3000) a.pop_front();
            if (b.size() > 5000) b.clear();
        }
        return a.size() + b.size();
    }

    static std::size_t hash_maps(auto* r, std::size_t n) {
        using value = std::pair<const std::size_t, std::size_t>;
        bench::random_numbers chance(3);
        std::unordered_map<std::size_t, std::size_t, std::hash<std::size_t>, std::equal_to<>, Allocator<value>> m(r);
        for (std::size_t i = 0; i < n; ++i) {
            m[chance.below(20000)] = i;
            if (i % 3 == 0) m.erase(chance.below(20000));
        }
        return m.size();
    }

    static std::size_t maps(auto* r, std::size_t n) {
        using value = std::pair<const std::size_t, string>;
        bench::random_numbers chance(4);
        std::map<std::size_t, string, std::less<>, Allocator<value>> m{Allocator<value>(r)};
        for (std::size_t i = 0; i < n / 2; ++i) {
            m.try_emplace(chance.below(8000), chance.below(60), 'x');
            if (i % 2 == 0) m.erase(chance.below(8000));
        }
        return m.size();
    }

    static std::size_t strings(auto* r, std::size_t n) {
        bench::random_numbers chance(5);
        vector<string> texts(r);
        for (std::size_t i = 0; i < 2000; ++i) texts.emplace_back(16 + chance.below(40), 'a');
        for (std::size_t i = 0; i < n / 2; ++i) {
            string& t = texts[chance.below(texts.size())];
            if (t.size() > 600) t = string(16 + chance.below(40), 'b', Allocator<char>(r));
            t.append(chance.below(50), 'c');
        }
        std::size_t sum = 0;
        for (const string& t : texts) sum += t.size();
        return sum;
    }

    // pairs - one block at a time, as for a temporary in a loop: the worst there is for who keeps nothing.
    static std::size_t pairs(auto* r, std::size_t n) {
        std::size_t sum = 0;
        for (std::size_t i = 0; i < n; ++i) {
            vector<std::size_t> v(1 + i % 50, i, Allocator<std::size_t>(r));
            sum += v.back();
        }
        return sum;
    }

    static constexpr std::size_t count = 6;
    static constexpr const char* names[count] = {"vector", "list", "unordered_map", "map", "string", "temporaries"};

    static std::size_t run(std::size_t which, auto* r, std::size_t n) {
        switch (which) {
        case 0: return vectors(r, n);
        case 1: return lists(r, n);
        case 2: return hash_maps(r, n);
        case 3: return maps(r, n);
        case 4: return strings(r, n);
        default: return pairs(r, n);
        }
    }
};

// ---- what is compared --------------------------------------------------------------------------------------------

struct figures {
    double seconds = 0;
    std::size_t peak = 0, held = 0, sum = 0;
};

double processor_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double wall_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <class Upstream>
figures measured(auto& resource, Upstream& upstream, std::size_t which, std::size_t n) {
    double start = processor_seconds();
    figures f;
    f.sum = workloads::run(which, &resource, n);
    f.seconds = processor_seconds() - start;
    f.peak = upstream.peak();
    f.held = upstream.held();
    return f;
}

// shared_by_two - seconds that pass while two threads do the same on one resource.
double shared_by_two(auto& resource, std::size_t threads, std::size_t n) {
    std::barrier together(static_cast<std::ptrdiff_t>(threads) + 1);
    std::vector<std::thread> running;
    for (std::size_t t = 0; t < threads; ++t)
        running.emplace_back([&] {
            together.arrive_and_wait();
            workloads::lists(&resource, n);
            workloads::strings(&resource, n);
        });
    double start = wall_seconds();
    together.arrive_and_wait();
    for (std::thread& t : running) t.join();
    return wall_seconds() - start;
}

struct candidate {
    const char* name;
    bool synchronized;
    bool frees;
    std::function<figures(std::size_t which, std::size_t n)> run;
    std::function<double(std::size_t threads, std::size_t n)> share;
};

template <class Resource, class Upstream>
candidate over_upstream(const char* name, bool synchronized, bool frees = true) {
    auto run = [](std::size_t which, std::size_t n) {
        Upstream upstream;
        Resource resource(&upstream);
        return measured(resource, upstream, which, n);
    };
    auto share = [](std::size_t threads, std::size_t n) {
        Upstream upstream;
        Resource resource(&upstream);
        return shared_by_two(resource, threads, n);
    };
    return {name, synchronized, frees, run, share};
}

candidate new_and_delete() {
    auto run = [](std::size_t which, std::size_t n) {
        double start = processor_seconds();
        figures f;
        f.sum = workloads::run(which, std::pmr::new_delete_resource(), n);
        f.seconds = processor_seconds() - start;
        plain counted;
        workloads::run(which, &counted, n);
        f.peak = counted.peak();
        return f;
    };
    auto share = [](std::size_t threads, std::size_t n) {
        return shared_by_two(*std::pmr::new_delete_resource(), threads, n);
    };
    return {"new_delete", true, true, run, share};
}

std::vector<candidate> all_candidates() {
    using std_upstream = counting<std::pmr::memory_resource>;
    std::vector<candidate> all{new_and_delete()};
    using std::pmr::monotonic_buffer_resource;
    using std::pmr::synchronized_pool_resource;
    using std::pmr::unsynchronized_pool_resource;
    all.push_back(over_upstream<unsynchronized_pool_resource, std_upstream>("std unsync pool", false));
    all.push_back(over_upstream<synchronized_pool_resource, std_upstream>("std sync pool", true));
    all.push_back(over_upstream<monotonic_buffer_resource, std_upstream>("std monotonic", false, false));
#if PTM_BENCH_HAS_BOOST
    namespace other = boost::container::pmr;
    using other_upstream = counting<other::memory_resource>;
    all.push_back(
        over_upstream<shell<other::unsynchronized_pool_resource>, other_upstream>("boost unsync pool", false));
    all.push_back(over_upstream<shell<other::synchronized_pool_resource>, other_upstream>("boost sync pool", true));
#endif
    all.push_back(over_upstream<ptm::unsynchronized_arena_resource, std_upstream>("ptm unsynchronized", false));
    all.push_back(over_upstream<ptm::synchronized_arena_resource, std_upstream>("ptm synchronized", true));
    return all;
}

// ---- rounds and tables -------------------------------------------------------------------------------------------

template <class T>
T median(std::vector<T> all) {
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
}

void print_figure(std::size_t bytes) {
    if (bytes < 10'000)
        std::printf(" %6zu B", bytes);
    else
        std::printf(" %4zu KiB", bytes >> 10);
}

bool compare(std::vector<candidate>& all, std::size_t which, std::size_t n, std::size_t rounds) {
    std::vector<std::vector<double>> seconds(all.size());
    std::vector<figures> last(all.size());
    for (std::size_t round = 0; round < rounds; ++round)
        for (std::size_t i = 0; i < all.size(); ++i) {
            std::size_t at = (i + round) % all.size();
            last[at] = all[at].run(which, n);
            seconds[at].push_back(last[at].seconds);
        }
    std::printf("%s\n", workloads::names[which]);
    bool same = true;
    for (std::size_t i = 0; i < all.size(); ++i) {
        std::printf("    %-20s %8.4f s %6.2f  peak", all[i].name, median(seconds[i]),
                    median(seconds[i]) / median(seconds[0]));
        print_figure(last[i].peak);
        std::printf("  held");
        print_figure(last[i].held);
        std::printf("%s\n", all[i].frees ? "" : "  (frees nothing)");
        same &= last[i].sum == last[0].sum;
    }
    return same;
}

void compare_threads(std::vector<candidate>& all, std::size_t n, std::size_t rounds) {
    std::vector<std::vector<double>> one(all.size()), two(all.size());
    for (std::size_t round = 0; round < rounds; ++round)
        for (std::size_t i = 0; i < all.size(); ++i) {
            std::size_t at = (i + round) % all.size();
            if (!all[at].synchronized) continue;
            one[at].push_back(all[at].share(1, n));
            two[at].push_back(all[at].share(2, n));
        }
    std::printf("two threads on one resource (list, string): seconds that pass\n");
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!all[i].synchronized) continue;
        std::printf("    %-20s one %8.4f s   two %8.4f s %6.2f\n", all[i].name, median(one[i]), median(two[i]),
                    median(two[i]) / median(two[0]));
    }
}
}

int main(int argc, char** argv) {
    std::size_t n = bench::argument(argc, argv, 1, 400'000), rounds = bench::argument(argc, argv, 2, 5);
    auto all = all_candidates();
    bool same = true;
    for (std::size_t which = 0; which < workloads::count; ++which) same &= compare(all, which, n, rounds);
    compare_threads(all, n, rounds);
    if (!same) std::printf("the sums differ: some resource did not do the work\n");
    return same ? 0 : 1;
}
