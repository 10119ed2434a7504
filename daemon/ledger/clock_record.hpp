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
#include "foundation/error.hpp"
#include "foundation/ids.hpp"

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

}  // namespace nowd
