// expect: reserve_backend: the size must be a power of two
#include <ptm/os/reserve.hpp>

ptm::reserve_backend<3 << 20> backend;
