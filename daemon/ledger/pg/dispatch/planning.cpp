#include "ledger/pg/dispatch/planning.hpp"

#include "domain/planning/rezone.hpp"
#include "foundation/log.hpp"
#include "ledger/pg/dispatch/due.hpp"
#include "ledger/pg/fleet/fleet.hpp"
#include "ledger/pg/dispatch/missing.hpp"
#include "ledger/pg/record/batch.hpp"
#include "ledger/pg/session/array.hpp"

namespace nowd::pg {
namespace {

constexpr Statement insert_revisions{
    "insert_revisions",
    "insert into nowd.job_revision (job, revision, spec, schedule, schedule_revision, source)"
    " select * from unnest($1::text[], $2::text[], $3::jsonb[], $4::text[], $5::text[], $6::text[]) on conflict do "
    "nothing"};

constexpr Statement upsert_jobs{
    "upsert_jobs",
    "insert into nowd.job as j (job, revision, description, lane)"
    " select * from unnest($1::text[], $2::text[], $3::text[], $4::text[])"
    " on conflict (job) do update set revision = excluded.revision, description = excluded.description, state = "
    "'active', lane = excluded.lane,"
    " changed_at = clock_timestamp() where (j.revision, j.state) is distinct from (excluded.revision, 'active')"};

constexpr Statement new_cursors{
    "new_cursors",
    "insert into nowd.job_cursor (job, schedule_revision, planned_from, materialised_through, zone)"
    " select job, revision, $4, $4, zone from unnest($1::text[], $2::text[], $3::text[]) as c(job, revision, zone)"
    " on conflict do nothing"};

// A changed schedule, and that of a job which was retired, starts now: nothing fires for the time before, and what was
// planned for later is withdrawn.
constexpr Statement move_cursors{
    "move_cursors",
    "with c as (update nowd.job_cursor c set schedule_revision = n.revision, zone = n.zone, planned_from = $4,"
    " materialised_through = $4, next_at = null, next_local = null"
    " from unnest($1::text[], $2::text[], $3::text[]) as n(job, revision, zone) join nowd.job j using (job)"
    " where c.job = n.job and (c.schedule_revision <> n.revision or j.state = 'retired') returning c.job),"
    " o as (update nowd.occurrence o set state = 'withdrawn', reason = 'rescheduled', judged_at = clock_timestamp()"
    " from c where o.job = c.job and o.state = 'planned' and o.scheduled_at > $4)"
    " select job from c"};

// What the schedule before named, and no run was started for: it waits for its jitter, for a lane, or was not looked
// at.
constexpr Statement left_of_before{
    "left_of_before",
    "select o.job, o.scheduled_at from nowd.occurrence o where o.job = any($1::text[]) and o.state = 'planned'"
    " and o.kind <> 'backfill' and o.attempts = 0 and o.scheduled_at <= $2 order by o.job, o.scheduled_at for update"};

constexpr Statement forget_leaders{
    "forget_leaders",
    "update nowd.request q set state = 'refused', reason = 'rescheduled'"
    " from unnest($1::text[], $2::text[]) as n(job, leader), nowd.run r where q.job = n.job and q.state = 'planned'"
    " and r.run = q.after_run and r.job is distinct from n.leader"};

constexpr Statement specs{"accepted_specs",
                          "select j.job, v.spec::text from nowd.job j join nowd.job_revision v using (job, revision)"
                          " where j.state <> 'retired'"};

constexpr Statement lock_cursors{
    "lock_cursors",
    "select c.job, c.materialised_through, c.schedule_revision, j.revision, j.state,"
    " j.paused_at is not null, j.resumed_at from nowd.job_cursor c join nowd.job j on j.job = c.job"
    " where c.job = any($1::text[]) order by c.job for update of c skip locked"};

constexpr Statement insert_occurrences{
    "insert_occurrences",
    "insert into nowd.occurrence as o (job, scheduled_at, due_at, window_start, window_end, slot, zone, utc_offset, "
    "slot_kind,"
    " merged_slots, tzdata, schedule_revision, kind)"
    " select job, at, due, previous, at, slot, zone, utc_offset, slot_kind, merged::timestamp[], tzdata, revision, kind"
    " from unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::timestamp[], $6::text[],"
    " $7::interval[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[])"
    " as n(job, at, due, previous, slot, zone, utc_offset, slot_kind, merged, tzdata, revision, kind)"
    " on conflict (job, scheduled_at) do update set state = 'planned', reason = null, judged_at = null,"
    " due_at = excluded.due_at, window_start = excluded.window_start, slot = excluded.slot, zone = excluded.zone,"
    " utc_offset = excluded.utc_offset, slot_kind = excluded.slot_kind, merged_slots = excluded.merged_slots,"
    " tzdata = excluded.tzdata, schedule_revision = excluded.schedule_revision where o.state = 'withdrawn'"};

constexpr Statement insert_ranges{
    "insert_ranges",
    "insert into nowd.occurrence_range (job, first_at, last_at, count, state, reason, coalesced_into, "
    "schedule_revision)"
    " select job, first, last, n, state, nullif(reason, ''), into_at, revision"
    " from unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::text[], $6::text[],"
    " $7::timestamptz[], $8::text[]) as r(job, first, last, n, state, reason, into_at, revision) on conflict do "
    "nothing"};

// What was planned before nobody looked, and nobody took: one absence is made up for once, for all that it missed.
// Those of a paused job are the pause's. A row within the range was planned ahead of its time (nowd.plan_after).
constexpr Statement join_ranges{
    "join_ranges",
    "with s as (update nowd.occurrence o set state = r.state, reason = nullif(r.reason, ''),"
    " coalesced_into = r.into_at, judged_at = $7"
    " from unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[], $6::timestamptz[])"
    " as r(job, last, late, state, reason, into_at) where o.job = r.job and o.scheduled_at <= r.last"
    " and o.due_at < r.late and o.state = 'planned' and o.kind = 'scheduled' and o.attempts = 0 and not o.buffered"
    " and not exists (select from nowd.job j where j.job = o.job and j.paused_at is not null)"
    " returning o.job, o.window_start, o.coalesced_into)"
    " update nowd.occurrence h set window_start = least(h.window_start, m.start)"
    " from (select job, coalesced_into, min(window_start) as start from s group by 1, 2) m"
    " where h.job = m.job and h.scheduled_at = m.coalesced_into"};

constexpr Statement advance_cursors{
    "advance_cursors",
    "update nowd.job_cursor c set materialised_through = greatest(c.materialised_through, $4), next_at = n.next_at,"
    " next_local = n.next_local from unnest($1::text[], $2::timestamptz[], $3::timestamp[]) as n(job, next_at, "
    "next_local)"
    " where c.job = n.job"};

// After a long absence there is much to compute; meanwhile the server must not take us for one that stands still
// (session.cpp).
constexpr Statement still_here{"still_here", "select 1"};
constexpr Statement give_time{"give_time", "select set_config('idle_in_transaction_session_timeout', '60s', true)"};
constexpr Statement lock_cursors_of{"lock_cursors_of",
                                    "select job, schedule_revision, materialised_through, next_at, next_local"
                                    " from nowd.job_cursor where job = any($1::text[]) order by job for update"};

constexpr Statement known_slots{"known_slots",
                                "select o.scheduled_at, o.slot, o.state = 'planned' and o.attempts = 0"
                                " from nowd.occurrence o where o.job = $1 and o.scheduled_at > $2"
                                " and o.state <> 'withdrawn' and o.kind <> 'backfill' order by o.scheduled_at"};

constexpr Statement withdraw_moved{
    "withdraw_moved",
    "update nowd.occurrence o set state = 'withdrawn', reason = 'rescheduled', judged_at = $3"
    " from unnest($1::text[], $2::timestamptz[]) as w(job, at)"
    " where o.job = w.job and o.scheduled_at = w.at and o.state = 'planned' and o.attempts = 0"};

constexpr Statement skip_served{
    "skip_served",
    "update nowd.occurrence o set state = 'skipped', reason = 'rescheduled', judged_at = $3"
    " from unnest($1::text[], $2::timestamptz[]) as s(job, at)"
    " where o.job = s.job and o.scheduled_at = s.at and o.state = 'planned' and o.attempts = 0"};

constexpr Statement set_next{
    "set_next",
    "update nowd.job_cursor c set next_at = n.next_at, next_local = n.next_local"
    " from unnest($1::text[], $2::timestamptz[], $3::timestamp[]) as n(job, next_at, next_local)"
    " where c.job = n.job"};

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

/// What one planning transaction inserts, over all its jobs.
struct PlanRows {
  Columns occurrences{12}, ranges{8}, joining{6}, cursors{3};
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
    ranges.add(job.name, range.first, range.last, range.count, range.state, range.reason, range.coalesced_into,
               job.schedule_revision);
    if (range.is_made_up_for())
      joining.add(job.name, range.first, now - job.missed.grace, range.state, range.reason, range.coalesced_into);
    if (range.state != "skipped")  // a pause is no news
      missed.push_back({job.name, range.first, range.last, range.count, range.cause, range.coalesced_into});
  }

