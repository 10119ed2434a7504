// PgLedger where clocks decide: claims and plans that may be held, why nobody looked, and the ledger's mark.
#include "ledger/pg/dispatch/claiming.hpp"
#include "ledger/pg/dispatch/fleet.hpp"
#include "ledger/pg/dispatch/holding.hpp"
#include "ledger/pg/dispatch/planning.hpp"
#include "ledger/pg/pg_ledger.hpp"
#include "ledger/pg/record/writer.hpp"

namespace nowd {
namespace {

/// Between marks while nothing is claimed. Else each beat is one: what is claimed after the last mark is what a backup,
/// restored, could run again unnoticed.
constexpr minutes idle_between_marks{1};

bool by_a_clock(const std::optional<Held>& held) { return held && (held->cause == "clock" || held->cause == "offset"); }

/// While a clock holds dispatch, that is why nobody looks.
std::optional<std::string> why(const std::optional<Held>& before, const ClaimLook& last, const std::optional<Held>& now,
                               const ClaimLook& look) {
  if (by_a_clock(before) || by_a_clock(now)) return "clock_jump";
  return why_unwatched(last, look);
}

}  // namespace

const std::string& PgLedger::host() const { return writer_->session().identity().host; }

PgLedger::Look PgLedger::look(pg::Session::Context& context, const std::optional<Look>& last) const {
  const Clock& clock = writer_->session().clock();
  Look out{{}, {}, {context.now, clock.tick(), clock.monotonic()}};
  const auto before = last ? std::optional(last->at) : std::nullopt;
  out.held = pg::held_at_claim(context, host(), before, out.at, clock.now());
  if (pg::Session& session = writer_->session(); !out.held && session.may_be_ahead_of_fleet()) {
    out.held = pg::held_for_fleet(context, session.server());
    if (!out.held) session.fleet_has_followed();
  }
  if (!last) return out;
  out.before = last->before;
  if (const auto reason = why(last->held, last->at, out.held, out.at))
    add_stretch(out.before.unwatched, {last->at.database, out.at.database, *reason});
  return out;
}

boost::asio::awaitable<Result<Ledger::Claimed>> PgLedger::claim(JobsSnapshot jobs, int limit) {
  struct Claiming {
    Look look;
    Claimed claimed;
  };
  const auto body = [this, jobs, limit, last = last_](pg::Session::Context& context, bool one_by_one) {
    Claiming out{look(context, last), {}};
    out.claimed.held = out.look.held;
    out.claimed.database_now = context.now;
    if (out.claimed.held) return out;
    out.claimed = pg::claim_due(context, *jobs, limit, out.look.before, left_alone_->names(context, jobs), one_by_one);
    out.look.before.looks.look(context.now);
    return out;
  };
  std::function<Claiming(pg::Session::Context&)> whole = [body](auto& context) { return body(context, false); };
  Result<Claiming> done = co_await writer_->transact<Claiming>(std::move(whole));
  if (!done && done.error().kind == ErrorKind::invalid) {  // one row of many may be the cause
    std::function<Claiming(pg::Session::Context&)> in_parts = [body](auto& context) { return body(context, true); };
    done = co_await writer_->transact<Claiming>(std::move(in_parts));
  }
  if (!done) co_return done.error();
  last_ = std::move(done->look);
  if (!done->claimed.runs.empty()) claimed_since_mark_ = true;
  co_return std::move(done->claimed);
}

boost::asio::awaitable<Result<std::vector<Cursor>>> PgLedger::planned(
    std::function<std::vector<Cursor>(pg::Session::Context&, const pg::Planning&)> work) {
  return writer_->transact<std::vector<Cursor>>([this, work, last = last_](pg::Session::Context& context) {
    // A clock may have jumped since the claim before: looked at again, and kept only by the next claim.
    const Look now = look(context, last);
    return work(context, {now.held.has_value(), now.before.unwatched});
  });
}

boost::asio::awaitable<Result<std::vector<Cursor>>> PgLedger::load(JobsSnapshot jobs) {
  const bool again = jobs == loaded_;
  loaded_ = jobs;
  return planned([this, jobs, again](pg::Session::Context& context, const pg::Planning& planning) {
    writer_->session().set_loaded(pg::loaded_json(*jobs));
    return pg::load_jobs(context, *jobs, again, planning);
  });
}

boost::asio::awaitable<Result<std::vector<Cursor>>> PgLedger::plan(JobsSnapshot jobs, std::vector<JobName> names,
                                                                   seconds horizon) {
  return planned([jobs, names, horizon](pg::Session::Context& context, const pg::Planning& planning) {
    return pg::plan_jobs(context, *jobs, names, horizon, planning);
  });
}

boost::asio::awaitable<Result<std::vector<Cursor>>> PgLedger::rezone(JobsSnapshot jobs, std::vector<JobName> names) {
  loaded_ = jobs;  // the same files
  return planned([jobs, names](pg::Session::Context& context, const pg::Planning& planning) {
    return pg::rezone_jobs(context, *jobs, names, planning);
  });
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
  pg::Session& session = writer_->session();
  if (const auto& lost = session.lost_commits()) pg::hold_lost_commits(context, *lost, known);
  pg::record_server(context, session.server());
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
