#include "ledger/pg/dispatch/planning.hpp"

#include "domain/planning/rezone.hpp"
#include "foundation/log.hpp"
#include "ledger/pg/dispatch/due.hpp"
#include "ledger/pg/dispatch/missing.hpp"
#include "ledger/pg/dispatch/planning.sql.hpp"
#include "ledger/pg/fleet/fleet.hpp"
#include "ledger/pg/record/batch.hpp"
#include "ledger/pg/session/array.hpp"

namespace nowd::pg {
namespace {

bool has_schedule(const Job& job) { return !std::holds_alternative<Manual>(job.schedule.kind); }

/// "2026-06-01 09:00:00", as Postgres writes a slot.
LocalTime local_of(const std::string& text) {
  const Result<LocalTime> local = parse_local(text);
  if (!local) throw std::runtime_error("ledger: " + local.error().message);
  return *local;
}

std::string array_of(const std::vector<LocalTime>& slots) {
  Array array;
  for (LocalTime slot : slots) array.add(iso(slot));
  return array.literal();
}

/// The rows of one planning transaction, for all its jobs.
struct PlanRows {
  Columns occurrences, ranges, joining, cursors;
  std::vector<Cursor> answer;
  std::vector<MissedOccurrences> missed;

  void add(const Job& job, const PlannedOccurrence& row) {
    const Occurrence& at = row.occurrence;
    occurrences.add(job.name, at.at, row.due_at, row.previous, iso(at.slot), job.schedule.zone.name(),
                    nanoseconds{at.offset}, to_string(at.kind), array_of(at.merged), job.schedule.zone.release(),
                    job.schedule_revision, row.catch_up ? "catch_up" : "scheduled");
  }

  void add(const Job& job, const Plan& plan, Instant now) {
    for (const PlannedOccurrence& row : plan.rows) add(job, row);
    if (plan.paused) add(job, *plan.paused, now);
    if (plan.missed) add(job, *plan.missed, now);
    add_next(job, plan.next);
  }

  void add(const Job& job, const MissedRange& range, Instant now) {
    ranges.add(job.name, range.first, range.last, range.count, to_string(range.state), to_string(range.reason),
               range.coalesced_into, job.schedule_revision);
    if (range.is_made_up_for())
      joining.add(job.name, range.first, now - job.missed.grace, to_string(range.state), to_string(range.reason),
                  range.coalesced_into);
    if (range.state != OccurrenceState::skipped)  // a pause is not logged
      missed.push_back({job.name, range.first, range.last, range.count, range.cause, range.coalesced_into});
  }

