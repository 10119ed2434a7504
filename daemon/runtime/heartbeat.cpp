#include "runtime/heartbeat.hpp"

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
    if (woken_) continue;  // while this look was under way
    timer_.expires_after(beat);
    co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
}

boost::asio::awaitable<void> Heartbeat::measure_offset(const Ledger::Sweep& sweep) {
  const microseconds offset = sweep.database_now - sweep.around.wall;
  scheduler_.set_database_offset(offset);
  note_skew(sweep, offset);
  co_await tell_of_offset(sweep, offset);
}

/// Once when it comes, and when it becomes worse: not at each beat.
void Heartbeat::note_skew(const Ledger::Sweep& sweep, microseconds offset) {
  const Offset judged = judge_offset(offset);
  if (judged > known_)
    clocks_.note({ClockEvent::Kind::remote_skew, sweep.around.wall, nanoseconds{offset}, rfc3339(sweep.around.wall),
                  rfc3339(sweep.database_now)});
  known_ = judged;
}

/// Each claim measures for itself, and is refused (Ledger::Claimed::held); here somebody is told.
boost::asio::awaitable<void> Heartbeat::tell_of_offset(const Ledger::Sweep& sweep, microseconds offset) {
  const bool wrong = judge_offset(offset) == Offset::wrong;
  if (told_wrong_ == wrong) co_return;
  Result<void> told = boost::system::in_place_value;
  if (wrong) {
    std::vector<Trouble> troubles{{"held",
                                   alert_name_,
                                   "offset",
                                   "it is " + human(std::chrono::abs(offset)) +
                                       (offset.count() > 0 ? " behind" : " ahead of") +
                                       " the database's: one of them is wrong, and nothing starts until they agree to "
                                       "30 s",
                                   "",
                                   {},
                                   sweep.database_now}};
    told = co_await outbox_.report_troubles(std::move(troubles));
  } else {
    told = co_await outbox_.resolve_trouble("held", alert_name_);
  }
  if (told)
    told_wrong_ = wrong;
  else
    log::error("the offset of the clocks could not be recorded, trying again: " + told.error().message);
}

}  // namespace nowd
