// cover/compositions.hpp - the compositions that cover every pair of models, as the build has made them.
#pragma once

#include "cover/models.hpp"
#include "cover_rows.hpp"
