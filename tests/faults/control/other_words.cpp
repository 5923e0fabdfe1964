// dies of: free(): invalid pointer
//
// It does not: it says what it likes and aborts. The witness must say so.
#include <cstdlib>

#include <unistd.h>

int main() {
    if (write(STDERR_FILENO, "enough\n", 7) == 7) std::abort();
}
