# One INTERFACE target for warnings and sanitizers; nowd_module() for a library of daemon/, nowd_test() for its tests.
add_library(nowd_options INTERFACE)
target_compile_options(nowd_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Wimplicit-fallthrough
  $<$<CXX_COMPILER_ID:Clang>:-Wno-missing-designated-field-initializers -Wno-missing-field-initializers>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-missing-field-initializers>
  $<$<BOOL:${NOWD_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(nowd_options INTERFACE "SHELL:-Xclang -fno-pch-timestamp")  # or ccache never hits
endif()
if(NOWD_SANITIZE)
  # Without the optimiser: what a sanitizer finds is the same, and the build takes two fifths of the time.
  target_compile_options(nowd_options INTERFACE -fsanitize=${NOWD_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(nowd_options INTERFACE -fsanitize=${NOWD_SANITIZE})
endif()

# Owns the precompiled header and Asio's compiled part; every target reuses both.
add_library(nowd_base STATIC "${PROJECT_SOURCE_DIR}/cmake/pch.cpp")
target_link_libraries(nowd_base PUBLIC Boost::headers Threads::Threads nlohmann_json::nlohmann_json
  PRIVATE nowd_options)
target_compile_definitions(nowd_base PUBLIC
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_REGEX BOOST_ASIO_SEPARATE_COMPILATION
  JSON_USE_IMPLICIT_CONVERSIONS=0)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Without CMake's second option, which includes the header by its absolute path and adds nothing to the first.
  set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -Xclang -include-pch -Xclang <PCH_FILE>)
endif()
# nowd_precompile(TARGET HEADER): TARGET, which lies in the top folder, owns the precompiled HEADER of cmake/.
# By its name, not by its path: the file that CMake makes of it is then the same in every clone. ccache takes the word of
# the .sum file for the precompiled header, whose bytes name the folder it was built in.
function(nowd_precompile target header)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/cmake")
  target_precompile_headers(${target} PRIVATE <${header}>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # What the header itself instantiates is made once, and not in each file: a third of the time of a small one.
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fpch-instantiate-templates")
  endif()
  file(SHA256 "${PROJECT_SOURCE_DIR}/cmake/${header}" sum)
  file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${target}.dir/cmake_pch.hxx.pch.sum" "${header} ${sum} instantiated "
    "clang ${CMAKE_CXX_COMPILER_VERSION} boost ${Boost_VERSION} json ${nlohmann_json_VERSION} catch ${Catch2_VERSION}\n")
endfunction()
nowd_precompile(nowd_base pch.hpp)

# Replaces the sources of a list by one source for each folder that includes them: the headers are then read once for a
# folder. A folder is therefore one scope: names in anonymous namespaces are unique within it.
function(unite_folders root sources_variable)
  set(united)
  foreach(source IN LISTS ${sources_variable})
    if(IS_ABSOLUTE "${source}")
      list(APPEND united "${source}")
      continue()
    endif()
    file(RELATIVE_PATH path "${root}" "${CMAKE_CURRENT_SOURCE_DIR}/${source}")
    get_filename_component(folder "${path}" DIRECTORY)
    string(REPLACE "/" "_" folder "${folder}")
    list(APPEND folders ${folder})
    string(APPEND includes_of_${folder} "#include \"${path}\"\n")
  endforeach()
  list(REMOVE_DUPLICATES folders)
  foreach(folder IN LISTS folders)
    set(file "${CMAKE_CURRENT_BINARY_DIR}/united/${folder}.cpp")
    file(CONFIGURE OUTPUT "${file}" CONTENT "${includes_of_${folder}}" @ONLY)
    list(APPEND united "${file}")
  endforeach()
  set(${sources_variable} "${united}" PARENT_SCOPE)
endfunction()

# nowd_module(NAME SOURCES file... ARROWS module... USES library...)
# ARROWS are the modules that NAME may include (tests/architecture checks the includes against them); USES are
# packages that stay private to it.
function(nowd_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;ARROWS;USES" ${ARGN})
  if(NOWD_UNITED)
    unite_folders("${PROJECT_SOURCE_DIR}/daemon" ARG_SOURCES)
  endif()
  add_library(nowd_${name} STATIC ${ARG_SOURCES})
  target_include_directories(nowd_${name} PUBLIC "${PROJECT_SOURCE_DIR}/daemon")
  target_link_libraries(nowd_${name} PUBLIC nowd_base PRIVATE nowd_options ${ARG_USES})
  target_precompile_headers(nowd_${name} REUSE_FROM nowd_base)
  foreach(arrow IN LISTS ARG_ARROWS)
    target_link_libraries(nowd_${name} PUBLIC nowd_${arrow})
  endforeach()
endfunction()

# nowd_test(NAME LABEL unit|postgres|e2e SOURCES file... LINKS library...)
# One ctest entry for each *_test.cpp, NAME.FILE, so that a failure reruns a file and not a module. The long ones start
# first.
function(nowd_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;LINKS" ${ARGN})
  add_executable(test_${name} ${ARG_SOURCES})
  target_link_libraries(test_${name} PRIVATE nowd_options nowd_catch ${ARG_LINKS})
  target_precompile_headers(test_${name} REUSE_FROM nowd_catch)
  set(cost_of_unit 0)
  set(cost_of_postgres 10)
  set(cost_of_e2e 100)
  foreach(source IN LISTS ARG_SOURCES)
    get_filename_component(file "${source}" NAME_WE)
    if(file MATCHES "_test$")
      string(REGEX REPLACE "_test$" "" entry "${name}.${file}")
      add_test(NAME ${entry} COMMAND test_${name} --filenames-as-tags --warn NoTests "[#${file}]")
      set_tests_properties(${entry} PROPERTIES LABELS ${ARG_LABEL} COST ${cost_of_${ARG_LABEL}} TIMEOUT 900
        ENVIRONMENT "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/lsan.supp:print_suppressions=0")
      if(NOT ARG_LABEL STREQUAL "unit")
        set_property(TEST ${entry} APPEND PROPERTY FIXTURES_REQUIRED cluster)
        set_property(TEST ${entry} APPEND PROPERTY ENVIRONMENT "NOWD_TEST_CLUSTER=${PROJECT_BINARY_DIR}/tests/cluster")
      endif()
    endif()
  endforeach()
endfunction()
