#include <ptm/os/processors.hpp>

#include "support/affinity.hpp"
#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/system_files.hpp"

#include <cerrno>
#include <string>
#include <thread>

#include <unistd.h>

using ptm_test::system_files;

namespace {

// What the quota of the process's control group allows; no_quota if there is none.
std::size_t quota_in(const system_files& files) { return ptm::detail::quota_of_this_process(files.root()); }

constexpr std::size_t none = ptm::detail::no_quota;

// version_2 - a system whose process is in one group, below `mount`.
struct version_2 : system_files {
    std::string mount;

    explicit version_2(const std::string& group, const std::string& at = "/sys/fs/cgroup") : mount(at) {
        write("/proc/self/cgroup", "0::" + group + "\n");
    }
    void limit(const std::string& group, const std::string& text) { write(mount + group + "/cpu.max", text + "\n"); }
};

struct version_1 : system_files {
    std::string mount;

    explicit version_1(const std::string& group, const std::string& controllers = "cpu,cpuacct",
                       const std::string& at = "/sys/fs/cgroup/cpu,cpuacct")
        : mount(at) {
        write("/proc/self/cgroup", "11:memory:/elsewhere\n4:" + controllers + ":" + group + "\n1:name=systemd:/\n");
    }
    void limit(const std::string& group, const std::string& quota, const std::string& period) {
        write(mount + group + "/cpu.cfs_quota_us", quota + "\n");
        write(mount + group + "/cpu.cfs_period_us", period + "\n");
    }
};

} // namespace

// ---- online --------------------------------------------------------------------------------------------------------

TEST_CASE("processors online are those of the system's list") {
    system_files files;
    for (auto [list, count] : {std::pair{"0\n", 1u},
                               {"0-1\n", 2u},
                               {"0-3,5\n", 5u},
                               {"0,2,4-7,9\n", 7u},
                               {"3", 1u},
                               {"0-1023\n", 1024u},
                               {"8-9,12-15\n", 6u}}) {
        files.write("/sys/devices/system/cpu/online", list);
        INFO(list);
        CHECK(ptm::online_processors(files.root()) == count);
    }
}

TEST_CASE("what is no list of processors counts as nothing") {
    for (const char* list : {"", "\n", ",", "-", "x", "5-3", "x-3", "-3"}) {
        INFO(list);
        CHECK(ptm::detail::processors_in(list) == 0);
    }
    CHECK(ptm::detail::processors_in("2,x,4-") == 2);
}

TEST_CASE("without a list the lines with statistics are counted") {
    system_files files;
    files.write("/proc/stat", "cpu  1 2 3 4\ncpu0 1 2 3 4\ncpu1 1 2 3 4\ncpu12 1 2 3 4\nintr 1 2\ncpu13 1\n");
    CHECK(ptm::online_processors(files.root()) == 3);
    files.write("/sys/devices/system/cpu/online", "\n");
    CHECK(ptm::online_processors(files.root()) == 3);
    files.write("/sys/devices/system/cpu/online", "0-1\n");
    CHECK(ptm::online_processors(files.root()) == 2);
}

