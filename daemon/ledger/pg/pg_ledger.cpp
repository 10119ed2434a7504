#include "ledger/pg/pg_ledger.hpp"

#include <algorithm>
#include <iterator>

#include "foundation/log.hpp"
#include "ledger/pg/dispatch/claiming.hpp"
#include "ledger/pg/dispatch/planning.hpp"
#include "ledger/pg/fleet/fleet.hpp"
#include "ledger/pg/fleet/holding.hpp"
#include "ledger/pg/fleet/recovery.hpp"
#include "ledger/pg/fleet/recovery.sql.hpp"
#include "ledger/pg/outbox/alerting.hpp"
#include "ledger/pg/outbox/sending.hpp"
#include "ledger/pg/pg_ledger.sql.hpp"
#include "ledger/pg/record/provider_states.hpp"
#include "ledger/pg/record/pruning.hpp"
#include "ledger/pg/record/writer.hpp"
#include "ledger/schema/migrator.hpp"

namespace nowd {
namespace {

boost::asio::awaitable<Result<void>> in_transaction(pg::Writer& writer, std::function<void(pg::Session::Context&)> work,
                                                    pg::Importance importance = pg::Importance::may_be_left) {
  std::function<bool(pg::Session::Context&)> body = [work](pg::Session::Context& context) {
    work(context);
    return true;
  };
  const Result<bool> done = co_await writer.transact<bool>(std::move(body), importance);
  if (!done) co_return done.error();
  co_return boost::system::in_place_value;
}

/// Between marks while nothing is claimed. Otherwise each sweep advances the mark: runs that were claimed after the
/// last mark could run again, unnoticed, after a backup is restored.
constexpr minutes idle_between_marks{1};

bool by_a_clock(const std::optional<Held>& held) {
  return held && (held->cause == HoldCause::clock || held->cause == HoldCause::offset);
}

/// The reason why no daemon polled between two claims. While a clock holds dispatch, the clock is the reason.
std::optional<OccurrenceReason> unwatched_reason(const std::optional<Held>& before, const ClaimLook& last,
                                                 const std::optional<Held>& now, const ClaimLook& look) {
  if (by_a_clock(before) || by_a_clock(now)) return OccurrenceReason::clock_jump;
  return why_unwatched(last, look);
}

}  // namespace

PgLedger::PgLedger(boost::asio::any_io_executor executor, std::string conninfo, const Clock& clock,
                   pg::NodeIdentity identity)
    : conninfo_(conninfo),
      left_alone_(std::make_unique<pg::LeftAlone>()),
      writer_(std::make_unique<pg::Writer>(std::move(executor), std::move(conninfo), clock, std::move(identity))),
      known_(writer_->session().identity().known) {
  writer_->session().on_connect([this](pg::Session::Context& context) { greet(context); });
}

PgLedger::~PgLedger() = default;

boost::asio::awaitable<Result<void>> PgLedger::start() {
  struct Known {
    std::string ledger;
    Uuid node;
    Result<void> schema;
  };
  std::function<Known(pg::Session::Context&)> look = [this](pg::Session::Context& context) {
    return Known{*context.transaction.run(sql::ledger_identity).rows.at(0)[0], context.node,
                 check_schema_version(conninfo_)};
  };
  Result<Known> known = co_await writer_->transact<Known>(std::move(look));
  if (!known && known.error().kind == ErrorKind::refused)
    co_return refused(known.error().message + "; check `database` in nowd.yaml and the role's password");
  if (!known && known.error().kind == ErrorKind::invalid) {
    const Result<void> schema =
        check_schema_version(conninfo_);  // its message names the missing migration and the remedy
    co_return schema ? Result<void>(known.error()) : schema;
  }
  if (!known) co_return known.error();
  if (!known->schema) co_return known->schema;
  identity_ = known->ledger;
  node_ = known->node;
  started_ = true;
  // Rows of a month that cannot be made now go to the default partition, and later from there to their month.
  (void)co_await make_months();
  co_return boost::system::in_place_value;
}

boost::asio::awaitable<Result<int>> PgLedger::make_months() {
  return writer_->transact<int>([](pg::Session::Context& context) {
    return std::stoi(*context.transaction.run(sql::ensure_partitions).rows.at(0)[0]);
  });
}

boost::asio::awaitable<Result<std::set<JobName>>> PgLedger::jobs_of_others() {
  return writer_->transact<std::set<JobName>>(
      [](pg::Session::Context& context) { return pg::jobs_of_others(context); });
}

void PgLedger::stop() { writer_->stop(); }
void PgLedger::hurry() { writer_->hurry(); }
void PgLedger::give_up() { writer_->session().give_up(); }
Tick PgLedger::confirmed() const { return writer_->session().confirmed(); }
std::string PgLedger::statement() const { return writer_->session().statement(); }
std::optional<std::string> PgLedger::lock_in_the_way() const { return writer_->lock_in_the_way(); }
bool PgLedger::reachable() const { return writer_->session().reachable(); }
const std::string& PgLedger::host() const { return writer_->session().identity().host; }

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

// Ledger

boost::asio::awaitable<Result<Written>> PgLedger::write_facts(Claim claim, Facts facts) {
  return writer_->write_facts(std::move(claim), std::move(facts));
}

boost::asio::awaitable<Result<std::vector<Cursor>>> PgLedger::planned(
    std::function<std::vector<Cursor>(pg::Session::Context&, const pg::Planning&)> work) {
  return writer_->transact<std::vector<Cursor>>([this, work, last = last_](pg::Session::Context& context) {
    // A clock may have jumped since the last claim. Only the next claim stores the result.
    const Look now = look(context, last);
    return work(context, {now.held.has_value(), now.before.unwatched});
  });
}

boost::asio::awaitable<Result<std::vector<Cursor>>> PgLedger::load_jobs(JobsSnapshot jobs) {
  const bool again = jobs == loaded_;
  loaded_ = jobs;
  return planned([this, jobs, again](pg::Session::Context& context, const pg::Planning& planning) {
    writer_->session().set_loaded(pg::loaded_json(*jobs));
    return pg::load_jobs(context, *jobs, again, planning);
  });
}

boost::asio::awaitable<Result<std::vector<Cursor>>> PgLedger::plan_jobs(JobsSnapshot jobs, std::vector<JobName> names,
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

boost::asio::awaitable<Result<std::map<JobName, std::string>>> PgLedger::accepted() {
  return writer_->transact<std::map<JobName, std::string>>(
      [](pg::Session::Context& context) { return pg::accepted_specs(context); });
}

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
  if (const auto reason = unwatched_reason(last->held, last->at, out.held, out.at))
    add_stretch(out.before.unwatched, {last->at.database, out.at.database, *reason});
  return out;
}

boost::asio::awaitable<Result<Ledger::Claimed>> PgLedger::claim_due(JobsSnapshot jobs, int limit) {
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
    out.look.before.polls.record_poll(context.now);
    return out;
  };
  std::function<Claiming(pg::Session::Context&)> whole = [body](auto& context) { return body(context, false); };
  Result<Claiming> done = co_await writer_->transact<Claiming>(std::move(whole));
  if (!done && done.error().kind == ErrorKind::invalid) {  // one row of many may be the cause: claim job by job
    std::function<Claiming(pg::Session::Context&)> in_parts = [body](auto& context) { return body(context, true); };
    done = co_await writer_->transact<Claiming>(std::move(in_parts));
  }
  if (!done) co_return done.error();
  last_ = std::move(done->look);
  if (!done->claimed.runs.empty()) claimed_since_mark_ = true;
  co_return std::move(done->claimed);
}