  void add_next(const Job& job, const std::optional<Occurrence>& next) {
    cursors.add(job.name, next ? std::optional(next->at) : std::nullopt,
                next ? std::optional(iso(job.schedule.zone.local(next->at))) : std::nullopt);
    answer.push_back({job.name, next ? std::optional(next->at) : std::nullopt, false});
  }
};

/// Editing a job fires nothing: what waits of the schedule before is withdrawn, unless the new one names it, too.
void withdraw_left(Session::Context& context, const Jobs& jobs, const Table& moved) {
  Array names;
  for (const Values& row : moved.rows) names.add(*row[0]);
  if (names.size() == 0) return;
  Columns withdrawn(2);
  for (const Values& row : context.transaction.run(left_of_before, {names.literal(), rfc3339(context.now)}).rows) {
    const auto at = if_readable(row[1]);
    if (at && !has_occurrence(jobs.at(*row[0]).schedule, *at)) withdrawn.add(*row[0], *at);
  }
  withdrawn.write(context.transaction, withdraw_moved, {rfc3339(context.now)});
}

}  // namespace

std::vector<Cursor> load_jobs(Session::Context& context, const Jobs& jobs, bool again, const Planning& planning) {
  Transaction& transaction = context.transaction;
  transaction.run(give_time);
  take_turn(context);
  record_loaded(context, loaded_json(jobs));
  Columns revisions(6);
  for (const auto& [name, job] : jobs)
    revisions.add(name, job.revision, job.canonical, job.schedule.text, job.schedule_revision, job.source);
  revisions.write(transaction, insert_revisions);
  const std::set<JobName> held = newer_elsewhere(context, jobs, again);

  Columns names(4), cursors(3), leaders(2);
  std::vector<JobName> scheduled;
  for (const auto& [name, job] : jobs) {
    if (held.count(name) > 0) continue;
    names.add(name, job.revision, job.description, lane_of(job));
    cursors.add(name, job.schedule_revision, job.schedule.zone.name());
    leaders.add(name, job.after);
    if (has_schedule(job)) scheduled.push_back(name);
  }
  withdraw_left(context, jobs, cursors.write(transaction, move_cursors, {rfc3339(context.now)}));
  leaders.write(transaction, forget_leaders);
  names.write(transaction, upsert_jobs);
  cursors.write(transaction, new_cursors, {rfc3339(context.now)});
  retire_jobs(context, jobs);
  std::vector<Cursor> answer = plan_jobs(context, jobs, scheduled, seconds{60}, planning);
  for (const JobName& name : held) answer.push_back({name, {}, true});
  return answer;
}

