// expect: resource_adaptor: the allocator's pointers must be plain pointers
#include <ptm/adapt/resource_adaptor.hpp>

template <class T>
struct fancy {
    T* at;
};
template <class T>
struct remote {
    using value_type = T;
    using pointer = fancy<T>;
    using const_pointer = fancy<const T>;
    using void_pointer = fancy<void>;
    using const_void_pointer = fancy<const void>;
    using difference_type = long;
    using size_type = unsigned long;
    pointer allocate(unsigned long);
    void deallocate(pointer, unsigned long);
};

template class ptm::detail::bytes_adaptor<remote<std::byte>, 16>;