boost::asio::awaitable<Result<Ledger::Outputs>> PgLedger::outputs(ClaimedRun claimed) {
  std::function<Outputs(pg::Session::Context&)> body = [claimed](pg::Session::Context& context) {
    const auto text = [](const pg::Table& found) { return found.empty() ? std::nullopt : found.rows[0][0]; };
    Outputs outputs;
    outputs.previous =
        text(context.transaction.run(sql::previous_output, {claimed.job, std::to_string(claimed.claim.run.value)}));
    if (claimed.after_run)
      outputs.after = text(context.transaction.run(sql::output_of_run, {std::to_string(claimed.after_run->value)}));
    return outputs;
  };
  co_return co_await writer_->transact<Outputs>(std::move(body));
}

boost::asio::awaitable<Result<Ledger::Sweep>> PgLedger::sweep(std::optional<Serving> serving) {
  struct Swept {
    Sweep sweep;
    std::optional<LedgerMark> mark;
    pg::Unserved unserved;
  };
  const bool mark_due = mark_is_due();
  if (mark_due) claimed_since_mark_ = false;
  std::function<Swept(pg::Session::Context&)> body = [this, mark_due, serving](pg::Session::Context& context) {
    return Swept{sweep_once(context), mark_due ? pg::advance_mark(context) : std::nullopt,
                 serving ? pg::find_unserved(context, *serving) : pg::Unserved{}};
  };
  Result<Swept> swept = co_await writer_->transact<Swept>(std::move(body));
  if (!swept) {
    claimed_since_mark_ = claimed_since_mark_ || mark_due;
    co_return swept.error();
  }
  if (swept->mark) store_mark(*swept->mark);
  swept->sweep.ended_runs += co_await end_lost(std::move(swept->unserved));
  co_return swept->sweep;
}