std::map<JobName, std::string> accepted_specs(Session::Context& context) {
  std::map<JobName, std::string> found;
  for (const Values& row : context.transaction.run(specs).rows) found[*row[0]] = *row[1];
  return found;
}

std::vector<Cursor> plan_jobs(Session::Context& context, const Jobs& jobs, const std::vector<JobName>& names,
                              seconds horizon, const Planning& planning) {
  if (planning.held) return {};
  Array wanted;
  for (const JobName& name : names) wanted.add(name);
  const Instant until = context.now + horizon;
  PlanRows rows;
  for (const Values& row : context.transaction.run(lock_cursors, {wanted.literal()}).rows) {
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
    if (plan.missed || plan.paused) context.transaction.run(still_here);
    rows.add(job->second, plan, context.now);
  }
  rows.occurrences.write(context.transaction, insert_occurrences);
  rows.ranges.write(context.transaction, insert_ranges);
  rows.joining.write(context.transaction, join_ranges, {rfc3339(context.now)});
  record_missed(context, jobs, rows.missed);
  rows.cursors.write(context.transaction, advance_cursors, {rfc3339(until)});
  return rows.answer;
}

namespace {

/// As far back as a slot may have been served whose instant the new rules move into the future.
constexpr hours one_day{26};

KnownPlan known_plan(Session::Context& context, const Job& job, const Values& cursor) {
  KnownPlan known;
  known.through = parse_timestamptz(*cursor[2]);
  known.next_at = instant_of(cursor[3]);
  if (cursor[4]) known.next_local = local_of(*cursor[4]);
  const Cron* cron = std::get_if<Cron>(&job.schedule.kind);
  const Instant since = cron && cron->is_cadence() ? context.now : context.now - one_day;
  for (const Values& row : context.transaction.run(known_slots, {job.name, rfc3339(since)}).rows)
    known.slots.push_back({parse_timestamptz(*row[0]), local_of(*row[1]), row[2] == "t"});
  return known;
}

void tell_moved(const Job& job, const std::vector<Rezoned::Move>& moved) {
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
  Columns withdrawn(2), served(2);
  for (const Values& row : context.transaction.run(lock_cursors_of, {wanted.literal()}).rows) {
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
    tell_moved(job, rezoned.moved);
  }
  withdrawn.write(context.transaction, withdraw_moved, {rfc3339(context.now)});
  rows.occurrences.write(context.transaction, insert_occurrences);
  served.write(context.transaction, skip_served, {rfc3339(context.now)});
  rows.cursors.write(context.transaction, set_next);
  return rows.answer;
}

}  // namespace nowd::pg
