// support/batches.hpp - memory that batches of cached chunks are made of.
#pragma once

#include "support/playground.hpp"

#include <ptm/thread/batch.hpp>
#include <ptm/thread/cached_lists.hpp>

#include <cstddef>
#include <vector>

namespace ptm_test {

template <class C>
struct batch_maker {
    using header = typename C::header;
    using chunk = ptm::chunk_in<C>;
    using links = ptm::detail::cached_links<C>;

    playground<C> ground{8u << 20};

    // make - `count` chunks of n bytes.
    ptm::batch make(std::size_t n, unsigned count) {
        ptm::batch b{nullptr, count};
        for (unsigned i = 0; i < count; ++i) {
            void* p = header::to_user(ground.make(n));
            links::lead(p, b.first);
            b.first = p;
        }
        return b;
    }

    static std::vector<void*> in(ptm::batch b) {
        std::vector<void*> seen;
        for (void* p = b.first; p; p = links::below(p)) seen.push_back(p);
        return seen;
    }
};

} // namespace ptm_test
