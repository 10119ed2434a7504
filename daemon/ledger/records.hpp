// Records about clocks and provider accounts, and the holds that stop dispatch.
//
// Authority: a *hold* is a row that a daemon writes when it cannot trust a clock or the ledger; only a person ends it.
// Every claim and every planning reads the holds in its own transaction, so a hold stops all daemons that it names,
// also after a restart.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "domain/clocks/clock_watch.hpp"
#include "domain/clocks/remote_clock.hpp"
#include "domain/policy/account_state.hpp"
#include "foundation/error.hpp"
#include "foundation/ids.hpp"
#include "foundation/text/enum_words.hpp"
#include "foundation/time/time.hpp"

namespace nowd {

/// The newest mark of a ledger that a daemon has seen (nowd.ledger_mark). The daemon stores it outside the database, so
/// that it notices a restored backup.
struct LedgerMark {
  Uuid ledger;
  std::int64_t mark = 0;
  bool operator==(const LedgerMark&) const = default;
};

enum class HoldCause {
  clock,   ///< until a person accepts the clocks
  ledger,  ///< until a person accepts the ledger
  offset,  ///< until the clocks agree; not a row of the ledger
  fleet,   ///< until all daemons are connected to the same server; not a row of the ledger
};
inline constexpr std::array<std::string_view, 4> hold_cause_words{"clock", "ledger", "offset", "fleet"};
static_assert(covers(hold_cause_words, HoldCause::fleet));
/// The word that the ledger stores, and the command of nowctl that accepts it.
constexpr std::string_view to_string(HoldCause cause) { return word_of(hold_cause_words, cause); }
/// Nothing for a word that is no such cause.
constexpr std::optional<HoldCause> parse_hold_cause(std::string_view word) {
  return parse_word<HoldCause>(hold_cause_words, word);
}

/// The reason why nothing is claimed or planned.
struct Held {
  HoldCause cause = HoldCause::clock;
  std::string detail;  ///< for people
  bool operator==(const Held&) const = default;
};
/// "…; nothing starts until: nowctl clock accept".
std::string sentence(const Held& held);

class ClockRecord {
 public:
  virtual ~ClockRecord() = default;
  /// Writes one row per event. A clock step that a person must accept holds this host's daemons from this transaction
  /// on.
  virtual boost::asio::awaitable<Result<void>> record_clock_events(std::vector<ClockEvent> events) = 0;
};

// Bounds of remote clocks, which a daemon restores after a restart. They are measured against the boot clock, so they
// are valid for one boot of this host.

class ClockLedger {
 public:
  virtual ~ClockLedger() = default;
  virtual boost::asio::awaitable<Result<std::vector<RemoteClockRow>>> remote_clocks(std::string boot_id) = 0;
  /// Replaces the rows of these clocks.
  virtual boost::asio::awaitable<Result<void>> save_remote_clocks(std::string boot_id,
                                                                  std::vector<RemoteClockRow> rows) = 0;
};

// States of provider accounts, which a daemon restores after a restart and people can see.

/// One provider account: API, base URL and the source of its credential, never the credential.
struct AccountRow {
  std::string api;
  std::string base_url;    ///< empty: the vendor's default
  std::string credential;  ///< "env OPENAI_API_KEY"; "none"
  std::string provider;    ///< name of one provider that uses the account
  AccountStanding::State state = AccountStanding::State::closed;
  Instant since;
  std::optional<Instant> until;  ///< unless closed
  std::string cause;             ///< empty: closed
  int overloads = 0;             ///< consecutive ones
  bool operator==(const AccountRow&) const = default;
};

class AccountLedger {
 public:
  virtual ~AccountLedger() = default;
  /// Accounts with a circuit breaker that is not closed, ordered by API, base URL and credential. Without rows of a
  /// newer nowd that have a state unknown to this one.
  virtual boost::asio::awaitable<Result<std::vector<AccountRow>>> account_rows() = 0;
  /// Replaces the rows of these accounts, also rows of other daemons.
  virtual boost::asio::awaitable<Result<void>> save_accounts(std::vector<AccountRow> rows) = 0;
};

}  // namespace nowd
