# Checks one preload library. LIBRARY: the file; EXPORTED: the names it must export; READELF, NM: the tools.
cmake_minimum_required(VERSION 3.25)

function(complain text)
    message("${LIBRARY}: ${text}")
    message(SEND_ERROR "failed")
endfunction()

function(run result)
    execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
    set(${result} "${output}" PARENT_SCOPE)
endfunction()

function(expect_same what expected found)
    list(SORT expected)
    list(SORT found)
    if(NOT expected STREQUAL found)
        complain("${what}\nexpected: ${expected}\nfound:    ${found}")
    endif()
endfunction()

set(ENV{LC_ALL} C)
run(dynamic "${READELF}" --dynamic --wide "${LIBRARY}")
run(segments "${READELF}" --program-headers --wide "${LIBRARY}")
run(defined "${NM}" --dynamic --defined-only --format=posix "${LIBRARY}")
run(undefined "${NM}" --dynamic --undefined-only --format=posix "${LIBRARY}")

# Needed: libc, and at most the loader.
string(REGEX MATCHALL "Shared library: .[^]]+" needed "${dynamic}")
list(TRANSFORM needed REPLACE "Shared library: ." "")
list(FILTER needed EXCLUDE REGEX "^ld-linux")
expect_same("needed libraries" "libc.so.6" "${needed}")

# Exported: one line "name type value size" each.
string(REGEX MATCHALL "[^\n]+" exported "${defined}")
list(TRANSFORM exported REPLACE "[ @].*" "")
expect_same("exported names" "${EXPORTED}" "${exported}")

# Thread-local state: at a fixed offset, found without a call.
if(segments MATCHES "\n *TLS " AND NOT dynamic MATCHES "STATIC_TLS")
    complain("has thread-local state, but not the flag STATIC_TLS: built without initial-exec?")
endif()
if(undefined MATCHES "__tls_get_addr")
    complain("calls __tls_get_addr; expected thread-local state by initial-exec only")
endif()

execute_process(COMMAND "${CMAKE_COMMAND}" -E env "LD_PRELOAD=${LIBRARY}" "${NM}" --version
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0 OR output MATCHES "ERROR: ld.so")
    complain("a program does not run with it (${result}):\n${output}")
endif()
