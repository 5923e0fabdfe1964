// expect: mapping_cache: a backend with a frontier has no runs to keep
#include <ptm/os/brk.hpp>
#include <ptm/os/mapping_cache.hpp>

ptm::mapping_cache<ptm::brk_backend> cache;
