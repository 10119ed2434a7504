#include "net/process/program.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace nowd {
namespace {

bool is_executable(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

Result<std::string> find_program(const std::string& name, std::string_view path, const std::string& directory) {
  if (name.find('/') != std::string::npos) {
    const std::string file = name.starts_with('/') ? name : directory + "/" + name;
    if (is_executable(file)) return file;
    return invalid("'" + file + "' is not there or not executable; check the path and its mode");
  }
  for (std::string_view rest = path; !rest.empty();) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const std::string file = std::string(rest.substr(0, colon)) + "/" + name;
    if (colon > 0 && is_executable(file)) return file;
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return invalid("'" + name + "' is in none of " + std::string(path) + "; install it, or write its full path");
}

}  // namespace nowd
