// os/processors.hpp - how many processors there are: in the system, for this process, and within its quota.
//
// What the functions read may change while a process runs; they ask anew at every call and take some system calls each.
// Nothing here allocates; errno survives; thread-safe. `root` is where the system's files are; another folder in tests.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <sched.h>

#include <ptm/core/errno_guard.hpp>
#include <ptm/os/small_file.hpp>

namespace ptm {

// running_processor - the number of the one that the calling thread runs on at this moment; 0 where the system does not
// say. Some 10 ns.
inline unsigned running_processor() noexcept {
    int cpu = sched_getcpu();
    return cpu < 0 ? 0 : static_cast<unsigned>(cpu);
}

namespace detail {

// part_before - what stands in `text` before the first `separator`; `text` keeps what stands behind it.
constexpr std::string_view part_before(char separator, std::string_view& text) noexcept {
    std::size_t end = text.find(separator);
    std::string_view part{text.data(), end == text.npos ? text.size() : end};
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return part;
}

constexpr bool begins_with_digit(std::string_view text) noexcept {
    return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

// processors_in - of a list such as "0-3,5": 5. What is no number and no range counts as nothing.
constexpr std::size_t processors_in(std::string_view list) noexcept {
    std::size_t count = 0;
    while (!list.empty()) {
        std::string_view upto = part_before(',', list), from = part_before('-', upto);
        std::size_t first = decimal(from), last = begins_with_digit(upto) ? decimal(upto) : first;
        if (begins_with_digit(from) && last >= first) count += last - first + 1;
    }
    return count;
}

static_assert(processors_in("0-3,5\n") == 5 && processors_in("0\n") == 1 && processors_in("\n") == 0);

// The lines "cpu0 ...", "cpu1 ..."; they and the sum "cpu ..." stand before all others.
inline std::size_t processors_with_statistics(std::string_view root) noexcept {
    std::size_t count = 0;
    for (file_lines<8> lines(root, "/proc/stat"); lines.next() && lines.line().starts_with("cpu");) {
        std::string_view number = lines.line();
        number.remove_prefix(3);
        count += begins_with_digit(number);
    }
    return count;
}

constexpr std::size_t most_processors = 32768; // that a mask is made for

// What glibc takes for granted where the system says nothing.
constexpr std::size_t assumed_processors = 2;

} // namespace detail

// affine_processors - that the calling thread may run on, at least 1.
//   source   glibc 2.34 to 2.38 as released, the limit of arenas
inline std::size_t affine_processors() noexcept {
    errno_guard keep;
    cpu_set_t sets[detail::most_processors / CPU_SETSIZE] = {};
    if (sched_getaffinity(0, sizeof sets, sets) == 0) return static_cast<std::size_t>(CPU_COUNT_S(sizeof sets, sets));
    return errno == EINVAL ? detail::most_processors : detail::assumed_processors; // EINVAL: there are still more
}

// listed_processors - that the system says it runs on; 0: it does not say.
//   source   glibc 2.26 to 2.33, the limit of arenas
inline std::size_t listed_processors(std::string_view root = "") noexcept {
    errno_guard keep;
    detail::small_file<1024> online(root, "/sys/devices/system/cpu/online");
    if (std::size_t listed = detail::processors_in(online.text())) return listed;
    return detail::processors_with_statistics(root);
}

// online_processors - that the system runs on, at least 1.
//   source   glibc 2.36, the limit of arenas as its stable branch has it
inline std::size_t online_processors(std::string_view root = "") noexcept {
    std::size_t listed = listed_processors(root);
    return listed != 0 ? listed : affine_processors();
}

namespace detail {

constexpr std::size_t no_quota = SIZE_MAX;

// Processors that a group may use: `quota` of time in each `period`, rounded up. 0 is no quota, and so are the words
// of which decimal() makes 0: "max" and "-1".
constexpr std::size_t processors_for(std::size_t quota, std::size_t period) noexcept {
    return quota == 0 || period == 0 ? no_quota : quota / period + (quota % period != 0);
}

static_assert(processors_for(150000, 100000) == 2 && processors_for(1000, 100000) == 1);

// quota_of_version_2, _1 - of the group whose folder is `mount` and `group`, one behind the other.
inline std::size_t quota_of_version_2(std::string_view root, std::string_view mount, std::string_view group) noexcept {
    small_file file(root, mount, group, "/cpu.max");
    std::string_view period = file.text(), quota = part_before(' ', period);
    return processors_for(decimal(quota), decimal(period));
}

inline std::size_t quota_of_version_1(std::string_view root, std::string_view mount, std::string_view group) noexcept {
    small_file quota(root, mount, group, "/cpu.cfs_quota_us"), period(root, mount, group, "/cpu.cfs_period_us");
    return processors_for(decimal(quota.text()), decimal(period.text()));
}

constexpr std::size_t smaller(std::size_t a, std::size_t b) noexcept { return a < b ? a : b; }

using quota_of_group = std::size_t (*)(std::string_view root, std::string_view mount, std::string_view group) noexcept;

// least_quota - of a group and all that it lies in, up to the mount's own folder. In a container the group may have a
// name of the world outside: its folder is not there, or is reached by "..", and what is left is the mount's own.
inline std::size_t least_quota(quota_of_group quota_of, std::string_view root, std::string_view mount,
                               std::string_view group) noexcept {
    if (group.starts_with("/..")) group = {};
    std::size_t least = quota_of(root, mount, "");
    while (!group.empty()) {
        least = smaller(least, quota_of(root, mount, group));
        std::size_t slash = group.rfind('/');
        group.remove_suffix(group.size() - (slash == group.npos ? 0 : slash));
    }
    return least;
}

// Whether "cpu" stands in a list such as "cpu,cpuacct".
constexpr bool controls_processors(std::string_view controllers) noexcept {
    while (!controllers.empty())
        if (part_before(',', controllers) == "cpu") return true;
    return false;
}

// A mount of version 1 is called as its controllers are, or only "cpu".
inline std::size_t least_quota_of_version_1(std::string_view root, std::string_view controllers,
                                            std::string_view group) noexcept {
    text<64> mount;
    mount << "/sys/fs/cgroup/" << controllers;
    return smaller(least_quota(quota_of_version_1, root, mount.view(), group),
                   least_quota(quota_of_version_1, root, "/sys/fs/cgroup/cpu", group));
}

// Version 2 is mounted alone, or beside version 1 in a folder of its own.
inline std::size_t least_quota_of_version_2(std::string_view root, std::string_view group) noexcept {
    return smaller(least_quota(quota_of_version_2, root, "/sys/fs/cgroup", group),
                   least_quota(quota_of_version_2, root, "/sys/fs/cgroup/unified", group));
}

// A line of /proc/self/cgroup, "4:cpu,cpuacct:/group" or in version 2 "0::/group". A group whose path does not fit into
// the line counts as the mount's own.
inline std::size_t quota_by_line(std::string_view root, std::string_view entry, bool is_cut) noexcept {
    bool is_version_2 = entry.starts_with("0::");
    part_before(':', entry);
    std::string_view controllers = part_before(':', entry), group = is_cut ? std::string_view{} : entry;
    if (controls_processors(controllers)) return least_quota_of_version_1(root, controllers, group);
    return is_version_2 ? least_quota_of_version_2(root, group) : no_quota;
}

inline std::size_t quota_of_this_process(std::string_view root) noexcept {
    std::size_t least = no_quota;
    for (file_lines<> lines(root, "/proc/self/cgroup"); lines.next();)
        least = smaller(least, quota_by_line(root, lines.line(), lines.is_cut()));
    return least;
}

} // namespace detail

// allowed_processors - that this process can keep busy, at least 1: those that the calling thread may run on, and no
// more than the quota of the process's control group and of the groups around it, rounded up.
//
// Groups are looked for where they are usually mounted, below /sys/fs/cgroup.
inline std::size_t allowed_processors(std::string_view root = "") noexcept {
    errno_guard keep;
    return detail::smaller(affine_processors(), detail::quota_of_this_process(root));
}

} // namespace ptm