  void add_next(const Job& job, const std::optional<Occurrence>& next) {
    cursors.add(job.name, next ? std::optional(next->at) : std::nullopt,
                next ? std::optional(iso(job.schedule.zone.local(next->at))) : std::nullopt);
    answer.push_back({job.name, next ? std::optional(next->at) : std::nullopt, false});
  }
};

/// An edit of a job fires no occurrence: waiting occurrences of the old schedule are withdrawn, unless the new schedule
/// names them, too.
void withdraw_left(Session::Context& context, const Jobs& jobs, const Table& moved) {
  Array names;
  for (const Values& row : moved.rows) names.add(*row[0]);
  if (names.size() == 0) return;
  Columns withdrawn;
  for (const Values& row :
       context.transaction.run(sql::lock_occurrences_of_old_schedule, {names.literal(), rfc3339(context.now)}).rows) {
    const auto at = if_readable(row[1]);
    if (at && !has_occurrence(jobs.at(*row[0]).schedule, *at)) withdrawn.add(*row[0], *at);
  }
  withdrawn.write(context.transaction, sql::withdraw_occurrences, {rfc3339(context.now)});
}

}  // namespace

std::vector<Cursor> load_jobs(Session::Context& context, const Jobs& jobs, bool again, const Planning& planning) {
  Transaction& transaction = context.transaction;
  transaction.run(sql::allow_long_computation);
  lock_loads(context);
  record_loaded(context, loaded_json(jobs));
  Columns revisions;
  for (const auto& [name, job] : jobs)
    revisions.add(name, job.revision, job.canonical, job.schedule.text, job.schedule_revision, job.source);
  revisions.write(transaction, sql::insert_revisions);
  const std::set<JobName> held = newer_elsewhere(context, jobs, again);

  Columns names, cursors, leaders;
  std::vector<JobName> scheduled;
  for (const auto& [name, job] : jobs) {
    if (held.count(name) > 0) continue;
    names.add(name, job.revision, job.description, lane_of(job));
    cursors.add(name, job.schedule_revision, job.schedule.zone.name());
    leaders.add(name, job.after);
    if (has_schedule(job)) scheduled.push_back(name);
  }
  withdraw_left(context, jobs, cursors.write(transaction, sql::move_cursors, {rfc3339(context.now)}));
  leaders.write(transaction, sql::refuse_requests_of_old_leaders);
  names.write(transaction, sql::upsert_jobs);
  cursors.write(transaction, sql::insert_cursors, {rfc3339(context.now)});
  retire_jobs(context, jobs);
  std::vector<Cursor> answer = plan_jobs(context, jobs, scheduled, seconds{60}, planning);
  for (const JobName& name : held) answer.push_back({name, {}, true});
  return answer;
}

std::map<JobName, std::string> accepted_specs(Session::Context& context) {
  std::map<JobName, std::string> found;
  for (const Values& row : context.transaction.run(sql::accepted_specs).rows) found[*row[0]] = *row[1];
  return found;
}

std::vector<Cursor> plan_jobs(Session::Context& context, const Jobs& jobs, const std::vector<JobName>& names,
                              seconds horizon, const Planning& planning) {
  if (planning.held) return {};
  Array wanted;
  for (const JobName& name : names) wanted.add(name);
  const Instant until = context.now + horizon;
  PlanRows rows;
  for (const Values& row : context.transaction.run(sql::lock_cursors_for_planning, {wanted.literal()}).rows) {
    const auto job = jobs.find(*row[0]);
    if (job == jobs.end()) continue;
    const bool in_force =
        row[4] == "active" && row[3] == job->second.revision && row[2] == job->second.schedule_revision;
    if (!in_force) {
      rows.answer.push_back({*row[0], {}, true});
      continue;
    }
    const std::optional<Instant> through = if_readable(row[1]);
    if (!through) {
      log::error("not planned: the ledger says that it is planned through " + *row[1], {{"job", *row[0]}});
      rows.answer.push_back({*row[0], {}, true});
      continue;
    }
    const std::optional<Instant> paused_through = row[5] == "t" ? std::optional(context.now) : if_readable(row[6]);
    const Plan plan = plan_ahead(job->second, *through, context.now, until, planning.unwatched, paused_through);
    if (plan.missed || plan.paused) context.transaction.run(sql::keep_transaction_alive);
    rows.add(job->second, plan, context.now);
  }
  rows.occurrences.write(context.transaction, sql::insert_occurrences);
  rows.ranges.write(context.transaction, sql::insert_ranges);
  rows.joining.write(context.transaction, sql::close_occurrences_of_ranges, {rfc3339(context.now)});
  record_missed(context, jobs, rows.missed);
  rows.cursors.write(context.transaction, sql::advance_cursors, {rfc3339(until)});
  return rows.answer;
}

namespace {

/// New zone rules move a served slot into the future by at most this time.
constexpr hours one_day{26};

KnownPlan known_plan(Session::Context& context, const Job& job, const Values& cursor) {
  KnownPlan known;
  known.through = parse_timestamptz(*cursor[2]);
  known.next_at = instant_of(cursor[3]);
  if (cursor[4]) known.next_local = local_of(*cursor[4]);
  const Cron* cron = std::get_if<Cron>(&job.schedule.kind);
  const Instant since = cron && cron->is_cadence() ? context.now : context.now - one_day;
  for (const Values& row : context.transaction.run(sql::known_slots, {job.name, rfc3339(since)}).rows)
    known.slots.push_back({parse_timestamptz(*row[0]), local_of(*row[1]), row[2] == "t"});
  return known;
}

void log_moved(const Job& job, const std::vector<Rezoned::Move>& moved) {
  for (const Rezoned::Move& each : moved)
    log::info("new zone data: " + iso(each.slot) + " " + job.schedule.zone.name() + " moved from " +
                  rfc3339(each.from) + (each.to ? " to " + rfc3339(*each.to) : "; it does not come any more"),
              {{"job", job.name}});
}

}  // namespace

std::vector<Cursor> rezone_jobs(Session::Context& context, const Jobs& jobs, const std::vector<JobName>& names,
                                const Planning& planning) {
  if (planning.held) return {};
  Array wanted;
  for (const JobName& name : names) wanted.add(name);
  PlanRows rows;
  Columns withdrawn, served;
  for (const Values& row : context.transaction.run(sql::lock_cursors_for_rezoning, {wanted.literal()}).rows) {
    const auto found = jobs.find(*row[0]);
    if (found == jobs.end() || found->second.schedule_revision != *row[1]) {
      rows.answer.push_back({*row[0], {}, true});
      continue;
    }
    const Job& job = found->second;
    const Rezoned rezoned = rezone(job, known_plan(context, job, row), context.now);
    for (const Instant at : rezoned.withdrawn) withdrawn.add(job.name, at);
    for (const PlannedOccurrence& each : rezoned.planned) rows.add(job, each);
    for (const PlannedOccurrence& each : rezoned.served) {
      rows.add(job, each);
      served.add(job.name, each.occurrence.at);
    }
    rows.add_next(job, rezoned.next);
    log_moved(job, rezoned.moved);
  }
  withdrawn.write(context.transaction, sql::withdraw_occurrences, {rfc3339(context.now)});
  rows.occurrences.write(context.transaction, sql::insert_occurrences);
  served.write(context.transaction, sql::skip_served_occurrences, {rfc3339(context.now)});
  rows.cursors.write(context.transaction, sql::set_next_occurrences);
  return rows.answer;
}

}  // namespace nowd::pg
