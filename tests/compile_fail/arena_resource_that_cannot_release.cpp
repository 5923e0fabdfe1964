// expect-anywhere: arena_resource: a backend cannot give back all at once
#include <ptm/adapt/arena_resource.hpp>
#include <ptm/heap/glibc_2_36.hpp>

ptm::arena_resource<ptm::glibc_2_36> resource;
