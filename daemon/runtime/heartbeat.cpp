#include "runtime/heartbeat.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "foundation/log.hpp"

namespace nowd {
namespace {

constexpr seconds beat{2};
constexpr seconds suspicious_offset{2};

}  // namespace

Heartbeat::Heartbeat(boost::asio::any_io_executor executor, Ledger& ledger, Scheduler& scheduler,
                     Supervisor& supervisor)
    : timer_(std::move(executor)), ledger_(ledger), scheduler_(scheduler), supervisor_(supervisor) {}

void Heartbeat::wake() {
  woken_ = true;
  timer_.cancel();
}

boost::asio::awaitable<void> Heartbeat::run() {
  for (;;) {
    woken_ = false;
    if (const Result<Ledger::Sweep> sweep = co_await ledger_.sweep(); !sweep)
      log::error("sweep failed: " + sweep.error().message);
    else {
      judge_offset(*sweep);
      if (sweep->ended_runs > 0) scheduler_.wake();
      for (const CancelRequest& request : sweep->cancels) supervisor_.cancel(request);
    }
    if (woken_) continue;  // while this look was under way
    timer_.expires_after(beat);
    co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
}

void Heartbeat::judge_offset(const Ledger::Sweep& sweep) {
  const microseconds offset = sweep.database_now - sweep.around.wall;
  scheduler_.set_database_offset(offset);
  const bool far = std::chrono::abs(offset) > suspicious_offset;
  if (far && !warned_)
    log::warning("the database's clock is " + human(std::chrono::abs(offset)) +
                 (offset.count() > 0 ? " ahead of" : " behind") +
                 " this host's: one of them is wrong; what is due is decided by the database's");
  warned_ = far;
}

}  // namespace nowd
