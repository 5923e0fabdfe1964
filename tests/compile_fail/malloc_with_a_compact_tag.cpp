// expect: c_interface: malloc has to align for every type, and the configuration's header does not
#include <ptm/c/malloc.hpp>
#include <ptm/chunk/compact_tag.hpp>
#include <ptm/heap/edit.hpp>
#include <ptm/heap/glibc_2_36.hpp>

struct compact : ptm::edit<ptm::glibc_2_36, ptm::set_header<ptm::compact_tag>, ptm::set_cache<ptm::no_cache>> {};

void* block = ptm::c_interface<ptm::heap<compact>>::malloc(24);
