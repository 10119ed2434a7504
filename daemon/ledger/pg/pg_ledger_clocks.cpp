// PgLedger where clocks decide: claims that may be held, what explains that nobody looked, and the ledger's mark.
#include "ledger/pg/claiming.hpp"
#include "ledger/pg/holding.hpp"
#include "ledger/pg/pg_ledger.hpp"
#include "ledger/pg/planning.hpp"
#include "ledger/pg/writer.hpp"

namespace nowd {
namespace {

/// Between marks while nothing is claimed. Else each beat is one: what is claimed after the last mark is what a backup,
/// restored, could run again unnoticed.
constexpr minutes idle_between_marks{1};

bool by_a_clock(const std::optional<Held>& held) { return held && held->cause != "ledger"; }

/// While a clock holds dispatch, that is why nobody looks.
std::optional<std::string> why(const std::optional<Held>& before, const ClaimLook& last, const std::optional<Held>& now,
                               const ClaimLook& look) {
  if (by_a_clock(before) || by_a_clock(now)) return "clock_jump";
  return why_unwatched(last, look);
}

}  // namespace

const std::string& PgLedger::host() const { return writer_->session().identity().host; }

PgLedger::Look PgLedger::look(pg::Session::Context& context, const Jobs& jobs, int limit, Look last) const {
  const Clock& clock = writer_->session().clock();
  const bool first = last.claimed.database_now == Instant{};
  Look out{{}, std::move(last.before), {context.now, clock.tick(), clock.monotonic()}};
  const std::optional<Held> held =
      pg::held_at_claim(context, host(), first ? std::nullopt : std::optional(last.at), out.at, clock.now());
  if (!first)
    if (const auto reason = why(last.claimed.held, last.at, held, out.at))
      add_stretch(out.before.unwatched, {last.at.database, out.at.database, *reason});
  if (!held) out.claimed = pg::claim_due(context, jobs, limit, out.before);
  out.claimed.held = held;
  out.claimed.database_now = context.now;
  if (!held) out.before.last = context.now;
  return out;
}

boost::asio::awaitable<Result<Ledger::Claimed>> PgLedger::claim(JobsSnapshot jobs, int limit) {
  std::function<Look(pg::Session::Context&)> body = [this, jobs, limit,
                                                     last = last_.value_or(Look{})](pg::Session::Context& context) {
    return look(context, *jobs, limit, last);
  };
  Result<Look> looked = co_await writer_->transact<Look>(std::move(body));
  if (!looked) co_return looked.error();
  Claimed claimed = std::move(looked->claimed);
  looked->claimed = {};
  looked->claimed.held = claimed.held;
  looked->claimed.database_now = claimed.database_now;
  last_ = std::move(*looked);
  if (!claimed.runs.empty()) claimed_since_mark_ = true;
  co_return claimed;
}

boost::asio::awaitable<Result<std::vector<Cursor>>> PgLedger::rezone(JobsSnapshot jobs, std::vector<JobName> names) {
  return writer_->transact<std::vector<Cursor>>(
      [this, jobs, names](pg::Session::Context& context) { return pg::rezone_jobs(context, *jobs, names, host()); });
}

boost::asio::awaitable<Result<void>> PgLedger::record(std::vector<ClockEvent> events) {
  std::function<bool(pg::Session::Context&)> body = [this, events](pg::Session::Context& context) {
    pg::record_clock_events(context, host(), writer_->session().clock().boot_id(), events);
    return true;
  };
  const Result<bool> done = co_await writer_->transact<bool>(std::move(body));
  if (!done) co_return done.error();
  co_return boost::system::in_place_value;
}

void PgLedger::greet(pg::Session::Context& context) {
  std::optional<LedgerMark> known;
  {
    const std::lock_guard lock(known_mutex_);
    known = known_;
  }
  if (known) pg::compare_ledger(context, *known);
  if (!started_) pg::compare_clocks(context, host(), writer_->session().clock().now());
}

bool PgLedger::mark_is_due() const {
  return claimed_since_mark_ || writer_->session().clock().tick() - marked_at_ >= idle_between_marks;
}

void PgLedger::keep(const LedgerMark& mark) {
  marked_at_ = writer_->session().clock().tick();
  identity_ = mark.ledger;  // another one from here on, where a person accepted it
  {
    const std::lock_guard lock(known_mutex_);
    known_ = mark;
  }
  if (const auto& keep_mark = writer_->session().identity().keep_mark) keep_mark(mark);
}

}  // namespace nowd
