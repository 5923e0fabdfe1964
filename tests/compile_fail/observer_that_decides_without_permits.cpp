// expect: set_observer
// expect-anywhere: says_no
// expect-anywhere: permits_blocks | decides
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct says_no : ptm::no_observer {
    static constexpr bool decides = true;
    bool permit(std::size_t) noexcept { return false; } // misspelled
};

struct mine : ptm::edit<ptm::glibc_2_36, ptm::set_observer<says_no>> {};
