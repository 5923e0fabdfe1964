#include "support/catch.hpp"

#include <ptm/thread/fork.hpp>

#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace {
char calls[8];
int called = 0;
void call(char c) noexcept {
    if (called < 7) calls[called++] = c;
}
void before() noexcept { call('b'); }
void after() noexcept { call('a'); }
void child() noexcept { call('c'); }
}

TEST_CASE("fork calls before and after in the parent, before and child in the child") {
    ptm::fork_hook<before, after, child>::make();
    called = 0;
    pid_t pid = fork();
    if (pid == 0) _exit(std::string(calls, static_cast<std::size_t>(called)) == "bc" ? 0 : 1);
    REQUIRE(pid > 0);
    int status = 0;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    CHECK(status == 0);
    CHECK(std::string(calls, static_cast<std::size_t>(called)) == "ba");
}
