// dies of: free(): invalid pointer
//
// It does not: the witness must say so.
#include <cstdlib>

int main() { std::free(std::malloc(24)); }
