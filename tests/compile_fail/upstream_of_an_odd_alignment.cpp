// expect: upstream_backend: the alignment must be a power of two
#include <ptm/os/upstream.hpp>

ptm::upstream_backend<48> backend;
