// Brings the schema up to date: numbered, forward-only migrations that are embedded in the binary.
#pragma once

#include <string>
#include <vector>

#include "foundation/error.hpp"

namespace nowd {

struct MigrateOptions {
  bool dry_run = false;   ///< report the missing migrations, change nothing
  bool no_roles = false;  ///< roles are managed elsewhere (a hosted Postgres)
};

struct MigrateReport {
  std::vector<std::string> applied;  ///< "0001_ledger" … in order; with dry_run: the missing ones
  int version = 0;                   ///< the newest migration the database now has
  std::vector<std::string> remarks;  ///< for the owner of the database: rights of PUBLIC that were revoked, or remain
};

/// One transaction, in which no lock is waited for longer than 3 s at a time, about 35 s in all: two at once are safe,
/// a failed one changes nothing. Errors: `invalid`: an applied migration differs from the embedded one (its number and
/// name), or the database is newer than this binary; `refused`: the role may not `set role nowd_owner` (the
/// message names the command to run instead); `unavailable`: no connection; "login: …" refused logins are `refused`.
Result<MigrateReport> migrate(const std::string& conninfo, const MigrateOptions& options);

/// The check at the start of the daemon. Errors: `invalid`, with the remedy, if this binary does not know the schema.
Result<void> check_schema_version(const std::string& conninfo);

}  // namespace nowd
