#include "ctl/check/host.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "config/daemon/secret_store.hpp"
#include "foundation/text/words.hpp"
#include "foundation/time/civil.hpp"
#include "net/process/program.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {
namespace {

constexpr seconds noticeable_offset{1};
constexpr minutes wrong_offset{1};
constexpr std::int64_t little_room = std::int64_t{1} << 30;
constexpr std::int64_t small_part = 20;  ///< one twentieth: 5 %
constexpr days old_zones{396};           ///< 13 months

std::string exact(microseconds span) {
  const auto size = std::chrono::abs(span);
  if (size < milliseconds{1}) return std::to_string(size.count()) + " µs";
  return human(size);
}

/// The end of the year in the name of a release: a bound for the date of "2026a".
std::optional<Instant> made_before(const std::string& release) {
  if (release.size() < 5 || release.find_first_not_of("0123456789") != 4) return std::nullopt;
  const Result<Instant> end = parse_rfc3339(std::to_string(std::stoi(release.substr(0, 4)) + 1) + "-01-01T00:00:00Z");
  return end ? std::optional(*end) : std::nullopt;
}

}  // namespace

Finding judge_sync(const SyncState& state) {
  if (!state.synchronised)
    return found_warn(
        "clock", "clock of this host", "not synchronised",
        "start a time service (systemctl enable --now systemd-timesyncd, or chrony); timedatectl shows it");
  const std::string within = state.uncertainty ? ", to " + exact(std::chrono::round<microseconds>(*state.uncertainty)) +
                                                     " by the kernel's estimate"
                                               : "";
  return found_ok("clock", "clock of this host", "synchronised" + within);
}

Finding judge_offset(microseconds offset, microseconds error) {
  const std::string thing = "clock of the database";
  const microseconds size = std::chrono::abs(offset);
  if (size <= error) return found_ok("clock", thing, "agrees with this host's to " + exact(error));
  const std::string value =
      exact(size) + (offset.count() > 0 ? " ahead of" : " behind") + " this host's, ± " + exact(error);
  const std::string remedy =
      "one of them is wrong; the database's clock decides which runs are due: timedatectl on both hosts";
  if (size - error > wrong_offset) return found_bad("clock", thing, value, remedy);
  if (size - error > noticeable_offset) return found_warn("clock", thing, value, remedy);
  return found_ok("clock", thing, value);
}

Finding judge_disk(const std::string& directory, std::int64_t free, std::int64_t all) {
  const std::string thing = "disk of " + directory;
  const std::string value = bytes_text(free) + " free of " + bytes_text(all);
  if (free < little_room || free < all / small_part)
    return found_warn("disk", thing, value, "make room: df -h " + directory);
  return found_ok("disk", thing, value);
}

Finding judge_tzdata(const std::string& release, std::optional<Instant> written, Instant now) {
  if (release == "unknown")
    return found_warn("tzdata", "tzdata", "its release is not known: /usr/share/zoneinfo/tzdata.zi is missing",
                      "apt-get install --reinstall tzdata");
  std::optional<Instant> made = made_before(release);
  if (written && (!made || *written < *made)) made = written;
  if (!made || now - *made <= old_zones) return found_ok("tzdata", "tzdata", release);
  return found_warn("tzdata", "tzdata", release + ", " + human(now - *made) + " old or more",
                    "zones may have changed since: apt-get install tzdata");
}

Finding judge_user(const std::string& job, const std::string& user, bool exists,
                   const std::optional<std::string>& daemon) {
  const std::string thing = job + " command.user";
  if (!exists) return found_bad("user", thing, "this host has no user '" + user + "'", "create it, or name another");
  if (!daemon)
    return found_warn("user", thing, "'" + user + "' is there; the user of nowd cannot be seen: no state directory",
                      "only root may become another user");
  if (*daemon == user || *daemon == "root")
    return found_ok("user", thing, "nowd runs as '" + *daemon + "' and may become '" + user + "'");
  return found_bad("user", thing, "nowd runs as '" + *daemon + "' and may not become '" + user + "'",
                   "run nowd as root, or remove user and give '" + *daemon + "' the rights that the command needs");
}

namespace {

/// In ascending priority (systemd.unit(5)).
constexpr const char* unit_directories[] = {"/lib/systemd/system", "/usr/lib/systemd/system",
                                            "/usr/local/lib/systemd/system", "/run/systemd/system",
                                            "/etc/systemd/system"};

std::string read_all(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

void read_unit(std::string_view text, UnitCredentials& into) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (line.starts_with('#') || line.starts_with(';') || equals == std::string_view::npos) continue;
    const std::string_view key = trimmed(line.substr(0, equals));
    const std::string value(trimmed(line.substr(equals + 1)));
    const bool loads = key == "LoadCredential" || key == "LoadCredentialEncrypted";
    const bool sets = key == "SetCredential" || key == "SetCredentialEncrypted";
    if ((!loads && !sets) || value.empty()) continue;
    const std::size_t colon = value.find(':');
    into[value.substr(0, colon)] = loads && colon != std::string::npos ? value.substr(colon + 1) : "";
  }
}

Unit find_unit(const std::string& root) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  Unit unit;
  std::string text;
  std::map<std::string, std::string> drop_ins;  // a later directory's file hides an earlier one of the same name
  for (const char* directory : unit_directories) {
    const fs::path file = fs::path(root + directory) / "nowd.service";
    if (fs::exists(file, ignored)) {
      unit.found = true;
      text = read_all(file);
    }
    for (fs::directory_iterator each(fs::path(file.string() + ".d"), ignored), end; each != end;
         each.increment(ignored))
      if (each->path().extension() == ".conf") drop_ins[each->path().filename().string()] = read_all(each->path());
  }
  read_unit(text, unit.credentials);
  for (const auto& [name, drop_in] : drop_ins) read_unit(drop_in, unit.credentials);
  return unit;
}

// Secrets, programs, disk and users of this host.

namespace {

constexpr const char* zone_list = "/usr/share/zoneinfo/tzdata.zi";

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? std::optional(status) : std::nullopt;
}

/// The directory itself, or its nearest parent that exists.
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
