// expect: shared_file_backend: the size must be a multiple of 64 KiB
#include <ptm/os/shared_file.hpp>

ptm::shared_file_backend<100'000> backend;