Ledger::Sweep PgLedger::sweep_once(pg::Session::Context& context) {
  const Clock& clock = writer_->session().clock();
  Sweep sweep;
  const Reading before = clock.read();
  sweep.database_now =
      *pg::instant_of(context.transaction.run({"database_now", "select clock_timestamp()"}).rows[0][0]);
  const nanoseconds half = (clock.tick() - before.boot) / 2;
  sweep.around = before;
  sweep.around.wall += std::chrono::floor<microseconds>(half);
  sweep.around.uncertainty = half;

  for (const pg::Values& row : context.transaction.run(sql::cancel_requests, {context.node}).rows)
    sweep.cancels.push_back({RunId{std::stoll(*row[0])}, *row[1], *row[2]});

  sweep.ended_runs = pg::wake_deferred(context);
  std::map<Uuid, std::string> beats;
  for (const pg::Values& row : context.transaction.run(sql::other_beats, {context.node}).rows)
    beats.emplace(*row[0], *row[1]);
  for (const Uuid& node : beats_.find_silent(beats, clock.tick())) {
    if (context.transaction.run(sql::mark_node_dead, {node, beats.at(node)}).empty()) continue;
    sweep.ended_runs += pg::end_runs_of(context, node, "its daemon gave no sign of life for 15 s");
    log::warning("declared a daemon dead: no sign of life for 15 s", {{"node", node}});
  }
  return sweep;
}

/// A run that a claim took after `serving` was collected is not lost: it is in the next one. Therefore a run must be
/// missing twice in a row. Own transaction: if the ledger refuses it, the sweep has still happened.
boost::asio::awaitable<int> PgLedger::end_lost(pg::Unserved seen) {
  const auto both = [](const auto& a, const auto& b) {
    std::set<std::int64_t> out;
    std::ranges::set_intersection(a, b, std::inserter(out, out.end()));
    return out;
  };
  const pg::Unserved lost{both(seen.runs, unserved_.runs), both(seen.messages, unserved_.messages)};
  unserved_ = std::move(seen);
  if (lost.empty()) co_return 0;
  const std::string counts =
      std::to_string(lost.runs.size()) + " runs and " + std::to_string(lost.messages.size()) + " messages";
  const Result<int> ended = co_await writer_->transact<int>([lost](pg::Session::Context& context) {
    return pg::end_unserved(context, lost, "the daemon that had it lost it, and lives");
  });
  if (!ended) {
    log::error("could not end runs that this daemon does not serve, trying again: " + ended.error().message,
               {{"what", counts}});
    co_return 0;
  }
  log::error("ended runs that the ledger assigned to this daemon and that it did not serve", {{"what", counts}});
  co_return *ended;
}

bool PgLedger::mark_is_due() const {
  return claimed_since_mark_ || writer_->session().clock().tick() - marked_at_ >= idle_between_marks;
}

