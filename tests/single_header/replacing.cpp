// The one source file of the program that replaces malloc and operator new.
#include "ptm.hpp"

struct replaced_by : ptm::edit<ptm::glibc_2_36, ptm::set_observer<ptm::counters>> {};

#define PTM_REPLACE_MALLOC_CONFIG replaced_by
#include "ptm_replace_malloc.hpp"
#include "ptm_replace_new.hpp"

unsigned long long blocks_handed_out() { return ptm::heap<replaced_by>::shared().observer.now().allocated; }
