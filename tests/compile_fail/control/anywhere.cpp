// expect: no matching function | no such call
// expect-anywhere: is_small
template <class T>
concept is_small = sizeof(T) < 8;

template <class T>
    requires is_small<T>
void take(T) {}

int main() { take(1.0); }
