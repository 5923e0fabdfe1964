// expect: the version is a number
#include <ptm/core/version.hpp>

static_assert(PTM_VERSION_MAJOR == PTM_VERSION_MAJOR + 1, "the version is a number");
