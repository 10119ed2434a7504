// Checks of this host: its clock, disk, time zones, users, secrets and programs. judge_x() is pure, look_at_x() looks
// and judges.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "ctl/check/finding.hpp"
#include "ctl/check/uses.hpp"
#include "foundation/time/clock.hpp"

namespace nowd::ctl {

Finding judge_sync(const SyncState& state);

/// `offset`: how far the database's clock is ahead, known to ± `error`.
Finding judge_offset(microseconds offset, microseconds error);

/// Room for files in the directory of the daemon's state, as statvfs() counts it.
Finding judge_disk(const std::string& directory, std::int64_t free, std::int64_t all);

/// `written`: date of tzdata's files, if known. The files are newer than their release, so each gives a minimum age.
Finding judge_tzdata(const std::string& release, std::optional<Instant> written, Instant now);

/// The user of a job's command. `daemon`: the user of nowd, if it is known.
Finding judge_user(const std::string& job, const std::string& user, bool exists,
                   const std::optional<std::string>& daemon);

// Credentials in nowd's systemd unit: they are visible inside the unit only.

/// Name → path of its file, by LoadCredential= and LoadCredentialEncrypted= lines; an empty path if the unit itself
/// contains the value (SetCredential=), or if systemd searches its own directories. Later lines win.
using UnitCredentials = std::map<std::string, std::string>;
void read_unit(std::string_view text, UnitCredentials& into);

/// The unit and its drop-ins, as far as this user may read them, in systemd's order. `root` is empty except in tests.
struct Unit {
  bool found = false;
  UnitCredentials credentials;
};
Unit find_unit(const std::string& root = "");

/// A file as this user sees it.
enum class Sight {
  readable,
  hidden,  ///< this user may not read it, or may not see whether it exists
  absent,
};

/// The observations about a secret; never its value.
struct SecretSight {
  std::optional<Error> fault;  ///< the error of reading it; nothing: it can be read
  Sight file = Sight::absent;  ///< {file: …}; of a credential: the file that the unit loads, else the one in `usual`
  bool in_unit = false;        ///< this process has a credentials directory, as in nowd's unit: `fault` decides
  Unit unit;
  std::string usual;  ///< "/etc/nowd/credentials/NAME"
};

/// Outside the unit, a credential is ok if the unit loads it and its file exists. A file that this user may not see is
/// a warning.
Finding judge_secret(const SecretUse& use, const SecretSight& sight, const std::string& user);
std::string thing_of(const SecretUse& use);

/// `hidden`: the program may exist, but this user, who is not the user of nowd, may not see it.
Finding judge_program(const ProgramUse& use, const Result<std::string>& found, bool hidden, const std::string& user);

Finding look_at_secret(const SecretUse& use, const Unit& unit);
Finding look_at_program(const ProgramUse& use, bool as_daemon);
Finding look_at_user(const UserUse& use, const std::string& state_directory);
Finding look_at_disk(const std::string& state_directory);
Finding look_at_tzdata();

/// The user who runs this program.
std::string own_name();
/// The user of nowd: the owner of its state directory. Nothing without that directory.
std::optional<std::string> daemon_name(const std::string& state_directory);
/// True if this user is root or the user of nowd, so that a refusal holds for nowd too.
bool sees_as_daemon(const std::string& state_directory);

}  // namespace nowd::ctl
