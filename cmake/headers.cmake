# The target nowd_headers compiles every header of daemon/ alone, so that each includes what it uses: sources that are
# compiled together (NOWD_UNITED) would hide it. Not part of the default build.
file(GLOB_RECURSE headers RELATIVE "${PROJECT_SOURCE_DIR}/daemon" CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/daemon/*.hpp")
foreach(header IN LISTS headers)
  string(REPLACE "/" "_" name "${header}")
  set(file "${PROJECT_BINARY_DIR}/headers/${name}.cpp")
  file(CONFIGURE OUTPUT "${file}" CONTENT "#include \"${header}\"\n" @ONLY)
  list(APPEND alone "${file}")
endforeach()
add_library(nowd_headers OBJECT EXCLUDE_FROM_ALL ${alone})
target_include_directories(nowd_headers PRIVATE "${PROJECT_SOURCE_DIR}/daemon" "${PROJECT_BINARY_DIR}/daemon/app/generated")
target_link_libraries(nowd_headers PRIVATE nowd_options nowd_base PkgConfig::libpqxx)
target_precompile_headers(nowd_headers REUSE_FROM nowd_base)