TEST_CASE("of a thousand processors all are counted") {
    std::string statistics = "cpu  " + std::string(100, '9') + "\n";
    for (int i = 0; i < 1000; ++i) statistics += "cpu" + std::to_string(i) + std::string(100, '9') + "\n";
    system_files files;
    files.write("/proc/stat", statistics + "intr " + std::string(20'000, '0') + "\n");
    CHECK(ptm::online_processors(files.root()) == 1000);
}

TEST_CASE("a system that says nothing has the processors of the mask, and errno survives") {
    system_files files;
    errno = 1234;
    CHECK(ptm::online_processors(files.root()) == ptm::affine_processors());
    CHECK(ptm::allowed_processors(files.root()) == ptm::affine_processors());
    CHECK(ptm::listed_processors(files.root()) == 0);
    CHECK(errno == 1234);
}

TEST_CASE("the processors online are those that the C library counts") {
    CHECK(ptm::online_processors() == static_cast<std::size_t>(sysconf(_SC_NPROCESSORS_ONLN)));
    CHECK(ptm::listed_processors() == ptm::online_processors());
}

// ---- the mask ------------------------------------------------------------------------------------------------------

TEST_CASE("the mask is that of the calling thread") {
    const std::size_t before = ptm::affine_processors();
    CHECK(before >= 1);
    std::size_t alone = 0;
    std::thread([&] {
        if (ptm_test::stay_on(sched_getcpu())) alone = ptm::affine_processors();
    }).join();
    CHECK(alone == 1);
    CHECK(ptm::affine_processors() == before);
}

TEST_CASE("no more processors are allowed than are in the mask") {
    version_2 files("/");
    files.limit("", "100000000 1000");
    CHECK(ptm::allowed_processors(files.root()) == ptm::affine_processors());
    files.limit("", "100 1000");
    CHECK(ptm::allowed_processors(files.root()) == 1);
    const std::size_t here = ptm::allowed_processors();
    CHECK((here >= 1 && here <= ptm::affine_processors()));
}

// ---- the one it runs on --------------------------------------------------------------------------------------------

TEST_CASE("a thread that may run on one processor only runs on that one") {
    std::vector<int> mine = ptm_test::processors();
    REQUIRE_FALSE(mine.empty());
    for (int cpu : mine) {
        unsigned seen = ~static_cast<unsigned>(cpu);
        std::thread([&] {
            if (ptm_test::stay_on(cpu)) seen = ptm::running_processor();
        }).join();
        CHECK(seen == static_cast<unsigned>(cpu));
    }
    CHECK(mine.size() == ptm::affine_processors());
}

TEST_CASE("the processor that a thread runs on is one of those that there are, and errno survives") {
    errno = 1234;
    for (int i = 0; i < 1000; ++i)
        REQUIRE(ptm::running_processor() < static_cast<unsigned>(sysconf(_SC_NPROCESSORS_CONF)));
    CHECK(errno == 1234);
}

// ---- control groups, version 2 -------------------------------------------------------------------------------------

TEST_CASE("a quota is rounded up") {
    version_2 files("/a");
    for (auto [text, count] : {std::pair{"100000 100000", std::size_t{1}},
                               {"100001 100000", 2},
                               {"1 100000", 1},
                               {"350000 100000", 4},
                               {"20000 10000", 2},
                               {"max 100000", none},
                               {"max", none},
                               {"", none},
                               {"100000", none},
                               {"100000 0", none}}) {
        files.limit("/a", text);
        INFO(text);
        CHECK(quota_in(files) == count);
    }
}

TEST_CASE("the smallest quota around the group wins") {
    version_2 files("/a/b/c");
    CHECK(quota_in(files) == none);
    files.limit("/a/b/c", "800000 100000");
    CHECK(quota_in(files) == 8);
    files.limit("/a", "500000 100000");
    CHECK(quota_in(files) == 5);
    files.limit("/a/b", "max 100000");
    CHECK(quota_in(files) == 5);
    files.limit("", "300000 100000");
    CHECK(quota_in(files) == 3);
    files.limit("/a/b/c", "200000 100000");
    CHECK(quota_in(files) == 2);
    files.limit("/a/other", "100000 100000");
    CHECK(quota_in(files) == 2);
}

TEST_CASE("a group that is named from outside of the container is looked for at the mount") {
    for (const char* group : {"/", "/docker/0123456789abcdef", "/../../other", "/.."}) {
        version_2 files(group);
        INFO(group);
        CHECK(quota_in(files) == none);
        files.limit("", "250000 100000");
        CHECK(quota_in(files) == 3);
    }
}

TEST_CASE("a path with many folders is followed, and one that is too long counts as the mount") {
    std::string deep;
    for (int i = 0; i < 9; ++i) deep += "/" + std::string(50, static_cast<char>('a' + i));
    version_2 files(deep);
    files.limit("", "900000 100000");
    files.limit(deep, "200000 100000");
    CHECK(quota_in(files) == 2);
    files.write("/proc/self/cgroup", "0::/" + std::string(5000, 'x') + "\n");
    CHECK(quota_in(files) == 9);
}

// ---- version 1, and both -------------------------------------------------------------------------------------------

TEST_CASE("in version 1 quota and period stand in a file each") {
    version_1 files("/a");
    for (auto [quota, period, count] : {std::tuple{"100000", "100000", std::size_t{1}},
                                        {"150000", "100000", 2},
                                        {"-1", "100000", none},
                                        {"0", "100000", none},
                                        {"100000", "0", none}}) {
        files.limit("/a", quota, period);
        INFO(quota << " " << period);
        CHECK(quota_in(files) == count);
    }
}

TEST_CASE("version 1 is mounted under the names of its controllers, or as cpu") {
    for (auto [controllers, mount] : {std::pair{"cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct"},
                                      {"cpuacct,cpu", "/sys/fs/cgroup/cpuacct,cpu"},
                                      {"cpu,cpuacct", "/sys/fs/cgroup/cpu"},
                                      {"cpu", "/sys/fs/cgroup/cpu"}}) {
        version_1 files("/a/b", controllers, mount);
        INFO(controllers << " " << mount);
        CHECK(quota_in(files) == none);
        files.limit("/a", "400000", "100000");
        CHECK(quota_in(files) == 4);
        files.limit("", "100000", "50000");
        CHECK(quota_in(files) == 2);
    }
}

TEST_CASE("other controllers of version 1 have no say") {
    for (const char* controllers : {"cpuacct", "cpuset", "cpuset,cpuacct", "xcpu", "name=cpu"}) {
        version_1 files("/", controllers);
        files.limit("", "100000", "100000");
        INFO(controllers);
        CHECK(quota_in(files) == none);
    }
}

TEST_CASE("where both versions are mounted the smaller quota wins") {
    version_1 files("/old");
    files.write("/proc/self/cgroup", "4:cpu,cpuacct:/old\n0::/new/group\n");
    files.limit("/old", "600000", "100000");
    CHECK(quota_in(files) == 6);
    files.write("/sys/fs/cgroup/unified/new/cpu.max", "200000 100000\n");
    CHECK(quota_in(files) == 2);
    files.limit("/old", "100000", "100000");
    CHECK(quota_in(files) == 1);
}

TEST_CASE("lines that name no group have no say") {
    system_files files;
    files.write("/sys/fs/cgroup/cpu.max", "100000 100000\n");
    for (const char* lines : {"", "\n", "0\n", "1::/\n", "::/\n", "0:name=systemd:/\n"}) {
        files.write("/proc/self/cgroup", lines);
        INFO(lines);
        CHECK(quota_in(files) == none);
    }
}
