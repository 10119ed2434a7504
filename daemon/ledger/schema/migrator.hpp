// Brings the schema up to date: numbered, forward-only migrations that are embedded in the binary.
#pragma once

#include <string>
#include <vector>

#include "foundation/error.hpp"

namespace nowd {

struct MigrateOptions {
  bool dry_run = false;   ///< say what would be done, do nothing
  bool no_roles = false;  ///< roles are managed elsewhere (a hosted Postgres)
};

struct MigrateReport {
  std::vector<std::string> applied;  ///< "0001_jobs" … in order; with dry_run: what would be
  int version = 0;                   ///< the newest migration the database now has
  std::vector<std::string> remarks;  ///< for whoever runs the database: rights of PUBLIC that were taken, or stay
};

/// One transaction, in which no lock is waited for longer than 3 s at a time, about 35 s in all: two at once are safe,
/// a failed one changes nothing. Errors: `invalid`: an applied migration differs from the embedded one (its number and
/// name), or the database is newer than this binary; `refused`: the role may not `set role nowd_owner` (says what to
/// run instead); `unavailable`: no connection; "login: …" refused logins are `refused`.
Result<MigrateReport> migrate(const std::string& conninfo, const MigrateOptions& options);

/// What the daemon asks at start: nothing if the schema is the one this binary knows, else a message with the remedy.
Result<void> check_schema_version(const std::string& conninfo);

}  // namespace nowd
