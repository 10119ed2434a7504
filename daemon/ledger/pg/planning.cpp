#include "ledger/pg/planning.hpp"

#include "foundation/log.hpp"
#include "ledger/pg/array.hpp"
#include "ledger/pg/rows.hpp"

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

constexpr Statement retire_jobs{
    "retire_jobs",
    "with j as (update nowd.job set state = 'retired', changed_at = clock_timestamp()"
    " where state <> 'retired' and not job = any($1::text[]) returning job),"
    " o as (update nowd.occurrence o set state = 'withdrawn', reason = 'retired', judged_at = clock_timestamp()"
    " from j where o.job = j.job and o.state = 'planned')"
    " update nowd.job_cursor c set next_at = null, next_local = null from j where c.job = j.job returning c.job"};

constexpr Statement new_cursors{
    "new_cursors",
    "insert into nowd.job_cursor (job, schedule_revision, planned_from, materialised_through, zone)"
    " select job, revision, $4, $4, zone from unnest($1::text[], $2::text[], $3::text[]) as c(job, revision, zone)"
    " on conflict do nothing"};

// A changed schedule starts now: nothing fires for the time before, and what was planned for later is withdrawn.
constexpr Statement move_cursors{
    "move_cursors",
    "with c as (update nowd.job_cursor c set schedule_revision = n.revision, zone = n.zone, planned_from = $4,"
    " materialised_through = $4, next_at = null, next_local = null"
    " from unnest($1::text[], $2::text[], $3::text[]) as n(job, revision, zone)"
    " where c.job = n.job and c.schedule_revision <> n.revision returning c.job)"
    " update nowd.occurrence o set state = 'withdrawn', reason = 'rescheduled', judged_at = clock_timestamp()"
    " from c where o.job = c.job and o.state = 'planned' and o.scheduled_at > $4 returning o.job"};

// A job that comes back to the files goes on from now, whatever its cursor remembers. Before it is active again.
constexpr Statement wake_cursors{
    "wake_cursors",
    "update nowd.job_cursor c set planned_from = $2, materialised_through = $2 from nowd.job j"
    " where c.job = any($1::text[]) and j.job = c.job and j.state = 'retired'"};

constexpr Statement specs{"accepted_specs",
                          "select j.job, v.spec::text from nowd.job j join nowd.job_revision v using (job, revision)"
                          " where j.state <> 'retired'"};

constexpr Statement lock_cursors{"lock_cursors",
                                 "select job, schedule_revision, materialised_through from nowd.job_cursor"
                                 " where job = any($1::text[]) order by job for update skip locked"};

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

constexpr Statement advance_cursors{
    "advance_cursors",
    "update nowd.job_cursor c set materialised_through = greatest(c.materialised_through, $4), next_at = n.next_at,"
    " next_local = n.next_local from unnest($1::text[], $2::timestamptz[], $3::timestamp[]) as n(job, next_at, "
    "next_local)"
    " where c.job = n.job"};

bool has_schedule(const Job& job) { return !std::holds_alternative<Manual>(job.schedule.kind); }

std::string array_of(const std::vector<LocalTime>& slots) {
  Array array;
  for (LocalTime slot : slots) array.add(iso(slot));
  return array.literal();
}

/// What one planning transaction inserts, over all its jobs.
struct PlanRows {
  Columns occurrences{12}, ranges{8}, cursors{3};
  std::vector<Cursor> answer;

  void add(const Job& job, const Plan& plan) {
    const Schedule& schedule = job.schedule;
    for (const PlannedOccurrence& row : plan.rows) {
      const Occurrence& at = row.occurrence;
      occurrences.add(job.name, at.at, row.due_at, row.previous, iso(at.slot), schedule.zone.name(),
                      nanoseconds{at.offset}, to_string(at.kind), array_of(at.merged), tzdata_version(),
                      job.schedule_revision, row.catch_up ? "catch_up" : "scheduled");
    }
    if (plan.missed) {
      const MissedRange& range = *plan.missed;
      ranges.add(job.name, range.first, range.last, range.count, range.state, range.reason, range.coalesced_into,
                 job.schedule_revision);
      log::warning("missed " + std::to_string(range.count) + " occurrences while nowd was down, from " +
                       rfc3339(range.first) + " to " + rfc3339(range.last) +
                       (range.coalesced_into ? "; " + rfc3339(*range.coalesced_into) + " runs for all of them" : ""),
                   {{"job", job.name}});
    }
    const auto& next = plan.next;
    cursors.add(job.name, next ? std::optional(next->at) : std::nullopt,
                next ? std::optional(iso(schedule.zone.local(next->at))) : std::nullopt);
    answer.push_back({job.name, next ? std::optional(next->at) : std::nullopt});
  }
};

}  // namespace

std::vector<Cursor> load_jobs(Session::Context& context, const Jobs& jobs) {
  Columns revisions(6), names(4), cursors(3);
  Array all;
  std::vector<JobName> scheduled;
  for (const auto& [name, job] : jobs) {
    revisions.add(name, job.revision, job.canonical, job.schedule.text, job.schedule_revision, job.source);
    names.add(name, job.revision, job.description, lane_of(job));
    cursors.add(name, job.schedule_revision, job.schedule.zone.name());
    all.add(name);
    if (has_schedule(job)) scheduled.push_back(name);
  }
  Transaction& transaction = context.transaction;
  transaction.run(wake_cursors, {all.literal(), rfc3339(context.now)});
  names.write(transaction, upsert_jobs);
  revisions.write(transaction, insert_revisions);
  for (const Values& row : transaction.run(retire_jobs, {all.literal()}).rows)
    log::info("retired: it left the job files; its history stays", {{"job", *row[0]}});
  cursors.write(transaction, new_cursors, {rfc3339(context.now)});
  cursors.write(transaction, move_cursors, {rfc3339(context.now)});
  return plan_jobs(context, jobs, scheduled, seconds{60});
}

std::map<JobName, std::string> accepted_specs(Session::Context& context) {
  std::map<JobName, std::string> found;
  for (const Values& row : context.transaction.run(specs).rows) found[*row[0]] = *row[1];
  return found;
}

std::vector<Cursor> plan_jobs(Session::Context& context, const Jobs& jobs, const std::vector<JobName>& names,
                              seconds horizon) {
  Array wanted;
  for (const JobName& name : names) wanted.add(name);
  const Instant until = context.now + horizon;
  PlanRows rows;
  for (const Values& row : context.transaction.run(lock_cursors, {wanted.literal()}).rows) {
    const auto job = jobs.find(*row[0]);
    // Another revision's cursor: a daemon with newer files plans this job.
    if (job == jobs.end() || job->second.schedule_revision != *row[1]) continue;
    rows.add(job->second, plan_ahead(job->second, parse_timestamptz(*row[2]), context.now, until));
  }
  rows.occurrences.write(context.transaction, insert_occurrences);
  rows.ranges.write(context.transaction, insert_ranges);
  rows.cursors.write(context.transaction, advance_cursors, {rfc3339(until)});
  return rows.answer;
}

}  // namespace nowd::pg
