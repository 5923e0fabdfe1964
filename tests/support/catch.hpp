// support/catch.hpp - Catch2, whichever of its versions 2.13 and 3 is installed.
//
// A test includes this header, never Catch2 itself. It is precompiled: what stands here costs a test file nothing.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
