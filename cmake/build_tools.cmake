# Speed only: the build is the same without either.
find_program(NOWD_CCACHE ccache)
if(NOWD_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Precompiled headers need these three, or every file that uses one misses the cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_PCH_EXTSUM=1
    CCACHE_DEPEND=1  # no second pass of the preprocessor over what is not in the cache
    ${NOWD_CCACHE})
endif()
find_program(NOWD_MOLD mold)
if(NOWD_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
