// The state of the ledger and its server for a check-up (nowctl doctor); read-only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/ids.hpp"
#include "foundation/time/clock.hpp"

namespace nowd {

/// The server and this login; independent of the content of the database.
struct ServerHealth {
  int version = 0;      ///< server_version_num: 150003
  std::string release;  ///< "15.3"
  std::string user, database;
  std::vector<std::string> groups;  ///< of nowd_reader, nowd_operator, nowd_daemon: those that `user` belongs to
  bool has_groups = false;          ///< these roles exist on the server
  bool superuser = false;
  std::int64_t bytes = 0;       ///< size of the database
  Reading before, after;        ///< this host's clock around …
  Instant now;                  ///< … the server's
  bool shares_backend = false;  ///< two sessions at once met the same server process: a pool in transaction mode
};

/// The state that the ledger records.
struct LedgerState {
  struct Daemon {
    std::string host, version;
    int pid = 0;
    Instant started_at;
    microseconds silent{};  ///< since its last beat, by the database's clock
  };
  struct Overdue {
    JobName job;
    Instant due_at;
    bool planned =
        false;          ///< a planned occurrence that no daemon claimed; else: a next occurrence that no daemon planned
    bool busy = false;  ///< a run of the job is under way, which it may wait for
  };
  struct Alert {
    std::string kind, name, reason, detail;
    Instant first_at;
  };
  struct Hold {
    std::string cause, detail;
    Instant held_at;
  };
  struct InDoubt {
    JobName job, tool;
    std::int64_t run = 0;
  };
  struct Lost {  ///< a run past its limits.wall, although its daemon is alive: the daemon has lost it
    JobName job;
    std::int64_t run = 0;
    Instant claimed_at;
  };
  struct Unsent {
    std::string sink, state;
    std::int64_t count = 0;
  };
  struct Shut {  ///< a provider account that is not called at present
    std::string provider, state, cause;
    Instant until;
  };
  struct Known {
    JobName job;
    std::string revision, zone;  ///< the zone may be empty: no cursor yet
    bool served = true;          ///< a live daemon has this revision in its files
  };
  std::vector<Daemon> daemons;  ///< daemons that did not stop in order
  std::vector<Overdue> overdue;
  std::vector<Alert> alerts;  ///< open ones
  std::vector<Hold> holds;    ///< open ones
  std::vector<InDoubt> in_doubt;
  std::vector<Lost> lost;
  std::vector<Unsent> unsent;
  std::vector<Shut> shut;
  std::vector<Known> jobs;  ///< active ones
};

struct LedgerHealth {
  Result<ServerHealth> server;
  std::optional<Error> schema;  ///< the reason, if this binary does not know the schema
  Result<LedgerState> state;
};

/// Errors of the database are in the parts, not thrown; after an error in one part, the later parts are errors too.
/// Limit: 5 s for each connection and each statement. Blocks.
LedgerHealth ledger_health(const std::string& conninfo, const Clock& clock);

}  // namespace nowd
