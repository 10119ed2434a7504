#include "net/process/program.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

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

namespace {

constexpr std::size_t max_entry = 1024 * 1024;

/// `get` is one of the getpw…_r(), which need a buffer of unknown size.
template <class Get>
std::optional<Account> look_up(Get get) {
  for (std::vector<char> buffer(1024); buffer.size() <= max_entry; buffer.resize(buffer.size() * 4)) {
    passwd entry{};
    passwd* found = nullptr;
    const int error = get(entry, buffer, found);
    if (error == ERANGE) continue;
    if (found == nullptr) return {};
    return Account{entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir, entry.pw_uid == ::geteuid()};
  }
  return {};
}

/// In a container the number may have no entry.
Account own_account() {
  const auto found = look_up([](passwd& entry, std::vector<char>& buffer, passwd*& result) {
    return ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &result);
  });
  return found.value_or(Account{std::to_string(::geteuid()), ::geteuid(), ::getegid(), "/", true});
}

}  // namespace

Result<Account> account_to_become(const std::string& name) {
  if (name.empty()) return own_account();
  auto found = look_up([&](passwd& entry, std::vector<char>& buffer, passwd*& result) {
    return ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &result);
  });
  if (!found) return invalid("this host has no user '" + name + "'; create it, or name another");
  if (!found->own && ::geteuid() != 0)
    return invalid("nowd runs as '" + own_account().name + "' and may not become '" + name +
                   "'; run nowd as root, or remove user and give '" + own_account().name +
                   "' the rights that the command needs");
  return *found;
}

}  // namespace nowd
