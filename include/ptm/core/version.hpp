// core/version.hpp - which ptm this is.
//
// The only place where the version is written: the build, the installed package and ptm.pc read these three lines.
// Macros, because a user may have to decide in the preprocessor. May be included from anywhere.
#pragma once

#define PTM_VERSION_MAJOR 0
#define PTM_VERSION_MINOR 1
#define PTM_VERSION_PATCH 0

#define PTM_DETAIL_QUOTE(x) #x
#define PTM_DETAIL_VERSION(major, minor, patch)                                                                        \
    PTM_DETAIL_QUOTE(major) "." PTM_DETAIL_QUOTE(minor) "." PTM_DETAIL_QUOTE(patch)

// PTM_VERSION_STRING - "major.minor.patch", a string literal.
#define PTM_VERSION_STRING PTM_DETAIL_VERSION(PTM_VERSION_MAJOR, PTM_VERSION_MINOR, PTM_VERSION_PATCH)
