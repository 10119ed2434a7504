#include "runtime/clocks/clock_watch.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "domain/clocks/clock_watch.hpp"
#include "foundation/log.hpp"
#include "foundation/time/civil.hpp"
#include "net/process/process.hpp"
#include "net/process/program.hpp"

namespace nowd {
namespace {

constexpr seconds between_looks{1};
constexpr minutes between_looks_at_zones{1};
/// Clocks read with a longer pause between them (the process was stopped) are read again.
constexpr milliseconds at_one_moment{20};
constexpr int max_tries = 5;

bool is_move(const ClockEvent& event) {
  return event.kind == ClockEvent::Kind::step || event.kind == ClockEvent::Kind::suspend;
}

}  // namespace

ClockWatch::ClockWatch(boost::asio::any_io_executor executor, const Clock& clock, ClockRecord& record,
                       std::function<void()> moved)
    : timer_(std::move(executor)), clock_(clock), record_(record), moved_(std::move(moved)) {}

boost::asio::awaitable<void> ClockWatch::run() {
  for (;;) {
    check_clocks();
    timer_.expires_after(between_looks);
    co_await timer_.async_wait(boost::asio::use_awaitable);
  }
}

ClockLook ClockWatch::read() {
  ClockLook look;
  for (int tries = 0; tries < max_tries; ++tries) {
    look.monotonic = clock_.monotonic();
    look.boot = clock_.tick();
    look.wall = clock_.now();
    if (clock_.monotonic() - look.monotonic < at_one_moment) break;
  }
  const SyncState sync = clock_.sync_state();
  look.synchronised = sync.synchronised;
  look.sync_source = sync.source;
  if (!read_zones_at_ || look.boot - *read_zones_at_ >= between_looks_at_zones) {
    tzdata_ = tzdata_version();
    read_zones_at_ = look.boot;
  }
  look.tzdata = tzdata_;
  return look;
}

void ClockWatch::check_clocks() {
  const ClockLook now = read();
  bool moved = false;
  if (last_)
    for (ClockEvent& event : compare(*last_, now)) {
      moved = moved || is_move(event);
      record_event(std::move(event));
    }
  last_ = now;
  if (moved) moved_();
}

void ClockWatch::record_event(ClockEvent event) {
  const bool good_news = event.kind == ClockEvent::Kind::sync_back || event.kind == ClockEvent::Kind::tzdata;
  log::write(good_news ? log::Level::info : log::Level::warning, sentence(event));
  unwritten_.push_back(std::move(event));
}

boost::asio::awaitable<void> ClockWatch::write_events() {
  while (!unwritten_.empty()) {
    const std::size_t count = unwritten_.size();
    const Result<void> recorded = co_await record_.record_clock_events({unwritten_.begin(), unwritten_.end()});
    if (!recorded) {
      log::error("could not record a clock event: " + recorded.error().message);
      co_return;  // tried again at the next wake
    }
    unwritten_.erase(unwritten_.begin(), unwritten_.begin() + static_cast<std::ptrdiff_t>(count));
  }
}

namespace {

constexpr seconds between_questions{32};
constexpr milliseconds max_answer_time{2'000};
constexpr std::size_t max_line = 1024;

}  // namespace

ChronyWatch::ChronyWatch(boost::asio::any_io_executor executor, SystemClock& clock, std::string program)
    : executor_(executor), timer_(executor), clock_(clock), program_(std::move(program)) {}

boost::asio::awaitable<void> ChronyWatch::run() {
  for (;;) {
    co_await query_chronyd();
    timer_.expires_after(between_questions);
    co_await timer_.async_wait(boost::asio::use_awaitable);
  }
}

boost::asio::awaitable<bool> ChronyWatch::query_chronyd() {
  const Result<std::string> program = find_program(program_);
  if (!program) co_return false;
  Command command;
  command.argv = {*program, "-n", "-c", "tracking"};
  command.environment = {{"PATH", std::string(children_path)}};
  command.timeout = max_answer_time;
  command.max_output = max_line;
  const Result<CommandResult> asked = co_await run_command(executor_, clock_, std::move(command));
  if (!asked || asked->end != CommandResult::End::exited || asked->code != 0) co_return false;
  const auto bound = chrony_bound(asked->output);
  if (bound) clock_.set_chrony_bound(*bound);
  co_return bound.has_value();
}

}  // namespace nowd
