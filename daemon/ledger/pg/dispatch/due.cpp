#include "ledger/pg/dispatch/due.hpp"

#include <algorithm>

#include "foundation/log.hpp"
#include "foundation/random.hpp"
#include "ledger/pg/session/array.hpp"

namespace nowd::pg {
namespace {

/// Beyond this a number of attempts is none.
constexpr int max_attempts = 1'000'000;

/// The columns of a row of candidates, in the order in which all of these statements give them.
enum Column {
  job_of,
  scheduled_at,
  due_at,
  window_start,
  attempts,
  fence,
  kind,
  request,
  effects,
  live,
  succeeded_through,
  succeeded_at,
  revision,
  dry_run,
  input,
  after_run,
  paused,
  buffered,
  even_if_paused,
  asked,
  deliver,
  start_followers
};

const std::string occurrence_rows =
    " select c.job, c.scheduled_at, c.due_at, c.window_start, c.attempts, c.fence, c.kind, null,"
    " coalesce(c.effects, c.kind <> 'backfill'), s.live, s.succeeded_through, s.succeeded_at, s.revision, false, null,"
    " null, s.paused, c.buffered, false, false, coalesce(c.deliver, c.kind <> 'backfill'),"
    " coalesce(c.start_followers, c.kind <> 'backfill') from c join nowd.job_standing s on s.job = c.job";

// Requests come first: somebody waits for them. Asked for are the jobs that have any (w, one step of an index for
// each), then of each job those that may start now (m), one for a lane, and those that may be skipped for each other
// (f): what cannot start takes no place from what can.
constexpr Statement due_requests{
    "due_requests",
    "with recursive w as ((select q.job from nowd.request q where q.state = 'planned' order by q.job limit 1)"
    " union all select (select q.job from nowd.request q where q.state = 'planned' and q.job > w.job"
    " order by q.job limit 1) from w where w.job is not null),"
    " j as materialized (select j.job, j.lane, j.paused_at is not null as paused, exists (select from nowd.run r"
    " where r.lane = j.lane and r.state in ('running', 'suspended', 'committing')) as busy"
    " from w join nowd.job j on j.job = w.job where j.state = 'active' and j.job <> all($2::text[])),"
    " m as (select p.request from j cross join lateral (select q.request from nowd.request q where q.job = j.job"
    " and q.state = 'planned' and q.by_hand and (not j.paused or q.even_if_paused or q.after_run is not null)"
    " order by q.request limit case when j.lane is null then $1::bigint else 1 end) p where not j.busy),"
    " f as (select p.request from j cross join lateral (select q.request from nowd.request q where q.job = j.job"
    " and q.state = 'planned' and not q.by_hand order by q.request limit $1::bigint) p),"
    " i as (select request from m union all select request from f order by request limit $1::bigint),"
    " c as materialized (select q.* from i join nowd.request q on q.request = i.request where q.state = 'planned'"
    " order by q.request for update of q skip locked)"
    " select c.job, c.scheduled_at, c.requested_at, c.window_start, c.attempts, c.fence,"
    " case when c.after_run is null then 'manual' else 'after' end, c.request, c.effects,"
    " s.live, s.succeeded_through, s.succeeded_at, s.revision, c.dry_run, c.input::text, c.after_run,"
    " s.paused, false, c.even_if_paused, c.by_hand, c.deliver, c.start_followers"
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
    "o.kind <> 'scheduled' and (o.kind <> 'backfill' or not s.paused)" + oldest_first +
    ", c as (select 0 as behind, b.* from b union all select 1, l.* from l)" + occurrence_rows +
    " order by c.behind, c.due_at, c.job";
const Statement waiting_occurrences{"waiting_occurrences", waiting_occurrences_sql.c_str()};

// A rule about several occurrences of a job must see all of them.
const std::string due_of_jobs_sql =
    "with c as materialized (select o.* from nowd.occurrence o where o.state = 'planned' and o.due_at <= $2"
    " and o.job = any($1::text[]) order by o.job, o.due_at for update skip locked)" +
    occurrence_rows + " order by c.job, c.due_at";
const Statement due_of_jobs{"due_of_jobs", due_of_jobs_sql.c_str()};

constexpr Statement close_unreadable_occurrences{
    "close_unreadable_occurrences",
    "update nowd.occurrence o set state = 'missed', reason = 'unreadable', coalesced_into = null, buffered = false,"
    " judged_at = clock_timestamp() from unnest($1::text[], $2::timestamptz[]) as u(job, at)"
    " where o.job = u.job and o.scheduled_at = u.at and o.state = 'planned'"};

constexpr Statement refuse_unreadable_requests{
    "refuse_unreadable_requests",
    "update nowd.request q set state = 'refused', reason = 'unreadable' where q.request = any($1::bigint[])"
    " and q.state = 'planned'"};

/// Throws where the row holds what no run can be for.
Due due_of(const Values& row, const Jobs& jobs, Instant now, const LookedBefore& before) {
  Due due;
  Candidate& candidate = due.candidate;
  candidate.job = *row[job_of];
  candidate.kind = parse_run_kind(*row[kind]).value();
  candidate.scheduled_at = parse_timestamptz(*row[scheduled_at]);
  candidate.due_at = parse_timestamptz(*row[due_at]);
  candidate.planned_window_start = instant_of(row[window_start]);
  if (candidate.planned_window_start > candidate.scheduled_at)
    throw std::runtime_error("its window begins after its moment: " + *row[window_start]);
  candidate.attempts = std::stoi(*row[attempts]);
  if (candidate.attempts < 0 || candidate.attempts >= max_attempts)
    throw std::runtime_error("it has had " + *row[attempts] + " attempts");
  candidate.busy = row[live].has_value();
  candidate.making_up = row[live] == "catch_up" || row[live] == "backfill";
  candidate.other_job = row[live] == "another job";
  candidate.succeeded_through = if_readable(row[succeeded_through]);
  candidate.paused = row[paused] == "t";
  candidate.even_if_paused = row[even_if_paused] == "t";
  candidate.asked = row[asked] == "t";
  candidate.buffered = row[buffered] == "t";
  candidate.now = now;
  candidate.seen_on_time = before.polls.polled_on_time(candidate.due_at, jobs.at(candidate.job).missed.grace);
  candidate.unseen = before.polls.fell_due_unpolled(candidate.due_at, now);
  candidate.unwatched = reason_at(before.unwatched, candidate.due_at);

  ClaimedRun& run = due.run;
  run.job = candidate.job;
  run.revision = jobs.at(run.job).revision;
  run.kind = candidate.kind;
  run.attempt = candidate.attempts + 1;
  if (row[request]) run.request = std::stoll(*row[request]);
  run.scheduled_at = candidate.scheduled_at;
  run.due_at = candidate.due_at;
  run.claimed_at = now;
  run.effects = row[effects] == "t";
  run.previous_success = if_readable(row[succeeded_at]);
  run.dry_run = row[dry_run] == "t";
  run.even_if_paused = candidate.even_if_paused;
  run.deliver = row[deliver] == "t";
  run.starts_followers = row[start_followers] == "t";
  run.outside_texts.input = ModelText::from_outside(row[input].value_or(""));
  if (row[after_run]) run.after_run = RunId{std::stoll(*row[after_run])};
  run.claim = {RunId{}, std::stoll(*row[fence]) + 1, random_uuid()};
  return due;
}

}  // namespace

Candidates::Candidates(Session::Context& context, const Jobs& jobs, const LookedBefore& before,
                       const std::string& left_alone)
    : context_(context), jobs_(jobs), before_(before), left_alone_(left_alone) {}

bool Candidates::collect(int most) {
  const std::string now = rfc3339(context_.now);
  const Table requests = context_.transaction.run(due_requests, {std::to_string(most), left_alone_});
  const Table on_time = context_.transaction.run(due_occurrences, {std::to_string(most), now, left_alone_});
  const Table waiting = context_.transaction.run(waiting_occurrences, {std::to_string(most), now, left_alone_});
  for (const Table* each : {&requests, &on_time, &waiting})
    for (const Values& row : each->rows) add(row);
  widen(now);
  close_unreadable(context_, unreadable_);
  return static_cast<int>(on_time.size()) >= most || static_cast<int>(requests.size()) >= most;
}

void Candidates::add(const Values& row) {
  const auto known = jobs_.find(*row[job_of]);
  if (known == jobs_.end() || known->second.revision != *row[revision]) return;
  try {
    due_[*row[job_of]].push_back(due_of(row, jobs_, context_.now, before_));
  } catch (const std::exception& e) {  // nothing was asked of the database here
    const auto number = row[request] ? std::optional<std::int64_t>(std::stoll(*row[request])) : std::nullopt;
    unreadable_.insert({*row[job_of], *row[scheduled_at], number, e.what()});
  }
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

std::optional<Instant> if_readable(const Value& value) {
  try {
    return instant_of(value);
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

void close_unreadable(Session::Context& context, const std::set<Unreadable>& rows) {
  Array jobs, moments, requests;
  for (const Unreadable& each : rows) {
    log::error(
        "set aside (unreadable): " + each.why,
        {{"job", each.job}, {"at", each.at}, {"request", each.request ? std::to_string(*each.request) : "none"}});
    if (each.request) {
      requests.add(*each.request);
    } else {
      jobs.add(each.job);
      moments.add(each.at);
    }
  }
  if (jobs.size() > 0) context.transaction.run(close_unreadable_occurrences, {jobs.literal(), moments.literal()});
  if (requests.size() > 0) context.transaction.run(refuse_unreadable_requests, {requests.literal()});
}

}  // namespace nowd::pg
