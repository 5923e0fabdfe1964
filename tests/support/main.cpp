// The main program of all Catch2 tests. A name that matches no test case fails, and a failed run tells its seed.
#define CATCH_CONFIG_RUNNER
#include "support/catch.hpp"
#include "support/seed.hpp"

#include <cstdint>
#include <cstdio>

namespace {

// Catch2 2 reports success if it was asked for a test case that does not exist; Catch2 3 does not.
void fail_without_tests([[maybe_unused]] Catch::Session& session) {
#if defined(CATCH_VERSION_MAJOR) && CATCH_VERSION_MAJOR == 2
    auto& warnings = session.configData().warnings;
    warnings = static_cast<Catch::WarnAbout::What>(warnings | Catch::WarnAbout::NoTests);
#endif
}

void tell_seed() {
    std::fprintf(stderr, "failed in a random run: PTM_SEED=%ju replays it\n", std::uintmax_t{ptm_test::seed()});
}

} // namespace

int main(int argc, char** argv) {
    Catch::Session session;
    fail_without_tests(session);
    if (int wrong = session.applyCommandLine(argc, argv)) return wrong;
    int result = session.run();
    if (result != 0 && ptm_test::seed_was_used()) tell_seed();
    return result;
}
