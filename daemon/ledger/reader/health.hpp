// What a check-up wants to know of the ledger and its server, in one look that changes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/ids.hpp"
#include "foundation/time/clock.hpp"

namespace nowd {

/// The server and this login, whatever is in the database.
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

/// What the ledger itself says.
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
    bool planned = false;  ///< an occurrence that nobody took; else: a next run that nobody planned
    bool busy = false;     ///< a run of the job is under way, which it may wait for
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
  struct Lost {  ///< under way past its limits.wall, with a daemon that is alive: it does not have it
    JobName job;
    std::int64_t run = 0;
    Instant claimed_at;
  };
  struct Unsent {
    std::string sink, state;
    std::int64_t count = 0;
  };
  struct Shut {  ///< a key that is left alone
    std::string provider, state, cause;
    Instant until;
  };
  struct Known {
    JobName job;
    std::string revision, zone;  ///< the zone may be empty: no cursor yet
    bool served = true;          ///< a daemon that did not say goodbye has this revision in its files
  };
  std::vector<Daemon> daemons;  ///< those that did not say goodbye
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
  std::optional<Error> schema;  ///< why the schema is not the one that this binary knows
  Result<LedgerState> state;
};

/// Never throws for what the database does; later parts are errors if the earlier ones are. Each connection has its
/// 5 s, each statement too. Blocks.
LedgerHealth ledger_health(const std::string& conninfo, const Clock& clock);

}  // namespace nowd
