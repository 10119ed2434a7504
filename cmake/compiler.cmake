# Chooses the compiler before the project is configured: coroutines need clang or GCC >= 14, because GCC 12 and 13
# destroy temporaries inside a co_await expression twice. An explicit CMAKE_CXX_COMPILER (or $CXX) is respected, and
# judged in CMakeLists.txt.
if(NOT CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX})
  find_program(NOWD_GCC14 NAMES g++-15 g++-14)
  find_program(NOWD_CLANG NAMES clang++-19 clang++-20 clang++-18)
  if(NOWD_CLANG)
    set(CMAKE_CXX_COMPILER "${NOWD_CLANG}")
  elseif(NOWD_GCC14)
    set(CMAKE_CXX_COMPILER "${NOWD_GCC14}")
  endif()
endif()
