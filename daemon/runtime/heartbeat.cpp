#include "runtime/heartbeat.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "foundation/log.hpp"

namespace nowd {
namespace {

constexpr seconds beat{2};

}  // namespace

Heartbeat::Heartbeat(boost::asio::any_io_executor executor, Ledger& ledger, Outbox& outbox, ClockWatch& clocks,
                     Scheduler& scheduler, Supervisor& supervisor, const OutboxPump& pump, std::string host)
    : timer_(std::move(executor)),
      ledger_(ledger),
      outbox_(outbox),
      clocks_(clocks),
      scheduler_(scheduler),
      supervisor_(supervisor),
      pump_(pump),
      alert_name_("clock of " + std::move(host)) {}

void Heartbeat::wake() {
  woken_ = true;
  timer_.cancel();
}

boost::asio::awaitable<void> Heartbeat::run() {
  for (;;) {
    woken_ = false;
    Ledger::Serving serving{supervisor_.under_way(), pump_.sending()};
    if (const Result<Ledger::Sweep> sweep = co_await ledger_.sweep(std::move(serving)); !sweep)
      log::error("sweep failed: " + sweep.error().message);
    else {
      co_await measure_offset(*sweep);
      if (sweep->ended_runs > 0) scheduler_.wake();
      for (const CancelRequest& request : sweep->cancels) supervisor_.cancel(request);
    }
    if (woken_) continue;  // during this beat
    timer_.expires_after(beat);
    co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
}

boost::asio::awaitable<void> Heartbeat::measure_offset(const Ledger::Sweep& sweep) {
  const microseconds offset = sweep.database_now - sweep.around.wall;
  scheduler_.set_database_offset(offset);
  record_skew(sweep, offset);
  co_await report_offset(sweep, offset);
}

/// Records an event when the offset becomes suspicious, and when it becomes worse: not at each beat.
void Heartbeat::record_skew(const Ledger::Sweep& sweep, microseconds offset) {
  const Offset judged = judge_offset(offset);
  if (judged > last_offset_)
    clocks_.record_event({ClockEvent::Kind::remote_skew, sweep.around.wall, nanoseconds{offset},
                          rfc3339(sweep.around.wall), rfc3339(sweep.database_now)});
  last_offset_ = judged;
}

/// Reports the alert. The hold itself comes from each claim, which measures the offset again (Ledger::Claimed::held).
boost::asio::awaitable<void> Heartbeat::report_offset(const Ledger::Sweep& sweep, microseconds offset) {
  const bool wrong = judge_offset(offset) == Offset::wrong;
  if (reported_wrong_ == wrong) co_return;
  Result<void> reported = boost::system::in_place_value;
  if (wrong) {
    std::vector<Trouble> troubles{{AlertKind::held,
                                   alert_name_,
                                   "offset",
                                   "it is " + human(std::chrono::abs(offset)) +
                                       (offset.count() > 0 ? " behind" : " ahead of") +
                                       " the database's: one of them is wrong, and nothing starts until they agree to "
                                       "30 s",
                                   "",
                                   {},
                                   sweep.database_now}};
    reported = co_await outbox_.report_troubles(std::move(troubles));
  } else {
    reported = co_await outbox_.resolve_trouble(AlertKind::held, alert_name_);
  }
  if (reported)
    reported_wrong_ = wrong;
  else
    log::error("could not record the offset of the clocks, trying again: " + reported.error().message);
}

namespace {

/// One check may come right after a suspend, before the first beat.
constexpr int min_silent_checks = 2;

std::string in_seconds(nanoseconds span) {
  return std::to_string(std::chrono::duration_cast<seconds>(span).count()) + " s";
}

std::string silence(const Standing& standing) {
  const std::string waits =
      standing.statement.empty() ? "other sessions hold locks" : "it waits in statement " + standing.statement;
  return "the database has confirmed nothing for " + in_seconds(standing.beat_age) + " (" + waits + ")";
}

}  // namespace

std::optional<std::string> why_not_ready(const Standing& standing) {
  if (!standing.ledger_reachable) return "the database is not reachable";
  if (!standing.serving) return "starting or stopping";
  if (standing.beat_age > max_silence_to_serve) return silence(standing);
  if (!standing.lock.empty()) return standing.lock;
  if (standing.held) return "held: " + sentence(*standing.held);
  return standing.refused;
}

std::optional<std::string> SilenceWatch::check(const Standing& standing) {
  if (standing.serving && standing.ledger_reachable && standing.beat_age > max_silence_to_serve) {
    longest_ = std::max(longest_, standing.beat_age);
    if (++silent_checks_ != min_silent_checks) return std::nullopt;
    return silence(standing) + ": no run starts or ends until it does; sessions that are in the way: " +
           "pg_stat_activity, pg_blocking_pids";
  }
  const bool reported = silent_checks_ >= min_silent_checks;
  silent_checks_ = 0;
  const nanoseconds longest = std::exchange(longest_, nanoseconds{0});
  if (!reported || !standing.ledger_reachable) return std::nullopt;
  return "the database confirms transactions again, after " + in_seconds(longest);
}

}  // namespace nowd
