#include "ctl/doctor/local.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "ctl/doctor/host.hpp"
#include "foundation/time/civil.hpp"
#include "net/process/account.hpp"
#include "net/process/program.hpp"

namespace nowd::ctl {
namespace {

constexpr const char* zone_list = "/usr/share/zoneinfo/tzdata.zi";

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? std::optional(status) : std::nullopt;
}

/// The directory itself, or the nearest one above that is there.
std::string nearest_directory(const std::string& directory) {
  std::filesystem::path path = directory;
  while (!status_of(path.string()) && path.has_relative_path()) path = path.parent_path();
  return path.string();
}

}  // namespace

Finding judge_program(const ProgramUse& use, const Result<std::string>& found, bool hidden, const std::string& user) {
  if (found) return found_ok("program", use.where, *found);
  if (hidden) return found_hidden("program", use.where, "'" + user + "' may not see or run '" + use.program + "'");
  return of_error(Status::bad, "program", use.where, found.error());
}

Finding look_at_program(const ProgramUse& use, bool as_daemon) {
  const auto found = find_program(use.program, use.path.empty() ? children_path : use.path, use.directory);
  const bool by_path = use.program.starts_with('/');
  const bool absent = ::access(use.program.c_str(), F_OK) != 0 && errno != EACCES;
  Finding finding = judge_program(use, found, by_path && !absent && !as_daemon, own_name());
  finding.source = use.source;
  return finding;
}

Finding look_at_user(const UserUse& use, const std::string& state_directory) {
  const bool exists = ::getpwnam(use.user.c_str()) != nullptr;
  Finding finding = judge_user(use.job, use.user, exists, daemon_name(state_directory));
  finding.source = use.source;
  return finding;
}

Finding look_at_disk(const std::string& state_directory) {
  const std::string directory = nearest_directory(state_directory);
  struct statvfs room{};
  if (::statvfs(directory.c_str(), &room) != 0)
    return found_hidden("disk", "disk of " + state_directory, std::string("cannot be seen: ") + std::strerror(errno));
  const auto bytes = [&](fsblkcnt_t blocks) { return static_cast<std::int64_t>(blocks * room.f_frsize); };
  return judge_disk(state_directory, bytes(room.f_bavail), bytes(room.f_blocks));
}

Finding look_at_tzdata() {
  std::optional<Instant> written;
  if (const auto status = status_of(zone_list)) written = Instant{seconds{status->st_mtim.tv_sec}};
  return judge_tzdata(tzdata_version(), written, SystemClock().now());
}

std::string own_name() {
  const auto account = account_to_become("");
  return account ? account->name : "";
}

std::optional<std::string> daemon_name(const std::string& state_directory) {
  const auto status = status_of(state_directory);
  if (!status) return std::nullopt;
  const passwd* entry = ::getpwuid(status->st_uid);
  return entry == nullptr ? std::to_string(status->st_uid) : entry->pw_name;
}

bool sees_as_daemon(const std::string& state_directory) {
  const auto status = status_of(state_directory);
  return ::geteuid() == 0 || (status && status->st_uid == ::geteuid());
}

}  // namespace nowd::ctl
