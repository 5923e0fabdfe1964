# Runs CRIME, under LIBRARY if that is given, and watches how it dies. The first line of SOURCE tells what of.
cmake_minimum_required(VERSION 3.25)

function(complain expected found)
    message("${SOURCE}:\nexpected: ${expected}\nfound:    ${found}")
    message(SEND_ERROR "failed")
endfunction()

file(STRINGS "${SOURCE}" first_line LIMIT_COUNT 1)
if(NOT first_line MATCHES "^// dies of: (.+)$")
    message(FATAL_ERROR "${SOURCE}: its first line must be // dies of: <sentence>")
endif()
set(sentence "${CMAKE_MATCH_1}\n")

# Settings of whoever runs the tests would lead to other crimes.
foreach(variable GLIBC_TUNABLES MALLOC_TOP_PAD_ MALLOC_PERTURB_ MALLOC_MMAP_THRESHOLD_ MALLOC_TRIM_THRESHOLD_
        MALLOC_MMAP_MAX_ MALLOC_ARENA_MAX MALLOC_ARENA_TEST MALLOC_CHECK_)
    unset(ENV{${variable}})
endforeach()

# The shell leaves no core file, and is gone when the program starts.
execute_process(COMMAND sh -c "ulimit -c 0; LD_PRELOAD=\"$1\" exec \"$0\"" "${CRIME}" "${LIBRARY}"
    RESULT_VARIABLE end OUTPUT_VARIABLE output ERROR_VARIABLE said)

if(NOT end STREQUAL "Subprocess aborted")
    complain("death by SIGABRT" "${end}")
endif()
if(NOT said STREQUAL sentence)
    complain("\"${sentence}\" on standard error" "\"${said}\"")
endif()
if(NOT output STREQUAL "")
    complain("nothing on standard output" "\"${output}\"")
endif()
