# Every package nowd uses, under one name each. Debian 12, Debian 13 and Ubuntu 24.04 differ in a few of them.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(date REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libpqxx REQUIRED IMPORTED_TARGET libpqxx)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)  # what libpqxx does not offer: PQping, the parser of conninfo
pkg_check_modules(libsystemd REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(libzstd REQUIRED IMPORTED_TARGET libzstd)

if(TARGET yaml-cpp::yaml-cpp)
  set(NOWD_YAML yaml-cpp::yaml-cpp)  # 0.8 (Debian 13)
else()
  set(NOWD_YAML yaml-cpp)            # 0.7 (Debian 12)
endif()

# valijson is headers only and its Debian package has no CMake file.
find_path(NOWD_VALIJSON_INCLUDE valijson/validator.hpp REQUIRED)
add_library(nowd_valijson INTERFACE)
target_include_directories(nowd_valijson SYSTEM INTERFACE "${NOWD_VALIJSON_INCLUDE}")
target_link_libraries(nowd_valijson INTERFACE nlohmann_json::nlohmann_json)
