# Included by CTest when it starts: lists the test cases of one Catch2 program and registers each.
#
#   test_name      prefix of the entries, "<test_name>: <name of the test case>", and their label
#   test_program   the Catch2 program
#   test_list      file to keep the entries in, as long as the program does not change

# Appends an argument that CMake takes as it is: test names may hold quotes, brackets and semicolons.
function(bracketed text)
    set(entries "${entries} [====[${text}]====]" PARENT_SCOPE)
endfunction()

# Catch2 reads a name given on the command line as a pattern.
function(as_catch_pattern name result)
    string(REPLACE "\\" "\\\\" name "${name}")
    foreach(special "," "[" "]" "\"" "*" "~")
        string(REPLACE "${special}" "\\${special}" name "${name}")
    endforeach()
    set(${result} "${name}" PARENT_SCOPE)
endfunction()

# Takes the first line off `lines`, without CMake lists: they would split a name at a semicolon.
macro(take_line lines line)
    string(FIND "${${lines}}" "\n" end_of_line)
    string(SUBSTRING "${${lines}}" 0 ${end_of_line} ${line})
    math(EXPR next_line "${end_of_line} + 1")
    string(SUBSTRING "${${lines}}" ${next_line} -1 ${lines})
endmacro()

function(write_test_list)
    execute_process(COMMAND "${test_program}" --list-test-names-only
        OUTPUT_VARIABLE names ERROR_VARIABLE noise RESULT_VARIABLE result)
    if(names STREQUAL "")  # Catch2 3 says it with other words
        execute_process(COMMAND "${test_program}" --list-tests --verbosity quiet
            OUTPUT_VARIABLE names ERROR_VARIABLE noise RESULT_VARIABLE result)
    endif()
    set(entries "")
    string(APPEND names "\n")
    while(NOT names STREQUAL "")
        take_line(names name)
        string(STRIP "${name}" name)
        if(name MATCHES "^\"#(.*)\"$")  # Catch2 2 quotes a name that looks like a tag
            set(name "#${CMAKE_MATCH_1}")
        endif()
        if(NOT name STREQUAL "")
            as_catch_pattern("${name}" pattern)
            string(APPEND entries "add_test(")
            bracketed("${test_name}: ${name}")
            bracketed("${test_program}")
            bracketed("${pattern}")
            string(APPEND entries ")\nset_tests_properties(")
            bracketed("${test_name}: ${name}")
            string(APPEND entries " PROPERTIES LABELS [====[${test_name}]====])\n")
        endif()
    endwhile()
    if(entries STREQUAL "")
        message("${test_program}: no test cases found (${result}): ${noise}")
        string(APPEND entries "add_test([====[${test_name}: no test cases found]====] false)\n")
    endif()
    file(WRITE "${test_list}" "${entries}")
endfunction()

if(NOT EXISTS "${test_program}")
    add_test("${test_name}: not built" "${test_program}")
else()
    if("${test_program}" IS_NEWER_THAN "${test_list}"
        OR "${CMAKE_CURRENT_LIST_FILE}" IS_NEWER_THAN "${test_list}")
        write_test_list()
    endif()
    include("${test_list}")
endif()
