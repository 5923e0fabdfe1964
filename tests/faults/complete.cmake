# Compares the enumerators of fault in HEADER with the crimes beside this file.
cmake_minimum_required(VERSION 3.25)

file(STRINGS "${HEADER}" faults REGEX "^    [a-z_]+,$")
list(TRANSFORM faults REPLACE "[ ,]" "")
if(faults STREQUAL "")
    message(SEND_ERROR "${HEADER}: no enumerators found")
endif()

file(GLOB crimes RELATIVE "${CMAKE_CURRENT_LIST_DIR}" "${CMAKE_CURRENT_LIST_DIR}/*.cpp")
list(TRANSFORM crimes REPLACE "[.]cpp$" "")

foreach(fault IN LISTS faults)
    if(NOT fault IN_LIST crimes)
        message(SEND_ERROR "no crime leads to ${fault}: expected tests/faults/${fault}.cpp")
    endif()
endforeach()
foreach(crime IN LISTS crimes)
    if(NOT crime IN_LIST faults)
        message(SEND_ERROR "tests/faults/${crime}.cpp: there is no such fault")
    endif()
endforeach()
