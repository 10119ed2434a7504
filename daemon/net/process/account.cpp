#include "net/process/account.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <vector>

namespace nowd {
namespace {

constexpr std::size_t largest_entry = 1024 * 1024;

/// `get` is one of the getpw…_r(), which want a buffer and do not say how large.
template <class Get>
std::optional<Account> look_up(Get get) {
  for (std::vector<char> buffer(1024); buffer.size() <= largest_entry; buffer.resize(buffer.size() * 4)) {
    passwd entry{};
    passwd* found = nullptr;
    const int error = get(entry, buffer, found);
    if (error == ERANGE) continue;
    if (found == nullptr) return {};
    return Account{entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir, entry.pw_uid == ::geteuid()};
  }
  return {};
}

/// A container may run under a number that has no entry.
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
                   "'; run nowd as root, or remove user and give '" + own_account().name + "' what the command needs");
  return *found;
}

}  // namespace nowd
