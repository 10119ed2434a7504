#include "ledger/pg/dispatch/claiming.hpp"

#include <algorithm>
#include <map>

#include "foundation/log.hpp"
#include "ledger/pg/dispatch/missing.hpp"
#include "ledger/pg/fleet/recovery.hpp"
#include "ledger/pg/record/batch.hpp"
#include "ledger/pg/session/array.hpp"

namespace nowd::pg {
namespace {

// A claim need not be on disk by itself: nothing is done for a run before its dispatch is committed, and that commit
// takes the claim to disk with it. A crash of the database in between loses both, and the occurrence is planned as
// before.
constexpr Statement without_waiting_for_disk{"without_waiting_for_disk",
                                             "select set_config('synchronous_commit', 'off', true)"};

// overlap: cancel_running. Whoever runs them hears of it at once, and starts nothing until their rows are terminal.
constexpr Statement end_lanes{
    "end_lanes",
    "with r as (update nowd.run r set cancel_requested_at = $2, cancel_by = 'nowd',"
    " cancel_reason = 'a newer occurrence takes its place (overlap: cancel_running)'"
    " where r.lane = any($1::text[]) and r.state in ('running', 'suspended', 'committing')"
    " and r.cancel_requested_at is null returning r.run) select pg_notify('nowd', 'cancel') from r"};

constexpr Statement making_up{"making_up",
                              "select count(*) from nowd.run r where r.kind in ('catch_up', 'backfill')"
                              " and r.state in ('running', 'committing')"};

constexpr Statement next_due{"next_due",
                             "select min(o.due_at) from nowd.occurrence o where o.state = 'planned' and o.due_at > $1"
                             " and o.job <> all($2::text[])"};

// A catch-up that coalesces takes along what it stood for: those lie in its window.
constexpr Statement close_occurrences{
    "close_occurrences",
    "with c as (update nowd.occurrence o set state = d.state, reason = nullif(d.reason, ''),"
    " coalesced_into = d.into_at, buffered = false, judged_at = $6"
    " from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::timestamptz[])"
    " as d(job, at, state, reason, into_at) where o.job = d.job and o.scheduled_at = d.at"
    " returning o.job, o.scheduled_at, o.window_start, o.kind, o.coalesced_into)"
    " update nowd.occurrence p set coalesced_into = c.coalesced_into from c where c.kind = 'catch_up'"
    " and c.coalesced_into is not null and p.job = c.job and p.scheduled_at > c.window_start"
    " and p.scheduled_at < c.scheduled_at and p.coalesced_into = c.scheduled_at"};

constexpr Statement keep_waiting{
    "keep_waiting",
    "update nowd.occurrence o set kind = d.kind, buffered = d.buffered, window_start = coalesce(d.window_start,"
    " o.window_start) from unnest($1::text[], $2::timestamptz[], $3::text[], $4::boolean[], $5::timestamptz[])"
    " as d(job, at, kind, buffered, window_start) where o.job = d.job and o.scheduled_at = d.at"};

constexpr Statement refuse_requests{"refuse_requests",
                                    "update nowd.request q set state = 'refused', reason = d.reason"
                                    " from unnest($1::bigint[], $2::text[]) as d(request, reason)"
                                    " where q.request = d.request"};

// A pause is a fence: once nowd.pause has returned, nothing of the job starts. Its row lock is either there before this
// one, and the job is passed over, or waits for the claim's end.
constexpr Statement lock_jobs{"lock_jobs",
                              "select j.job, j.paused_at is not null from nowd.job j where j.job = any($1::text[])"
                              " and j.state = 'active' order by j.job for share of j skip locked"};

// Where another daemon has just started a run of the same lane, the index run_one_live_per_lane lets none of ours in,
// and the occurrence stays planned: judged again, it is busy.
constexpr Statement start_runs{
    "start_runs",
    "insert into nowd.run (job, scheduled_at, kind, attempt, request, revision, node, fence, claim_id, claimed_at, "
    "due_at,"
    " as_of, authority, window_start, window_end, zone, effects, dry_run, lane)"
    " select job, at, kind, attempt, request, revision, $16, fence, claim_id, $17, due,"
    " case authority when 'dispatch' then $17 else at end, authority, window_start, at, zone, effects, dry_run, lane"
    " from unnest($1::text[], $2::timestamptz[], $3::text[], $4::int[], $5::bigint[], $6::text[], $7::bigint[], "
    "$8::uuid[],"
    " $9::timestamptz[], $10::timestamptz[], $11::text[], $12::boolean[], $13::boolean[],"
    " $14::text[], $15::text[]) with ordinality as n(job, at, kind, attempt, request, revision, fence, claim_id, due,"
    " window_start, zone, effects, dry_run, lane, authority, place)"
    " order by place on conflict do nothing returning run, claim_id"};

constexpr Statement take_occurrences{
    "take_occurrences",
    "update nowd.occurrence o set state = 'claimed', attempts = t.attempt, fence = t.fence, window_start = "
    "t.window_start, kind = t.kind, buffered = false,"
    " judged_at = $7 from unnest($1::text[], $2::timestamptz[], $3::int[], $4::bigint[], $5::timestamptz[], $6::text[])"
    " as t(job, at, attempt, fence, window_start, kind) where o.job = t.job and o.scheduled_at = t.at"};

constexpr Statement take_requests{
    "take_requests",
    "update nowd.request q set state = 'claimed', attempts = t.attempt, fence = t.fence"
    " from unnest($1::bigint[], $2::int[], $3::bigint[]) as t(request, attempt, fence) where q.request = t.request"};

void leave_paused(Session::Context& context, std::vector<ClaimedRun>& runs) {
  std::set<JobName> names;
  for (const ClaimedRun& run : runs) names.insert(run.job);
  if (names.empty()) return;
  Array jobs;
  for (const JobName& name : names) jobs.add(name);
  std::map<JobName, bool> paused;
  for (const Values& row : context.transaction.run(lock_jobs, {jobs.literal()}).rows) paused[*row[0]] = row[1] == "t";
  std::erase_if(runs, [&](const ClaimedRun& run) {
    const auto found = paused.find(run.job);
    return found == paused.end() || (found->second && !run.even_if_paused);
  });
}

/// Inserts the runs and takes their occurrences and requests; gives those that are really ours.
std::vector<ClaimedRun> start(Session::Context& context, const Jobs& jobs, std::vector<ClaimedRun> runs) {
  leave_paused(context, runs);
  Columns rows(15), occurrences(6), requests(3);
  for (const ClaimedRun& run : runs)
    rows.add(run.job, run.scheduled_at, to_string(run.kind), run.attempt, run.request, run.revision, run.claim.fence,
             run.claim.claim_id, run.due_at, run.window_start, jobs.at(run.job).schedule.zone.name(), run.effects,
             run.dry_run, lane_of(jobs.at(run.job)),
             jobs.at(run.job).clocks.as_of == ClockRules::Authority::dispatch ? "dispatch" : "scheduled");
  std::map<Uuid, RunId> ids;
  for (const Values& row : rows.write(context.transaction, start_runs, {context.node, rfc3339(context.now)}).rows)
    ids[*row[1]] = RunId{std::stoll(*row[0])};
  std::erase_if(runs, [&](const ClaimedRun& run) { return ids.count(run.claim.claim_id) == 0; });
  for (ClaimedRun& run : runs) {
    run.claim.run = ids[run.claim.claim_id];
    if (run.request)
      requests.add(*run.request, run.attempt, run.claim.fence);
    else
      occurrences.add(run.job, run.scheduled_at, run.attempt, run.claim.fence, run.window_start, to_string(run.kind));
  }
  occurrences.write(context.transaction, take_occurrences, {rfc3339(context.now)});
  requests.write(context.transaction, take_requests);
  return runs;
}

/// Writes what was decided, but for the starts: what is closed, what waits. Gives how many are closed.
int write_others(Session::Context& context, const Jobs& jobs, const Decisions& decisions,
                 const std::vector<ClaimedRun>& started) {
  Columns closed(5), refused(2), waiting(5);
  Array to_end;
  const std::vector<Decisions::Closing> closings = closing(decisions, decisions.starting, started);
  for (const Decisions::Closing& each : closings)
    if (each.request)
      refused.add(*each.request, each.reason);
    else
      closed.add(each.job, each.at, each.state, each.reason, each.into);
  for (const auto& each : decisions.waiting)
    waiting.add(each.job, each.at, to_string(each.kind), each.buffered, each.window_start);
  for (const std::string& lane : decisions.lanes_to_end) to_end.add(lane);
  closed.write(context.transaction, close_occurrences, {rfc3339(context.now)});
  record_missed(context, jobs, missed_of(closings));
  refused.write(context.transaction, refuse_requests);
  waiting.write(context.transaction, keep_waiting);
  if (to_end.size() > 0) context.transaction.run(end_lanes, {to_end.literal(), rfc3339(context.now)});
  return static_cast<int>(closings.size());
}

void apply(Session::Context& context, const Jobs& jobs, const Decisions& decisions, Ledger::Claimed& claimed) {
  const std::vector<ClaimedRun> started = start(context, jobs, decisions.starting);
  claimed.closed += write_others(context, jobs, decisions, started);
  claimed.more = claimed.more || decisions.more;
  claimed.runs.insert(claimed.runs.end(), started.begin(), started.end());
}

/// What the schema refuses of some values, not of every statement.
bool is_about_a_row(const std::string& sqlstate) {
  return sqlstate.starts_with("22") || sqlstate.starts_with("23") || sqlstate.starts_with("P0");
}

/// Does it in part of the transaction: nothing of it is left if the schema refuses it. Gives why.
template <class Work>
std::optional<std::string> refusal_of(Session::Context& context, Work work) {
  context.transaction.run_script("savepoint part");
  try {
    work();
    context.transaction.run_script("release savepoint part");
    return std::nullopt;
  } catch (const SqlError& e) {
    if (!is_about_a_row(e.sqlstate)) throw;
    context.transaction.run_script("rollback to savepoint part; release savepoint part");
    return e.what();
  }
}

/// One run after the other; what is refused is closed, and the rest of the decisions stand.
void apply_in_parts(Session::Context& context, const Jobs& jobs, const Decisions& decisions, Ledger::Claimed& claimed) {
  std::vector<ClaimedRun> started;
  std::set<Unreadable> refused;
  for (const ClaimedRun& run : decisions.starting) {
    std::vector<ClaimedRun> ours;
    if (const auto why = refusal_of(context, [&] { ours = start(context, jobs, {run}); }))
      refused.insert({run.job, rfc3339(run.scheduled_at), run.request, *why});
    started.insert(started.end(), ours.begin(), ours.end());
  }
  claimed.runs.insert(claimed.runs.end(), started.begin(), started.end());
  claimed.more = claimed.more || decisions.more;
  const auto finish = [&] {
    const int closed = write_others(context, jobs, decisions, started);
    close_unreadable(context, refused);
    claimed.closed += closed + static_cast<int>(refused.size());
  };
  if (const auto why = refusal_of(context, finish))
    log::error("a claim was refused in part, and these jobs wait: " + *why,
               {{"job", decisions.starting.empty() ? "" : decisions.starting.front().job}});
}

/// Of a claim that is refused as a whole, the jobs one by one.
void apply_one_by_one(Session::Context& context, const Jobs& jobs, const Decisions& decisions,
                      Ledger::Claimed& claimed) {
  Ledger::Claimed part;
  if (refusal_of(context, [&] { apply(context, jobs, decisions, part); })) {
    part = {};
    apply_in_parts(context, jobs, decisions, part);
  }
  claimed.runs.insert(claimed.runs.end(), part.runs.begin(), part.runs.end());
  claimed.closed += part.closed;
  claimed.more = claimed.more || part.more;
}

}  // namespace

Ledger::Claimed claim_due(Session::Context& context, const Jobs& jobs, int limit, const LookedBefore& before,
                          const std::string& left_alone, bool one_by_one) {
  context.transaction.run(without_waiting_for_disk);
  context.waits_for_disk = false;
  Candidates candidates(context, jobs, before, left_alone);
  Ledger::Claimed claimed;
  claimed.more = candidates.collect(std::max(limit, min_candidates));
  claimed.closed = candidates.set_aside();
  Deciding deciding(jobs, limit, std::stoi(*context.transaction.run(making_up).rows.at(0)[0]));
  for (const JobName& job : in_order(candidates.all())) {
    deciding.job(candidates.all().at(job));
    if (one_by_one) apply_one_by_one(context, jobs, deciding.take(), claimed);
  }
  if (!one_by_one) apply(context, jobs, deciding.take(), claimed);
  add_used_before(context.transaction, claimed.runs);
  claimed.database_now = context.now;
  claimed.next_due = if_readable(context.transaction.run(next_due, {rfc3339(context.now), left_alone}).rows.at(0)[0]);
  return claimed;
}

}  // namespace nowd::pg