void PgLedger::store_mark(const LedgerMark& mark) {
  marked_at_ = writer_->session().clock().tick();
  identity_ = mark.ledger;  // changes if a person accepted another ledger
  {
    const std::lock_guard lock(known_mutex_);
    known_ = mark;
  }
  if (const auto& keep_mark = writer_->session().identity().keep_mark) keep_mark(mark);
}

// Outbox

boost::asio::awaitable<Result<Outbox::Taken>> PgLedger::take_deliveries(Sending sending) {
  std::function<Taken(pg::Session::Context&)> body = [identity = identity_, sending](pg::Session::Context& context) {
    pg::queue_alert_messages(context, identity, sending.sinks_of);
    return pg::take_deliveries(context, sending);
  };
  co_return co_await writer_->transact<Taken>(std::move(body));
}

boost::asio::awaitable<Result<void>> PgLedger::settle_delivery(QueuedDelivery sent, SendOutcome outcome,
                                                               DeliveryStep step) {
  return in_transaction(
      *writer_,
      [sent, outcome, step](pg::Session::Context& context) { pg::settle_delivery(context, sent, outcome, step); },
      pg::Importance::must_be_written);
}

boost::asio::awaitable<Result<void>> PgLedger::report_troubles(std::vector<Trouble> troubles) {
  return in_transaction(
      *writer_, [troubles](pg::Session::Context& context) { pg::record_troubles(context.transaction, troubles); });
}

boost::asio::awaitable<Result<void>> PgLedger::resolve_trouble(AlertKind kind, std::string name) {
  return in_transaction(*writer_, [kind, name](pg::Session::Context& context) {
    pg::close_alerts(context.transaction, to_string(kind), name, context.now);
  });
}

// Pruning

boost::asio::awaitable<Result<std::vector<JobName>>> PgLedger::jobs_with_retention() {
  return writer_->transact<std::vector<JobName>>([this](pg::Session::Context& context) {
    // A clock ten years ahead would delete everything.
    const bool held = pg::open_hold(context, host()).has_value();
    return held ? std::vector<JobName>{} : pg::jobs_with_retention(context.transaction);
  });
}

boost::asio::awaitable<Result<Pruned>> PgLedger::prune(std::optional<JobName> job, int batch) {
  return writer_->transact<Pruned>([this, job, batch](pg::Session::Context& context) {
    if (pg::open_hold(context, host())) return Pruned{};
    return pg::prune(context.transaction, job, {.batch = batch});
  });
}

boost::asio::awaitable<Result<int>> PgLedger::drop_empty_months() {
  return writer_->transact<int>(
      [](pg::Session::Context& context) { return pg::drop_empty_months(context.transaction); });
}

// ClockRecord and ClockLedger

boost::asio::awaitable<Result<void>> PgLedger::record_clock_events(std::vector<ClockEvent> events) {
  return in_transaction(*writer_, [this, events](pg::Session::Context& context) {
    pg::record_clock_events(context, host(), writer_->session().clock().boot_id(), events);
  });
}

boost::asio::awaitable<Result<std::vector<RemoteClockRow>>> PgLedger::remote_clocks(std::string boot_id) {
  return writer_->transact<std::vector<RemoteClockRow>>(
      [boot_id](pg::Session::Context& context) { return pg::remote_clocks(context.transaction, boot_id); });
}

boost::asio::awaitable<Result<void>> PgLedger::save_remote_clocks(std::string boot_id,
                                                                  std::vector<RemoteClockRow> rows) {
  return in_transaction(*writer_, [boot_id, rows](pg::Session::Context& context) {
    pg::save_remote_clocks(context.transaction, boot_id, rows);
  });
}

// AccountLedger

boost::asio::awaitable<Result<std::vector<AccountRow>>> PgLedger::account_rows() {
  return writer_->transact<std::vector<AccountRow>>(
      [](pg::Session::Context& context) { return pg::provider_states(context.transaction); });
}

boost::asio::awaitable<Result<void>> PgLedger::save_accounts(std::vector<AccountRow> rows) {
  return in_transaction(*writer_,
                        [rows](pg::Session::Context& context) { pg::save_provider_states(context.transaction, rows); });
}

}  // namespace nowd
