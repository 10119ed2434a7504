#include "ledger/pg/claiming.hpp"

#include <algorithm>
#include <set>

#include "foundation/random.hpp"
#include "ledger/pg/array.hpp"
#include "ledger/pg/rows.hpp"

namespace nowd::pg {
namespace {

/// Candidates looked at though there is no room for a run: they may be skipped or missed.
constexpr int fewest_candidates = 64;

// A claim need not be on disk by itself: nothing is done for a run before its dispatch is committed, and that commit
// takes the claim to disk with it. A crash of the database in between loses both, and the occurrence is planned as
// before.
constexpr Statement without_waiting_for_disk{"without_waiting_for_disk",
                                             "select set_config('synchronous_commit', 'off', true)"};

// Requests come first: somebody waits for them.
constexpr Statement due_requests{
    "due_requests",
    "with c as materialized (select q.* from nowd.request q where q.state = 'planned' order by q.request limit $1"
    " for update skip locked)"
    " select c.job, c.scheduled_at, c.requested_at, c.window_start, c.attempts, c.fence,"
    " case when c.after_run is null then 'manual' else 'after' end, c.request, c.effects,"
    " s.busy, s.succeeded_through, s.succeeded_at, s.revision, c.dry_run, c.input::text, c.after_run"
    " from c join nowd.job_standing s on s.job = c.job order by c.request"};

constexpr Statement due_occurrences{
    "due_occurrences",
    "with c as materialized (select o.* from nowd.occurrence o where o.state = 'planned' and o.due_at <= $2"
    " order by o.due_at, o.job limit $1 for update skip locked)"
    " select c.job, c.scheduled_at, c.due_at, c.window_start, c.attempts, c.fence, c.kind, null, c.kind <> 'backfill',"
    " s.busy, s.succeeded_through, s.succeeded_at, s.revision, false, null, null"
    " from c join nowd.job_standing s on s.job = c.job order by c.due_at, c.job"};

constexpr Statement next_due{"next_due",
                             "select min(o.due_at) from nowd.occurrence o where o.state = 'planned' and o.due_at > $1"};

constexpr Statement close_occurrences{
    "close_occurrences",
    "update nowd.occurrence o set state = d.state, reason = d.reason, judged_at = $5"
    " from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[]) as d(job, at, state, reason)"
    " where o.job = d.job and o.scheduled_at = d.at"};

// Where another daemon has just started a run of the same job, the index run_one_live_per_job lets none of ours in, and
// the occurrence stays planned: judged again, it is busy.
constexpr Statement start_runs{
    "start_runs",
    "insert into nowd.run (job, scheduled_at, kind, attempt, request, revision, node, fence, claim_id, claimed_at, "
    "due_at,"
    " as_of, window_start, window_end, zone, effects, dry_run)"
    " select job, at, kind, attempt, request, revision, $14, fence, claim_id, $15, due, at, window_start, at, zone, "
    "effects, dry_run"
    " from unnest($1::text[], $2::timestamptz[], $3::text[], $4::int[], $5::bigint[], $6::text[], $7::bigint[], "
    "$8::uuid[],"
    " $9::timestamptz[], $10::timestamptz[], $11::text[], $12::boolean[], $13::boolean[]) with"
    " ordinality as n(job, at, kind, attempt, request, revision, fence, claim_id, due, window_start, zone, effects,"
    " dry_run, place)"
    " order by place on conflict do nothing returning run, claim_id"};

constexpr Statement take_occurrences{
    "take_occurrences",
    "update nowd.occurrence o set state = 'claimed', attempts = t.attempt, fence = t.fence, window_start = "
    "t.window_start,"
    " judged_at = $6 from unnest($1::text[], $2::timestamptz[], $3::int[], $4::bigint[], $5::timestamptz[])"
    " as t(job, at, attempt, fence, window_start) where o.job = t.job and o.scheduled_at = t.at"};

constexpr Statement take_requests{
    "take_requests",
    "update nowd.request q set state = 'claimed', attempts = t.attempt, fence = t.fence"
    " from unnest($1::bigint[], $2::int[], $3::bigint[]) as t(request, attempt, fence) where q.request = t.request"};

struct Due {
  Candidate candidate;
  ClaimedRun run;
};

Due due_of(const Values& row, const Jobs& jobs, Instant now, std::optional<Instant> last_look) {
  Due due;
  Candidate& candidate = due.candidate;
  candidate.job = *row[0];
  candidate.kind = parse_run_kind(*row[6]).value();
  candidate.scheduled_at = parse_timestamptz(*row[1]);
  candidate.due_at = parse_timestamptz(*row[2]);
  candidate.planned_window_start = instant_of(row[3]);
  candidate.attempts = std::stoi(*row[4]);
  candidate.busy = row[9] == "t";
  candidate.succeeded_through = instant_of(row[10]);
  candidate.now = now;
  candidate.last_look = last_look;

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

/// Inserts the runs and takes their occurrences and requests; gives those that are really ours.
std::vector<ClaimedRun> start(Session::Context& context, const Jobs& jobs, std::vector<ClaimedRun> runs) {
  Columns rows(13), occurrences(5), requests(3);
  for (const ClaimedRun& run : runs)
    rows.add(run.job, run.scheduled_at, to_string(run.kind), run.attempt, run.request, run.revision, run.claim.fence,
             run.claim.claim_id, run.due_at, run.window_start, jobs.at(run.job).schedule.zone.name(), run.effects,
             run.dry_run);
  std::map<Uuid, RunId> ids;
  for (const Values& row : rows.write(context.transaction, start_runs, {context.node, rfc3339(context.now)}).rows)
    ids[*row[1]] = RunId{std::stoll(*row[0])};
  std::erase_if(runs, [&](const ClaimedRun& run) { return ids.count(run.claim.claim_id) == 0; });
  for (ClaimedRun& run : runs) {
    run.claim.run = ids[run.claim.claim_id];
    if (run.request)
      requests.add(*run.request, run.attempt, run.claim.fence);
    else
      occurrences.add(run.job, run.scheduled_at, run.attempt, run.claim.fence, run.window_start);
  }
  occurrences.write(context.transaction, take_occurrences, {rfc3339(context.now)});
  requests.write(context.transaction, take_requests);
  return runs;
}

}  // namespace

Ledger::Claimed claim_due(Session::Context& context, const Jobs& jobs, int limit, std::optional<Instant> last_look) {
  const int most = std::max(limit, fewest_candidates);
  context.transaction.run(without_waiting_for_disk);
  Table due = context.transaction.run(due_requests, {std::to_string(most)});
  const Table occurrences = context.transaction.run(due_occurrences, {std::to_string(most), rfc3339(context.now)});
  due.rows.insert(due.rows.end(), occurrences.rows.begin(), occurrences.rows.end());

  Ledger::Claimed claimed;
  claimed.database_now = context.now;
  claimed.more = static_cast<int>(occurrences.size()) >= most;
  Columns closed(4);
  std::vector<ClaimedRun> starting;
  std::set<JobName> started;
  for (const Values& row : due.rows) {
    // A job that another daemon has, or has newer: that one claims it.
    const auto known = jobs.find(*row[0]);
    if (known == jobs.end() || known->second.revision != *row[12]) continue;
    auto [candidate, run] = due_of(row, jobs, context.now, last_look);
    candidate.busy = candidate.busy || started.count(candidate.job) > 0;
    const Judgement judgement = judge(candidate, known->second);
    if (judgement.what == Judgement::What::close) {
      closed.add(candidate.job, candidate.scheduled_at, judgement.state, judgement.reason);
      ++claimed.closed;
    } else if (judgement.what == Judgement::What::run && static_cast<int>(starting.size()) < limit) {
      run.window_start = judgement.window_start;
      started.insert(candidate.job);
      starting.push_back(std::move(run));
    } else {
      claimed.more = true;
    }
  }
  closed.write(context.transaction, close_occurrences, {rfc3339(context.now)});
  claimed.runs = start(context, jobs, std::move(starting));
  const Table next = context.transaction.run(next_due, {rfc3339(context.now)});
  claimed.next_due = instant_of(next.rows.at(0)[0]);
  return claimed;
}

}  // namespace nowd::pg
