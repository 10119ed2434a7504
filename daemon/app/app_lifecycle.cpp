// App from its first signal to its end, and what it looks after meanwhile.
//
//   serving ──SIGTERM, --for, a task that broke──► stopping: nothing is claimed, runs end by themselves
//                                                    │ all have ended        │ drain_limit, or a second signal
//                                                    ▼                       ▼
//                                                  what they had to say    runs are cut, and a database that is away
//                                                  is sent ──► the end ◄── is waited for no more
#include <systemd/sd-daemon.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

#include "app/app.hpp"
#include "foundation/log.hpp"

namespace nowd {
namespace {

/// What a stopping daemon waits for: runs that can still end by themselves. Less than the unit's TimeoutStopSec.
constexpr seconds drain_limit{30};
/// The same where no run is under way: only a database that does not answer takes longer.
constexpr seconds idle_limit{5};
constexpr seconds sending_limit{5};
constexpr seconds fleet_look_interval{2};
constexpr hours between_months{1};

}  // namespace

boost::asio::awaitable<void> App::watch_signals() {
  for (;;) {
    const int number = co_await signals_.async_wait(boost::asio::use_awaitable);
    if (number == SIGHUP) {
      reload_asked_ = true;  // one more, however many come while one is under way
      reload_timer_.cancel();
    } else if (!stopping_) {
      stop(number == SIGTERM ? "SIGTERM" : "SIGINT");
    } else {
      log::warning("second signal: the runs under way are cut; they are served again after the next start");
      cut_short();
    }
  }
}

void App::stop_after(milliseconds span) {
  stop_timer_.expires_after(span);
  stop_timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) stop("--for is over");
  });
}

void App::broke(const std::string& task, const std::string& why) {
  fail(exit_bad, "nowd ends, because it cannot go on without its task '" + task + "': " + why);
  stop("a task broke");
}

void App::stop(const std::string& why) {
  if (stopping_) return;
  stopping_ = true;
  if (!why.empty()) log::info(why + ": stopping");
  sd_notify(0, "STOPPING=1");
  stopped_at_ = clock_.tick();
  scheduler_.stop();
  reload_timer_.cancel();
  ledger_.hurry();
  if (serving_)
    watch_deadline();
  else
    cut_short();  // the start may be waiting for the database
}

/// Each second, because the ledger cuts off what stays unanswered over several calls.
void App::watch_deadline() {
  const nanoseconds since = clock_.tick() - *stopped_at_;
  if (since >= drain_limit) return cut_short();
  if (since >= idle_limit && supervisor_.running() == 0) ledger_.give_up();
  look_at_deadline_again();
}

void App::cut_short() {
  if (!std::exchange(cut_, true)) supervisor_.cancel();
  ledger_.give_up();
  look_at_deadline_again();
}

void App::look_at_deadline_again() {
  if (ended_) return;
  deadline_.expires_after(seconds{1});
  deadline_.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled) return;
    if (cut_)
      cut_short();
    else
      watch_deadline();
  });
}

boost::asio::awaitable<void> App::feed_watchdog() {
  std::uint64_t interval = 0;
  const bool watched = sd_watchdog_enabled(0, &interval) > 0;
  boost::asio::steady_timer timer(io_);
  for (;;) {
    if (watched) sd_notify(0, "WATCHDOG=1");
    // A database that is down at boot is waited for: the unit is up, and /readyz says no.
    timer.expires_after(watched ? std::chrono::microseconds(interval / 3) : microseconds{seconds{2}});
    co_await timer.async_wait(boost::asio::use_awaitable);
    tell_ready();
  }
}

void App::tell_ready() {
  if (told_ready_ || stopping_) return;
  told_ready_ = true;
  sd_notify(0, "READY=1");
}

Standing App::standing() const {
  Standing out;
  out.ledger_reachable = ledger_.reachable();
  out.serving = serving_ && !stopping_;
  out.beat_age = clock_.tick() - ledger_.confirmed();
  out.statement = ledger_.statement();
  out.lock = ledger_.lock_in_the_way().value_or("");
  out.held = scheduler_.held();
  out.refused = scheduler_.refused();
  return out;
}

boost::asio::awaitable<void> App::watch_ledger() {
  boost::asio::steady_timer timer(io_);
  for (SilenceWatch watch;;) {
    if (const auto news = watch.look(standing())) log::warning(*news);
    timer.expires_after(fleet_look_interval);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

boost::asio::awaitable<void> App::make_months() {
  boost::asio::steady_timer timer(io_);
  for (;;) {
    const Result<int> missing = co_await ledger_.make_months();
    if (!missing)
      log::error("months ahead were not made, trying again in an hour: " + missing.error().message);
    else if (*missing > 0)
      log::warning(
          "months of the ledger's tables could not be made now, because others use them; trying again in an hour",
          {{"months", std::to_string(*missing)}});
    timer.expires_after(between_months);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

boost::asio::awaitable<void> App::shut_down() {
  stop("");
  serving_ = false;
  if (supervisor_.running() > 0) {
    log::info("waiting for " + std::to_string(supervisor_.running()) + " runs to end");
    co_await supervisor_.drain();
  }
  co_await finish_sending();
  notices_.reset();
  tasks_.cancel();
  co_await tasks_.join();
  ended_ = true;
  deadline_.cancel();
  stop_timer_.cancel();
  ledger_.stop();
}

/// What the last runs had to say goes out with them, if their sinks are quick; else after the next start.
boost::asio::awaitable<void> App::finish_sending() {
  pump_.stop();
  boost::asio::steady_timer limit(io_, sending_limit);
  limit.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) pump_.cancel();
  });
  co_await sending_.join();
}

}  // namespace nowd
