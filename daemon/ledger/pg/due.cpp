#include "ledger/pg/due.hpp"

#include <algorithm>

#include "foundation/random.hpp"
#include "ledger/pg/array.hpp"

namespace nowd::pg {
namespace {

const std::string occurrence_rows =
    " select c.job, c.scheduled_at, c.due_at, c.window_start, c.attempts, c.fence, c.kind, null,"
    " coalesce(c.effects, c.kind <> 'backfill'), s.live, s.succeeded_through, s.succeeded_at, s.revision, false, null, "
    "null,"
    " s.paused, c.buffered from c join nowd.job_standing s on s.job = c.job";

// Requests come first: somebody waits for them.
constexpr Statement due_requests{
    "due_requests",
    "with c as materialized (select q.* from nowd.request q where q.state = 'planned' and q.job <> all($2::text[]) "
    "order by q.request limit $1"
    " for update skip locked)"
    " select c.job, c.scheduled_at, c.requested_at, c.window_start, c.attempts, c.fence,"
    " case when c.after_run is null then 'manual' else 'after' end, c.request, c.effects,"
    " s.live, s.succeeded_through, s.succeeded_at, s.revision, c.dry_run, c.input::text, c.after_run,"
    " s.paused, false"
    " from c join nowd.job_standing s on s.job = c.job order by c.request"};

// What falls due on time, or is late and not judged yet.
const std::string due_occurrences_sql =
    "with c as materialized (select o.* from nowd.occurrence o where o.state = 'planned' and o.due_at <= $2"
    " and o.job <> all($3::text[]) and o.kind = 'scheduled' and not o.buffered order by o.due_at, o.job limit $1 for "
    "update skip "
    "locked)" +
    occurrence_rows + " order by c.due_at, c.job";
const Statement due_occurrences{"due_occurrences", due_occurrences_sql.c_str()};

// What waits for a lane, a catch-up slot or a restart; behind live work, and only where it could start. What fell due
// on time and waits for its lane is live work, too: it does not stand in line behind hours of catch-ups.
const std::string waiting_where =
    "as materialized (select o.* from nowd.occurrence o join nowd.job_standing s on s.job = o.job"
    " where o.state = 'planned' and o.due_at <= $2 and o.job <> all($3::text[]) and (not s.busy or s.paused) and ";
const std::string oldest_first = " order by o.due_at, o.job limit $1 for update of o skip locked)";
const std::string waiting_occurrences_sql =
    "with b " + waiting_where + "o.kind = 'scheduled' and o.buffered" + oldest_first + ", l " + waiting_where +
    "o.kind <> 'scheduled'" + oldest_first + ", c as (select 0 as behind, b.* from b union all select 1, l.* from l)" +
    occurrence_rows + " order by c.behind, c.due_at, c.job";
const Statement waiting_occurrences{"waiting_occurrences", waiting_occurrences_sql.c_str()};

// A rule about several occurrences of a job must see all of them.
const std::string due_of_jobs_sql =
    "with c as materialized (select o.* from nowd.occurrence o where o.state = 'planned' and o.due_at <= $2"
    " and o.job = any($1::text[]) order by o.job, o.due_at for update skip locked)" +
    occurrence_rows + " order by c.job, c.due_at";
const Statement due_of_jobs{"due_of_jobs", due_of_jobs_sql.c_str()};

Due due_of(const Values& row, const Jobs& jobs, Instant now, const LookedBefore& before) {
  Due due;
  Candidate& candidate = due.candidate;
  candidate.job = *row[0];
  candidate.kind = parse_run_kind(*row[6]).value();
  candidate.scheduled_at = parse_timestamptz(*row[1]);
  candidate.due_at = parse_timestamptz(*row[2]);
  candidate.planned_window_start = instant_of(row[3]);
  candidate.attempts = std::stoi(*row[4]);
  candidate.busy = row[9].has_value();
  candidate.making_up = row[9] == "catch_up" || row[9] == "backfill";
  candidate.succeeded_through = instant_of(row[10]);
  candidate.paused = row[16] == "t";
  candidate.buffered = row[17] == "t";
  candidate.now = now;
  candidate.seen_on_time = before.looks.saw_on_time(candidate.due_at, jobs.at(candidate.job).missed.grace);
  candidate.unwatched = reason_at(before.unwatched, candidate.due_at);

  ClaimedRun& run = due.run;
  run.job = candidate.job;
  run.revision = jobs.at(run.job).revision;
  run.kind = candidate.kind;
  run.attempt = candidate.attempts + 1;
  if (row[7]) run.request = std::stoll(*row[7]);
  run.scheduled_at = candidate.scheduled_at;
  run.due_at = candidate.due_at;
  run.claimed_at = now;
  run.effects = row[8] == "t";
  run.previous_success = instant_of(row[11]);
  run.dry_run = row[13] == "t";
  run.given.input = escape_clock(row[14].value_or(""));
  if (row[15]) run.after_run = RunId{std::stoll(*row[15])};
  run.claim = {RunId{}, std::stoll(*row[5]) + 1, random_uuid()};
  return due;
}

}  // namespace

Candidates::Candidates(Session::Context& context, const Jobs& jobs, const LookedBefore& before,
                       const std::string& left_alone)
    : context_(context), jobs_(jobs), before_(before), left_alone_(left_alone) {}

bool Candidates::collect(int most) {
  const std::string now = rfc3339(context_.now);
  const Table requests = context_.transaction.run(due_requests, {std::to_string(most), left_alone_});
  const Table live = context_.transaction.run(due_occurrences, {std::to_string(most), now, left_alone_});
  const Table waiting = context_.transaction.run(waiting_occurrences, {std::to_string(most), now, left_alone_});
  for (const Table* each : {&requests, &live, &waiting})
    for (const Values& row : each->rows) add(row);
  widen(now);
  return static_cast<int>(live.size()) >= most;
}

void Candidates::add(const Values& row) {
  const auto known = jobs_.find(*row[0]);
  if (known == jobs_.end() || known->second.revision != *row[12]) return;
  if (due_.count(*row[0]) == 0) order_.push_back(*row[0]);
  due_[*row[0]].push_back(due_of(row, jobs_, context_.now, before_));
}

/// Several at once coalesce too.
void Candidates::widen(const std::string& now) {
  Array names;
  for (auto& [job, all] : due_) {
    const auto wants_all = [&](const Due& due) { return needs_all(due, jobs_.at(due.run.job)); };
    if (all.size() > 1 || std::any_of(all.begin(), all.end(), wants_all)) {
      names.add(job);
      std::erase_if(all, [](const Due& due) { return !due.run.request; });
    }
  }
  if (names.size() == 0) return;
  for (const Values& row : context_.transaction.run(due_of_jobs, {names.literal(), now}).rows) add(row);
}

}  // namespace nowd::pg
