// Judging this host: its clock, its disk, its time zones, its users.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "ctl/check/finding.hpp"
#include "foundation/time/clock.hpp"

namespace nowd::ctl {

Finding judge_sync(const SyncState& state);

/// `offset`: how far the database's clock is ahead, known to ± `error`.
Finding judge_offset(microseconds offset, microseconds error);

/// Room for files in the directory of the daemon's state, as statvfs() counts it.
Finding judge_disk(const std::string& directory, std::int64_t free, std::int64_t all);

/// `written`: when tzdata's files were made, if that is known. They are made after the release, so both give an age
/// that it has at least.
Finding judge_tzdata(const std::string& release, std::optional<Instant> written, Instant now);

/// The user of a job's command. `daemon`: whom nowd runs as, by the owner of its state directory, if that is there.
Finding judge_user(const std::string& job, const std::string& user, bool exists,
                   const std::optional<std::string>& daemon);

// What nowd's systemd unit says of credentials: they are visible inside the unit only.

/// Name → where systemd takes it from, by LoadCredential= and LoadCredentialEncrypted= lines; an empty path where the
/// value stands in the unit itself (SetCredential=), or where systemd looks in its own directories. Later lines win.
using UnitCredentials = std::map<std::string, std::string>;
void read_unit(std::string_view text, UnitCredentials& into);

/// The unit and its drop-ins, as far as this user may read them, in systemd's order. `root` is "" but in tests.
struct Unit {
  bool found = false;
  UnitCredentials credentials;
};
Unit find_unit(const std::string& root = "");

}  // namespace nowd::ctl
