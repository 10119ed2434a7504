// Beats, sweeps what dead daemons left and what this one lost, hears who wants a run to end, and measures this host's
// clock against the database's.
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
  /// `host`: whose clock is measured, as people call it.
  Heartbeat(boost::asio::any_io_executor executor, Ledger& ledger, Outbox& outbox, ClockWatch& clocks,
            Scheduler& scheduler, Supervisor& supervisor, const OutboxPump& pump, std::string host);
  /// Every 2 s, until cancelled.
  boost::asio::awaitable<void> run();
  /// Looks at once: somebody may have asked for a run to end.
  void wake();

 private:
  boost::asio::awaitable<void> measure_offset(const Ledger::Sweep& sweep);
  void note_skew(const Ledger::Sweep& sweep, microseconds offset);
  boost::asio::awaitable<void> tell_of_offset(const Ledger::Sweep& sweep, microseconds offset);

  boost::asio::steady_timer timer_;
  Ledger& ledger_;
  Outbox& outbox_;
  ClockWatch& clocks_;
  Scheduler& scheduler_;
  Supervisor& supervisor_;
  const OutboxPump& pump_;
  bool woken_ = false;
  const std::string alert_name_;
  Offset known_ = Offset::fine;
  std::optional<bool> told_wrong_;  ///< nothing = the daemon before this one may have
};

// Readiness: whether this daemon serves its jobs now. Pure.

/// Others declare a daemon dead whose beat has not changed for so long.
inline constexpr seconds oldest_sign_of_life{15};

struct Standing {
  bool ledger_reachable = false;
  bool serving = false;
  nanoseconds beat_age{0};             ///< since the last commit was begun that the ledger confirmed
  std::string statement;               ///< that the database has not answered yet; empty = none
  std::string lock;                    ///< of another session, that keeps claims or sweeps waiting; empty = none
  std::optional<Held> held;            ///< a clock or the ledger cannot be trusted
  std::optional<std::string> refused;  ///< claims or plans that the ledger refused again and again
};

/// The reason, for /readyz; nothing = it serves.
std::optional<std::string> why_not_ready(const Standing& standing);

/// Says once that the ledger has confirmed nothing for too long, and once that it does again. A database that is not
/// reachable is reported where it is lost.
class SilenceWatch {
 public:
  /// Looks at the standing, about every 2 s; gives the line for the log, if there is news.
  std::optional<std::string> look(const Standing& standing);

 private:
  int silent_looks_ = 0;
  nanoseconds longest_{0};
};

}  // namespace nowd
