// Bins with a planted fault.
#include "mutants/mutants.hpp"

namespace mutants {
namespace {

// A bin policy with one member replaced: Fault<C> is derived from the bins that it spoils.
template <template <class> class Fault>
struct spoiled {
    static constexpr bool fits_best = true;
    template <bin_context C>
    using in = Fault<C>;
};

// stack_with - Push(own, c, n) files a chunk, whoever frees it.
template <class C, class Push>
struct stack_with : stack_bins::in<C> {
    void push(chunk_in<C>* c, chunk_size n, origin) noexcept { Push()(own(), c, n); }
    bool try_push(chunk_in<C>* c, chunk_size n) noexcept {
        Push()(own(), c, n);
        return true;
    }

private:
    stack_bins::in<C>& own() noexcept { return *this; }
};

template <class C>
struct push_beside {
    void operator()(auto& own, chunk_in<C>* c, chunk_size n) { own.push(C::header::at(c, 8), n, origin::user); }
};
template <class C>
struct push_next {
    void operator()(auto& own, chunk_in<C>* c, chunk_size n) {
        own.push(c, n + chunk_size{C::header::alignment}, origin::user);
    }
};
template <class C>
struct push_and_tell {
    void operator()(auto& own, chunk_in<C>* c, chunk_size n) {
        own.push(c, n, origin::user);
        C::header::set_prev_in_use(C::header::next(c), false);
    }
};

template <class C>
struct shifted_stack : stack_with<C, push_beside<C>> {};
template <class C>
struct next_stack : stack_with<C, push_next<C>> {};
template <class C>
struct telling_stack : stack_with<C, push_and_tell<C>> {};
template <class C>
struct keeping_stack : stack_bins::in<C> {
    void take_bin(unsigned, auto&&) noexcept {}
};

template <class C>
struct one_way_queue : queue_bin::in<C> {
    template <fault Broken>
    void push(chunk_in<C>* c) noexcept {
        queue_bin::in<C>::template push<Broken>(c);
        C::header::ring_of(c)->back = address_of(C::header::ring_of(c));
    }
};
template <class C>
struct forgetful_queue : queue_bin::in<C> {
    template <fault Broken>
    void push(chunk_in<C>*) noexcept {}
};
template <class C>
struct doubling_queue : queue_bin::in<C> {
    void for_each(auto&& visit) const {
        queue_bin::in<C>::for_each(visit);
        queue_bin::in<C>::for_each(visit);
    }
};

template <class C>
struct next_exact : exact_bins::in<C> {
    template <fault Broken = no_check>
    void insert(chunk_in<C>* c) noexcept {
        chunk_size n = C::header::size_of(c);
        C::header::set_size(c, n + chunk_size{C::header::alignment});
        exact_bins::in<C>::template insert<Broken>(c);
        C::header::set_size(c, n);
    }
};

// A large bin that takes every chunk for the largest of its bin, and one whose chunks represent nothing.
template <class C>
struct ascending : sorted_bins::in<C> {
    void insert(chunk_in<C>* c) noexcept {
        chunk_size n = C::header::size_of(c);
        C::header::set_size(c, chunk_size{2032});
        sorted_bins::in<C>::insert(c);
        C::header::set_size(c, n);
    }
};
template <class C>
struct unrepresented : sorted_bins::in<C> {
    void insert(chunk_in<C>* c) noexcept {
        sorted_bins::in<C>::insert(c);
        this->mark_absent(c);
    }
};

struct with_shifted_stack : edit<sound, set_fast_bins<spoiled<shifted_stack>>> {};
struct with_next_stack : edit<sound, set_fast_bins<spoiled<next_stack>>> {};
struct with_telling_stack : edit<sound, set_fast_bins<spoiled<telling_stack>>> {};
struct with_keeping_stack : edit<sound, set_fast_bins<spoiled<keeping_stack>>> {};
struct with_one_way_queue : edit<sound, set_unsorted_bin<spoiled<one_way_queue>>> {};
struct with_forgetful_queue : edit<sound, set_unsorted_bin<spoiled<forgetful_queue>>> {};
struct in_regions_with_forgetful_queue : edit<sound_in_regions, set_unsorted_bin<spoiled<forgetful_queue>>> {};
struct with_doubling_queue : edit<sound, set_unsorted_bin<spoiled<doubling_queue>>> {};
struct with_next_exact : edit<sound, set_unsorted_bin<no_unsorted_bin>, set_small_bins<spoiled<next_exact>>> {};
struct with_ascending : edit<sound, set_unsorted_bin<no_unsorted_bin>, set_large_bins<spoiled<ascending>>> {};
struct with_unrepresented : edit<sound, set_unsorted_bin<no_unsorted_bin>, set_large_bins<spoiled<unrepresented>>> {};

// free_each - blocks of these sizes are free, none beside another free one.
template <class A, class... Sizes>
void free_each(A& a, Sizes... sizes) {
    auto between = [&](std::size_t n) {
        void* p = a.allocate(n);
        a.allocate(200);
        return p;
    };
    void* all[] = {between(sizes)...};
    for (void* p : all) a.deallocate(p);
}

constexpr auto free_fast = [](auto& a) { free_each(a, 40u); };
constexpr auto free_small = [](auto& a) { free_each(a, 500u); };
constexpr auto free_large = [](auto& a) { free_each(a, 2000u); };
constexpr auto free_two_large = [](auto& a) { free_each(a, 2008u, 1992u); };

} // namespace

const std::vector<mutant>& in_bins() {
    static const std::vector<mutant> all{
        {"a fast bin files what lies beside the chunk", "a fast chunk is aligned",
         [] { return said_of<with_shifted_stack>(free_fast); }},
        {"a fast bin files into the wrong list", "a fast chunk is in the bin of its size",
         [] { return said_of<with_next_stack>(free_fast); }},
        {"a fast bin marks its chunks free", "a fast chunk looks used",
         [] { return said_of<with_telling_stack>(free_fast); }},
        {"a fast bin keeps what it should give up", "have_fast is set while a fast bin holds something",
         [] {
             return said_of<with_keeping_stack>([](auto& a) {
                 free_each(a, 40u);
                 a.consolidate();
             });
         }},
        {"a queue links in one direction", "the neighbours in a bin point back",
         [] { return said_of<with_one_way_queue>(free_small); }},
        {"a queue forgets what it is given", "every free chunk is in exactly one bin",
         [] { return said_of<with_forgetful_queue>(free_small); }},
        {"a queue forgets what it is given in a region", "every free chunk is in exactly one bin",
         [] { return said_of<in_regions_with_forgetful_queue>(free_small); }},
        {"a queue counts twice", "free bytes are bytes of the system",
         [] { return said_of<with_doubling_queue>([](auto& a) { free_each(a, 100'000u); }); }},
        {"a small bin files into the bin of the next size", "a sorted chunk is in the bin of its size",
         [] { return said_of<with_next_exact>(free_small); }},
        {"a large bin files too far in front", "a large bin descends",
         [] { return said_of<with_ascending>(free_two_large); }},
        {"a large bin forgets who represents a size", "the first of each size represents it",
         [] { return said_of<with_unrepresented>(free_large); }},
    };
    return all;
}

} // namespace mutants
