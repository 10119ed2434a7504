// The heartbeat of this daemon: each beat sweeps runs of dead daemons, receives requests to cancel runs, and compares
// this host's clock with the database's. Also whether the daemon is ready.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "ledger/outbox.hpp"
#include "runtime/clocks/clock_watch.hpp"
#include "runtime/outbox_pump.hpp"
#include "runtime/run/supervisor.hpp"
#include "runtime/scheduler.hpp"

namespace nowd {

class Heartbeat {
 public:
  /// `host`: the name of this host in alerts about its clock.
  Heartbeat(boost::asio::any_io_executor executor, Ledger& ledger, Outbox& outbox, ClockWatch& clocks,
            Scheduler& scheduler, Supervisor& supervisor, const OutboxPump& pump, std::string host);
  /// Every 2 s, until cancelled.
  boost::asio::awaitable<void> run();
  /// Beats at once: a request to cancel a run may be there.
  void wake();

 private:
  boost::asio::awaitable<void> measure_offset(const Ledger::Sweep& sweep);
  void record_skew(const Ledger::Sweep& sweep, microseconds offset);
  boost::asio::awaitable<void> report_offset(const Ledger::Sweep& sweep, microseconds offset);

  boost::asio::steady_timer timer_;
  Ledger& ledger_;
  Outbox& outbox_;
  ClockWatch& clocks_;
  Scheduler& scheduler_;
  Supervisor& supervisor_;
  const OutboxPump& pump_;
  bool woken_ = false;
  const std::string alert_name_;
  Offset last_offset_ = Offset::fine;
  std::optional<bool> reported_wrong_;  ///< nothing: the daemon before this one may have
};

// Readiness: whether this daemon serves its jobs now. Pure.

/// Other daemons declare a daemon dead after this time without a new beat.
inline constexpr seconds max_silence_to_serve{15};

struct Standing {
  bool ledger_reachable = false;
  bool serving = false;
  nanoseconds beat_age{0};             ///< since the start of the last commit that the ledger confirmed
  std::string statement;               ///< SQL statement without an answer yet; empty: none
  std::string lock;                    ///< lock of another session that blocks claims or sweeps; empty: none
  std::optional<Held> held;            ///< the hold of dispatch
  std::optional<std::string> refused;  ///< Scheduler::refused()
};

/// The reason for /readyz; nothing: the daemon serves.
std::optional<std::string> why_not_ready(const Standing& standing);

/// Log lines about a ledger that confirms no transaction: one at the start of such a silence, one at its end. A lost
/// connection is logged elsewhere.
class SilenceWatch {
 public:
  /// Call it about every 2 s. Returns the line to log, if one is due.
  std::optional<std::string> check(const Standing& standing);

 private:
  int silent_checks_ = 0;
  nanoseconds longest_{0};
};

}  // namespace nowd
