// expect: listed: this backend has one frontier and no runs to list
#include <ptm/os/buffer.hpp>
#include <ptm/os/listed.hpp>

ptm::listed<ptm::buffer_backend> backend;
