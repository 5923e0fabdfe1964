// heap/edit.hpp - a configuration from another one: edit<Base, set_x<...>, ...> is Base with some lines changed.
//
//   struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_lock<ptm::spin_lock>> {};
//
// What is put in is checked where it is written, and a misspelled edit does not compile; a misspelled alias in a struct
// that merely derives from another would be ignored without a word. Later edits win.
#pragma once

#include <ptm/heap/config.hpp>

namespace ptm {

template <header_policy H>
struct set_header {
    template <class B>
    struct on : B {
        using header = H;
    };
};

template <backend_policy P>
struct set_main_backend {
    template <class B>
    struct on : B {
        using main_backend = P;
    };
};

template <backend_policy P>
struct set_arena_backend {
    template <class B>
    struct on : B {
        using arena_backend = P;
    };
};

template <backend_policy P>
struct set_mapped_backend {
    template <class B>
    struct on : B {
        using mapped_backend = P;
    };
};

template <class P>
struct set_fast_bins {
    template <class B>
    struct on : B {
        static_assert(fast_bin_policy<P, B>, "set_fast_bins: not a fast_bin_policy");
        using fast_bins = P;
    };
};

template <class P>
struct set_unsorted_bin {
    template <class B>
    struct on : B {
        static_assert(unsorted_bin_policy<P, B>, "set_unsorted_bin: not an unsorted_bin_policy");
        using unsorted_bin = P;
    };
};

template <class P>
struct set_small_bins {
    template <class B>
    struct on : B {
        static_assert(small_bin_policy<P, B>, "set_small_bins: not a small_bin_policy");
        using small_bins = P;
    };
};

template <class P>
struct set_large_bins {
    template <class B>
    struct on : B {
        static_assert(large_bin_policy<P, B>, "set_large_bins: not a large_bin_policy");
        using large_bins = P;
    };
};

template <lock_policy L>
struct set_lock {
    template <class B>
    struct on : B {
        using lock = L;
    };
};

template <class P>
struct set_arenas {
    template <class B>
    struct on : B {
        static_assert(arenas_policy<P, B>, "set_arenas: not an arenas_policy");
        using arenas = P;
    };
};

template <class P>
struct set_cache {
    template <class B>
    struct on : B {
        static_assert(cache_policy<P, B>, "set_cache: not a cache_policy");
        using cache = P;
    };
};

template <observer_policy O>
struct set_observer {
    template <class B>
    struct on : B {
        using observer = O;
    };
};

template <poisoning_policy P>
struct set_poisoning {
    template <class B>
    struct on : B {
        using poisoning = P;
    };
};

template <hooks_policy P>
struct set_hooks {
    template <class B>
    struct on : B {
        using hooks = P;
    };
};

template <reporter_policy R>
struct set_reporter {
    template <class B>
    struct on : B {
        using reporter = R;
    };
};

template <check_set S>
struct set_checked {
    template <class B>
    struct on : B {
        static constexpr auto checked = S;
    };
};

template <tuning T>
struct set_tuned {
    template <class B>
    struct on : B {
        static_assert(detail::possible<T>::yes);
        static constexpr auto tuned = T;
    };
};

template <rules R>
struct set_ruled {
    template <class B>
    struct on : B {
        static constexpr auto ruled = R;
    };
};

namespace detail {
template <class B, class... Edits>
struct edited {
    using type = B;
};
template <class B, class E, class... Rest>
struct edited<B, E, Rest...> : edited<typename E::template on<B>, Rest...> {};
}

template <names_every_policy Base, class... Edits>
using edit = typename detail::edited<Base, Edits...>::type;

} // namespace ptm
