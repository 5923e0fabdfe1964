# Checks what generate.awk writes. ROOT: the source tree; TO: a folder to write into; AWK; VERSION: of ptm.
cmake_minimum_required(VERSION 3.25)

function(complain text)
    message("${text}")
    message(SEND_ERROR "failed")
endfunction()

# generate(<folder> <header>...) - in an environment of its own.
function(generate folder)
    file(REMOVE_RECURSE "${folder}")
    file(MAKE_DIRECTORY "${folder}")
    execute_process(COMMAND "${AWK}" -v "root=${ROOT}" -v "to=${folder}"
        -f "${ROOT}/tests/single_header/generate.awk" ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# count(<result> <phrase> <text>) - how often a phrase stands in a text.
function(count result phrase text)
    string(LENGTH "${text}" before)
    string(REPLACE "${phrase}" "" without "${text}")
    string(LENGTH "${without}" after)
    string(LENGTH "${phrase}" each)
    math(EXPR n "(${before} - ${after}) / ${each}")
    set(${result} ${n} PARENT_SCOPE)
endfunction()

function(expect_count expected phrase file text)
    count(found "${phrase}" "${text}")
    if(NOT found EQUAL expected)
        complain("${file}: expected ${expected} times, found ${found} times: ${phrase}")
    endif()
endfunction()

file(GLOB_RECURSE headers RELATIVE "${ROOT}/include" "${ROOT}/include/ptm/*.hpp")
list(SORT headers)
set(backwards ${headers})
list(REVERSE backwards)

set(ENV{LC_ALL} C)
generate("${TO}" ${headers})
set(ENV{LC_ALL} C.UTF-8)
generate("${TO}_again" ${backwards})

file(GLOB files RELATIVE "${TO}" "${TO}/*")
set(everything "")
foreach(file IN LISTS files)
    execute_process(COMMAND "${CMAKE_COMMAND}" -E compare_files "${TO}/${file}" "${TO}_again/${file}"
        RESULT_VARIABLE differs)
    if(differs)
        complain("${file}: differs when the headers come in another order, under another locale")
    endif()
    file(READ "${TO}/${file}" text)
    string(APPEND everything "${text}")
    expect_count(1 "#pragma once" "${file}" "${text}")
    expect_count(0 "#include <ptm/" "${file}" "${text}")
    expect_count(1 "// ptm ${VERSION}. " "${file}" "${text}")
    expect_count(1 "Permission is hereby granted" "${file}" "${text}")
endforeach()

# Every header is in one of the files, once.
set(replacements 0)
foreach(header IN LISTS headers)
    expect_count(1 "// ---- include/${header} ----\n" "all files" "${everything}")
    if(header MATCHES "/replace_[a-z_]+\\.hpp$")
        math(EXPR replacements "${replacements} + 1")
    endif()
endforeach()
list(LENGTH files found)
math(EXPR expected "${replacements} + 1")
if(NOT found EQUAL expected OR replacements LESS 3)
    complain("expected ptm.hpp and a file for each c/replace_*.hpp, found: ${files}")
endif()

# Its text is there as it stands, but for includes, guards and repeated empty lines.
foreach(header IN LISTS headers)
    file(READ "${ROOT}/include/${header}" text)
    string(REGEX REPLACE "\n#(include *[<\"]|pragma once)[^\n]*" "" text "${text}")
    string(REGEX REPLACE "\n\n+" "\n\n" text "${text}")
    string(REGEX REPLACE "^\n+|\n+$" "" text "${text}")
    string(FIND "${everything}" "${text}" at)
    if(at EQUAL -1)
        complain("${header}: its text is not in the files as it stands")
    endif()
endforeach()
