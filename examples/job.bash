# Runs one step of one program file: bash job.bash FILE prepare|job
#
# A program file defines
#   needs     command:package pairs, what must be installed
#   prepare   (may be missing) makes the inputs, in $inputs; what it prints is shown to the user
#   job       does the work in an empty directory; everything left there is compared, byte for byte, with the same job
#             on another allocator, so it must not depend on time, chance, addresses or the order of threads
#   plain_preload  (may be missing) what to preload where no allocator is asked for
# and may use
#   run       starts a program on the allocator under test and writes down its time and memory
#   pick A B  A, or B if only a quick run is wanted
#   text N    N million bytes of words
#   await_server CMD...  waits until CMD succeeds; the server is process $server, and its log server.log
#   stop_server          ends it, by its server.pid, and waits for it
#   $sources  where the program files are; $inputs  what prepare made; $tools  where the build left its programs;
#   $examples  this folder
#
# The caller sets PTM_JOB_SIZE, _INPUTS, _TOOLS, _MEASURE, _RECORD and _PRELOAD.
set -euo pipefail

step=$2
examples=$(dirname "${BASH_SOURCE[0]}")
sources=$(dirname "$1")
inputs=$PTM_JOB_INPUTS
tools=$PTM_JOB_TOOLS

pick() {
    if [[ $PTM_JOB_SIZE == quick ]]; then echo "$2"; else echo "$1"; fi
}

run() {
    "$PTM_JOB_MEASURE" --record "$PTM_JOB_RECORD" ${preload:+--preload "$preload"} -- "$@"
}

# Two thirds of the words come from a small vocabulary, as in real text; the rest are numbers.
text() {
    awk -v bytes="${1}000000" 'BEGIN {
        for (state = 17; i < 3000; ++i) {
            word = ""
            for (j = 2 + i % 9; j > 0; --j) {
                state = (state * 16807) % 2147483647
                word = word sprintf("%c", 97 + int(state / 512) % 26)
            }
            words[i] = word
        }
        for (done = 0; done < bytes; done += length(line) + 1) {
            line = ""
            for (j = 0; j < 12; ++j) {
                state = (state * 16807) % 2147483647
                line = line " " (state % 3 ? words[int(state / 512) % 3000] : int(state / 4096))
            }
            print line
        }
    }'
}

# Fails, and shows the end of the log, when the server ends or takes longer than a minute.
await_server() {
    local tries
    for ((tries = 0; tries < 600; ++tries)); do
        if "$@" > /dev/null 2>&1; then return; fi
        kill -0 "$server" 2> /dev/null || break
        sleep 0.1
    done
    echo "the server does not answer" >&2
    if [[ -s server.log ]]; then tail -n 20 server.log >&2; fi
    return 1
}

stop_server() {
    if [[ -z ${server:-} ]]; then return; fi
    if [[ -s server.pid ]]; then kill "$(< server.pid)" || true; fi
    wait "$server" || true
    server=
}

prepare() { :; }

# shellcheck source=/dev/null
source "$1"
preload=${PTM_JOB_PRELOAD:-${plain_preload:-}}
"$step"
