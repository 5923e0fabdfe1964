// expect: huge_page_backend: the size of a page must be a power of two
#include <ptm/os/huge_page_backend.hpp>

ptm::huge_page_backend<3 << 20> backend;
