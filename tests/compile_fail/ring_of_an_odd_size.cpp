// expect: ring_observer: the number of entries must be a power of two
#include <ptm/observe/ring.hpp>

ptm::ring_observer<1000> observer;
