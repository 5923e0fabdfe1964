// ptm.hpp - everything but the replacements of malloc and operator new, which belong into one source file alone.
#pragma once

#include <ptm/arena/arena.hpp>
#include <ptm/c/malloc.hpp>
#include <ptm/core/version.hpp>
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_33.hpp>
#include <ptm/heap/glibc_2_36.hpp>
#include <ptm/heap/glibc_2_36_counted.hpp>
#include <ptm/heap/glibc_2_42.hpp>
#include <ptm/heap/glibc_2_42_branch.hpp>
#include <ptm/heap/heap.hpp>
#include <ptm/observe/counters.hpp>
#include <ptm/observe/ring.hpp>
#include <ptm/os/buffer.hpp>
#include <ptm/os/decorated.hpp>
#include <ptm/os/huge_page_backend.hpp>
#include <ptm/os/listed.hpp>
#include <ptm/os/numa.hpp>
#include <ptm/os/reserve.hpp>
#include <ptm/os/shared_file.hpp>
#include <ptm/os/upstream.hpp>
#include <ptm/sync/mutex_lock.hpp>
#include <ptm/sync/spin_lock.hpp>
#include <ptm/thread/cpu_arenas.hpp>
