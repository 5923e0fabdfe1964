// expect: buffer_first: a backend with a frontier cannot have a second one
#include <ptm/os/buffer_first.hpp>
#include <ptm/os/reserve.hpp>

ptm::buffer_first<ptm::reserve_backend<1 << 20>> backend;
