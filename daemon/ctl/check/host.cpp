#include "ctl/check/host.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "foundation/time/civil.hpp"
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

/// The end of a release's year: "2026a" was made before.
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
      "one of them is wrong; what is due is decided by the database's: timedatectl on both hosts";
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
    return found_warn("user", thing, "'" + user + "' is there; whom nowd runs as cannot be seen: no state directory",
                      "only root may become somebody else");
  if (*daemon == user || *daemon == "root")
    return found_ok("user", thing, "nowd runs as '" + *daemon + "' and may become '" + user + "'");
  return found_bad("user", thing, "nowd runs as '" + *daemon + "' and may not become '" + user + "'",
                   "run nowd as root, or remove user and give '" + *daemon + "' what the command needs");
}

namespace {

/// The highest priority last (systemd.unit(5)).
constexpr const char* unit_directories[] = {"/lib/systemd/system", "/usr/lib/systemd/system",
                                            "/usr/local/lib/systemd/system", "/run/systemd/system",
                                            "/etc/systemd/system"};

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  return first == std::string_view::npos ? ""
                                         : std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

std::string read_all(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

void read_unit(std::string_view text, UnitCredentials& into) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (line.starts_with('#') || line.starts_with(';') || equals == std::string::npos) continue;
    const std::string key = trimmed(std::string_view(line).substr(0, equals));
    const std::string value = trimmed(std::string_view(line).substr(equals + 1));
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

}  // namespace nowd::ctl
