# What examples/run and bench/run share: installing, building, running one job on one allocator, arithmetic on figures.
# Sourced, never run. Expects set -euo pipefail.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
examples=$root/examples
build=${PTM_BUILD:-$root/build/release}
preload_library=${PTM_PRELOAD:-$build/libptm_glibc_2_36.so}

# The system's own programs, not those of a version manager that stands earlier in the user's PATH; and one language
# and time zone, so that messages and dates compare.
export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C TZ=UTC
unset LD_PRELOAD

self=$(basename "$(dirname "$(realpath "$0")")")/$(basename "$0")
job_limit=300  # seconds; a job that takes longer hangs

fail() {
    echo "$self: $*" >&2
    exit 1
}

# ---- options ---------------------------------------------------------------------------------------------------------

is_count() { [[ $1 =~ ^[1-9][0-9]*$ ]]; }

# wanted NAME LIST - is NAME in the comma-separated LIST? An empty list wants everything.
wanted() { [[ -z $2 || ,$2, == *,$1,* ]]; }

# check_names LIST NAME... - every member of LIST must be one of the names.
check_names() {
    local name names=" ${*:2} "
    for name in ${1//,/ }; do
        [[ $names == *" $name "* ]] || fail "there is no program '$name'; there are:${names% }"
    done
}

# ---- what must be installed ------------------------------------------------------------------------------------------

# Catch2 is asked for when the whole tree is configured, though nothing here runs a test.
build_needs=(cmake:cmake ninja:ninja-build g++:g++ /usr/include/boost/intrusive/list.hpp:libboost-dev
    /usr/include/catch2:catch2)

is_there() {
    if [[ $1 == /* ]]; then [[ -e $1 ]]; else command -v "$1" > /dev/null; fi
}

# missing COMMAND:PACKAGE... - prints the packages whose command (or file) is not there.
missing() {
    local need
    for need; do is_there "${need%%:*}" || echo "${need#*:}"; done | sort -u
}

# needs_of FILE - what a program file needs, one pair a line.
needs_of() {
    (source "$1" && printf '%s\n' "${needs[@]}")
}

install_missing() {
    local -a packages as_root=()
    mapfile -t packages < <(missing "$@")
    if ((${#packages[@]} == 0)); then return; fi
    if ((EUID != 0)); then
        command -v sudo > /dev/null && sudo -n true 2> /dev/null || fail_packages "${packages[@]}"
        as_root=(sudo -n)
    fi
    command -v apt-get > /dev/null || fail_packages "${packages[@]}"
    echo "installing: ${packages[*]}"
    apt_get update && apt_get install --no-install-recommends "${packages[@]}" && return
    fail_packages "${packages[@]}"
}

apt_get() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q "$@" < /dev/null >> "$work/apt.log" 2>&1 && return
    tail -n 15 "$work/apt.log" >&2
    return 1
}

fail_packages() {
    fail "these packages are missing and cannot be installed from here (needs apt-get, and root or sudo without a" \
        "password): $*"
}

# ---- building --------------------------------------------------------------------------------------------------------

# build_targets TARGET... - a build directory given in PTM_BUILD is taken as it is. Shows the end of the log on failure.
build_targets() {
    if [[ -n ${PTM_BUILD:-} ]]; then return; fi
    echo "building: $*"
    (cd "$root" && cmake --preset release && cmake --build --preset release --target "$@") > "$work/build.log" 2>&1 &&
        return
    tail -n 40 "$work/build.log" >&2
    return 1
}

# is_active LIBRARY - does malloc really come from it where it is preloaded? The loader only warns about a library it
# cannot preload, and figures of the wrong malloc would look quite right. It says itself where it binds the name.
is_active() {
    LD_PRELOAD=$1 LD_DEBUG=bindings cat /dev/null 2>&1 | grep -F "binding file cat " |
        grep -F "normal symbol \`malloc'" | grep -qF " to $1 "
}

# ---- running ---------------------------------------------------------------------------------------------------------

# Sets work, the place for everything a run makes; gone at its end unless the user asked to keep it or a difference must
# be seen. work and keep are global: the trap reads them when no function is left.
make_work() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/ptm.XXXXXX")
    mkdir "$work/home" "$work/inputs" "$work/reference" "$work/differs"
    : > "$work/figures"
    keep=${keep:-no}
    job_process=
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

clean_up() {
    if [[ -n $job_process ]]; then kill "$job_process" 2> /dev/null && wait "$job_process" || true; fi
    if [[ $keep == yes ]]; then echo "kept: $work"; else rm -rf "$work"; fi
}

# step_of FILE STEP DIRECTORY PRELOAD [VARIABLE=VALUE...] - one step in an environment that holds nothing of the
# user's. The limit counts for all its processes: timeout ends its whole process group.
step_of() {
    # shellcheck disable=SC2154 # size is the caller's
    (cd "$3" && exec timeout -k 10 "$job_limit" env -i PATH="$PATH" LC_ALL=C TZ=UTC HOME="$work/home" \
        PTM_JOB_SIZE="$size" PTM_JOB_INPUTS="$work/inputs/$(basename "$1" .sh)" PTM_JOB_TOOLS="$build/bench" \
        PTM_JOB_MEASURE="$build/examples/measure" PTM_JOB_RECORD="$work/record" PTM_JOB_PRELOAD="$4" "${@:5}" \
        bash "$examples/job.bash" "$1" "$2" < /dev/null) &
    job_process=$!
    local status=0
    wait "$job_process" || status=$?
    job_process=
    return "$status"
}

# prepare_inputs FILE - makes the inputs of a program, once for all allocators. What it prints is kept in $work/notes.
prepare_inputs() {
    local inputs
    inputs=$work/inputs/$(basename "$1" .sh)
    mkdir "$inputs"
    step_of "$1" prepare "$inputs" "" > "$work/notes" 2> "$work/errors" && return
    tail -n 10 "$work/errors" >&2
    return 1
}

# run_job FILE ALLOCATOR PRELOAD [VARIABLE=VALUE...] - runs a program's job, compares what it left with what its first
# run left, and adds a line to $work/figures. Every run happens in a directory of the same name, because some programs
# write the names of their files into their results.
#
#   sets     verdict: same, NO (the outputs differ), or FAILED
run_job() {
    local name reference status
    name=$(basename "$1" .sh)
    reference=$work/reference/$name
    rm -rf "$work/out" "$work/record"
    mkdir "$work/out"
    verdict=same status=0
    step_of "$1" job "$work/out" "${@:3}" > "$work/out/stdout" 2> "$work/out/stderr" || status=$?
    if ((status != 0)); then verdict=FAILED; fi
    if [[ $verdict == same && ! -e $reference ]]; then
        cp -r "$work/out" "$reference"
    elif [[ $verdict == same ]] && ! diff -rq "$reference" "$work/out" > "$work/difference"; then
        verdict=NO
    fi
    if [[ $verdict != same ]]; then keep_difference "$name-$2"; fi
    add_figures "$name" "$2"
}

keep_difference() {
    local kept=$work/differs/$1
    keep=yes
    rm -rf "$kept"
    mv "$work/out" "$kept"
    if [[ $verdict == NO ]]; then
        printf '\n  the outputs differ:\n'
        sed "s,$work/out,$kept,; s,^,  ," "$work/difference"
    else
        printf '\n  the job ended with status %d (124: too slow); its last words:\n' "$status"
        tail -n 8 "$kept/stderr" | sed 's,^,  ,'
    fi
}

# figures: program, allocator, processor time, wall time (both microseconds), peak memory (KiB). A job may start several
# programs: times add up, and the peak is the largest.
add_figures() {
    [[ -s $work/record ]] || return 0
    awk -v what="$1 $2" '{ wall += $1; cpu += $2 + $3; if ($4 > peak) peak = $4 }
        END { printf "%s %d %d %d\n", what, cpu, wall, peak }' "$work/record" >> "$work/figures"
}

# ---- arithmetic on figures -------------------------------------------------------------------------------------------

# median PROGRAM ALLOCATOR COLUMN - over all rounds; 3 processor time, 4 wall time, 5 peak memory. Empty without any.
median() {
    awk -v p="$1" -v a="$2" -v c="$3" '$1 == p && $2 == a { print $c }' "$work/figures" | sort -n |
        awk '{ v[NR] = $1 } END { if (NR) print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# ratio A B - with two digits, or - if there is nothing to divide.
ratio() {
    awk -v a="${1:-0}" -v b="${2:-0}" 'BEGIN { if (a > 0 && b > 0) printf "%.2f\n", a / b; else print "-" }'
}

# geometric_mean RATIO... - of those that are numbers.
geometric_mean() {
    printf "%s\n" "$@" |
        awk '$1 > 0 { sum += log($1); ++n } END { if (n) printf "%.2f\n", exp(sum / n); else print "-" }'
}

seconds() {
    awk -v us="${1:-0}" 'BEGIN { printf "%.2f\n", us / 1e6 }'
}

mebibytes() {
    awk -v kib="${1:-0}" 'BEGIN { printf "%.1f\n", kib / 1024 }'
}
