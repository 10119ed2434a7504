#include "ctl/check/local.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "config/daemon/secret_store.hpp"
#include "ctl/check/host.hpp"
#include "foundation/time/civil.hpp"
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

namespace {

using Kind = SecretSource::Kind;

constexpr const char* usual_directory = "/etc/nowd/credentials/";

Finding judge_credential(const SecretUse& use, const SecretSight& sight, const std::string& user) {
  const std::string thing = thing_of(use);
  const std::string& name = use.secret.name;
  const auto loaded = sight.unit.credentials.find(name);
  const bool loads = loaded != sight.unit.credentials.end();
  const std::string path = loads ? loaded->second : sight.usual;
  if (loads && path.empty()) return found_ok("credential", thing, "in the unit of nowd, and visible there only");
  if (loads && path.front() != '/')
    return found_ok("credential", thing, "systemd's own store gives it to the unit of nowd");
  if (loads && sight.file == Sight::absent)
    return found_bad("credential", thing, "the unit loads it from " + path + ", which is not there",
                     "write the secret into that file, mode 0600, owner root");
  if (loads && sight.file == Sight::hidden)
    return found_hidden("credential", thing, "the unit loads it from " + path + ", where '" + user + "' may not look");
  if (loads) return found_ok("credential", thing, "the unit loads it from " + path + "; it is visible there only");
  const std::string remedy = "systemctl edit nowd: [Service], LoadCredential=" + name + ":" + sight.usual;
  if (sight.file != Sight::absent && sight.unit.found)
    return found_bad("credential", thing,
                     sight.file == Sight::readable ? sight.usual + " is there, but the unit does not load it"
                                                   : "the unit does not load it",
                     remedy);
  return found_bad("credential", thing,
                   sight.unit.found ? "the unit does not load it, and " + sight.usual + " is not there"
                                    : "systemd gives this process none, and there is no unit nowd.service",
                   sight.unit.found ? remedy : "install the unit, or use {file: …} or {env: …}");
}

Sight sight_of(const std::string& path) {
  if (::access(path.c_str(), R_OK) == 0) return Sight::readable;
  return errno == ENOENT || errno == ENOTDIR ? Sight::absent : Sight::hidden;
}

}  // namespace

std::string thing_of(const SecretUse& use) {
  const std::string kind = use.secret.kind == Kind::credential ? "credential "
                           : use.secret.kind == Kind::file     ? "secret file "
                                                               : "secret variable ";
  return kind + use.secret.name + " (" + use.where + ")";
}

Finding judge_secret(const SecretUse& use, const SecretSight& sight, const std::string& user) {
  const std::string thing = thing_of(use);
  if (!sight.fault) return found_ok("credential", thing, "readable");
  if (use.secret.kind == Kind::env)
    return found_warn("credential", thing, "not set here, which says nothing of nowd's own environment",
                      "set it for the daemon: systemctl edit nowd, [Service], Environment=, or better a credential");
  if (use.secret.kind == Kind::credential && !sight.in_unit) return judge_credential(use, sight, user);
  if (sight.file == Sight::hidden)
    return found_hidden("credential", thing, "it is there, but '" + user + "' may not read it");
  return of_error(Status::bad, "credential", thing, *sight.fault);
}

Finding look_at_secret(const SecretUse& use, const Unit& unit) {
  SecretSight sight;
  sight.unit = unit;
  sight.usual = usual_directory + use.secret.name;
  sight.in_unit = std::getenv("CREDENTIALS_DIRECTORY") != nullptr;
  if (const auto read = make_secret_reader()(use.secret); !read) sight.fault = read.error();
  const auto loaded = unit.credentials.find(use.secret.name);
  if (use.secret.kind == Kind::file)
    sight.file = sight_of(use.secret.name);
  else if (use.secret.kind == Kind::credential)
    sight.file = sight_of(loaded == unit.credentials.end() ? sight.usual : loaded->second);
  Finding finding = judge_secret(use, sight, own_name());
  finding.source = use.source;
  return finding;
}

}  // namespace nowd::ctl
