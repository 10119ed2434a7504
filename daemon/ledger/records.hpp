// What the ledger keeps of clocks, and what holds dispatch because of them.
//
// Who is authoritative for what: a *hold* is a row that a daemon writes when it sees that a clock, or the ledger,
// cannot be trusted, and that only a person ends; every claim and every planning looks for it in its own transaction,
// so it holds for all daemons that it names, and over restarts.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "domain/clocks/clock_watch.hpp"
#include "domain/clocks/remote_clock.hpp"
#include "foundation/error.hpp"
#include "foundation/ids.hpp"
#include "foundation/time/time.hpp"

namespace nowd {

/// How far a daemon has seen a ledger come (nowd.ledger_mark): kept outside of it, so that a restored one shows.
struct LedgerMark {
  Uuid ledger;
  std::int64_t mark = 0;
  bool operator==(const LedgerMark&) const = default;
};

/// Why nothing is claimed or planned.
struct Held {
  /// clock | ledger: until a person accepts it; offset: until the clocks agree again; fleet: until all daemons are on
  /// the same server
  std::string cause;
  std::string detail;  ///< for people
  bool operator==(const Held&) const = default;
};
/// "…; nothing starts until: nowctl clock accept".
std::string sentence(const Held& held);

class ClockRecord {
 public:
  virtual ~ClockRecord() = default;
  /// One row each. A step that needs a person holds this host's daemons from this transaction on.
  virtual boost::asio::awaitable<Result<void>> record(std::vector<ClockEvent> events) = 0;
};

// What is known of remote clocks, kept over a restart of the daemon. It holds for one boot of this host: bounds are
// measured against its boot clock.

class ClockLedger {
 public:
  virtual ~ClockLedger() = default;
  virtual boost::asio::awaitable<Result<std::vector<RemoteClockRow>>> remote_clocks(std::string boot_id) = 0;
  /// Replaces the rows of these clocks.
  virtual boost::asio::awaitable<Result<void>> keep(std::string boot_id, std::vector<RemoteClockRow> rows) = 0;
};

// How the keys of providers stand, kept over a restart of the daemon, and for people to see.

/// One key: api, base URL and where the credential comes from, never what it is.
struct AccountRow {
  std::string api;
  std::string base_url;    ///< empty: the vendor's own
  std::string credential;  ///< "env OPENAI_API_KEY"; "none"
  std::string provider;    ///< one of those that use it
  std::string state;       ///< closed | open | half_open | paused
  Instant since;
  std::optional<Instant> until;  ///< unless closed
  std::string cause;             ///< empty: closed
  int overloads = 0;             ///< in a row
  bool operator==(const AccountRow&) const = default;
};

class AccountLedger {
 public:
  virtual ~AccountLedger() = default;
  /// Those that are not closed, in order of api, base URL and credential.
  virtual boost::asio::awaitable<Result<std::vector<AccountRow>>> key_rows() = 0;
  /// Replaces the rows of these keys, whoever wrote them.
  virtual boost::asio::awaitable<Result<void>> keep(std::vector<AccountRow> rows) = 0;
};

}  // namespace nowd
