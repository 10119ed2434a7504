#include "ledger/pg/dispatch/claiming.hpp"

#include <algorithm>
#include <map>

#include "foundation/log.hpp"
#include "ledger/pg/dispatch/claiming.sql.hpp"
#include "ledger/pg/dispatch/missing.hpp"
#include "ledger/pg/fleet/recovery.hpp"
#include "ledger/pg/record/batch.hpp"
#include "ledger/pg/session/array.hpp"

namespace nowd::pg {
namespace {

void leave_paused(Session::Context& context, std::vector<ClaimedRun>& runs) {
  std::set<JobName> names;
  for (const ClaimedRun& run : runs) names.insert(run.job);
  if (names.empty()) return;
  Array jobs;
  for (const JobName& name : names) jobs.add(name);
  std::map<JobName, bool> paused;
  for (const Values& row : context.transaction.run(sql::lock_jobs, {jobs.literal()}).rows)
    paused[*row[0]] = row[1] == "t";
  std::erase_if(runs, [&](const ClaimedRun& run) {
    const auto found = paused.find(run.job);
    return found == paused.end() || (found->second && !run.even_if_paused);
  });
}

/// Inserts the runs and marks their occurrences and requests as claimed; returns the runs that no other daemon started.
std::vector<ClaimedRun> start(Session::Context& context, const Jobs& jobs, std::vector<ClaimedRun> runs) {
  leave_paused(context, runs);
  Columns rows, occurrences, requests;
  for (const ClaimedRun& run : runs)
    rows.add(run.job, run.scheduled_at, to_string(run.kind), run.attempt, run.request, run.revision, run.claim.fence,
             run.claim.claim_id, run.due_at, run.window_start, jobs.at(run.job).schedule.zone.name(), run.effects,
             run.dry_run, lane_of(jobs.at(run.job)),
             jobs.at(run.job).clocks.as_of == ClockRules::Authority::dispatch ? "dispatch" : "scheduled");
  std::map<Uuid, RunId> ids;
  for (const Values& row : rows.write(context.transaction, sql::start_runs, {context.node, rfc3339(context.now)}).rows)
    ids[*row[1]] = RunId{std::stoll(*row[0])};
  std::erase_if(runs, [&](const ClaimedRun& run) { return ids.count(run.claim.claim_id) == 0; });
  for (ClaimedRun& run : runs) {
    run.claim.run = ids[run.claim.claim_id];
    if (run.request)
      requests.add(*run.request, run.attempt, run.claim.fence);
    else
      occurrences.add(run.job, run.scheduled_at, run.attempt, run.claim.fence, run.window_start, to_string(run.kind));
  }
  occurrences.write(context.transaction, sql::mark_occurrences_claimed, {rfc3339(context.now)});
  requests.write(context.transaction, sql::mark_requests_claimed);
  return runs;
}

/// Writes the decisions except starts: closed and waiting candidates. Returns the number of closed ones.
int write_others(Session::Context& context, const Jobs& jobs, const Decisions& decisions,
                 const std::vector<ClaimedRun>& started) {
  Columns closed, refused, waiting;
  Array to_end;
  const std::vector<Decisions::Closing> closings = closing(decisions, decisions.starting, started);
  for (const Decisions::Closing& each : closings)
    if (each.request)
      refused.add(*each.request, to_string(each.reason));
    else
      closed.add(each.job, each.at, to_string(each.state), to_string(each.reason), each.into);
  for (const auto& each : decisions.waiting)
    waiting.add(each.job, each.at, to_string(each.kind), each.buffered, each.window_start);
  for (const std::string& lane : decisions.lanes_to_end) to_end.add(lane);
  closed.write(context.transaction, sql::close_occurrences, {rfc3339(context.now)});
  record_missed(context, jobs, missed_of(closings));
  refused.write(context.transaction, sql::refuse_requests);
  waiting.write(context.transaction, sql::keep_occurrences_waiting);
  if (to_end.size() > 0) context.transaction.run(sql::cancel_runs_of_lanes, {to_end.literal(), rfc3339(context.now)});
  return static_cast<int>(closings.size());
}

void apply(Session::Context& context, const Jobs& jobs, const Decisions& decisions, Ledger::Claimed& claimed) {
  const std::vector<ClaimedRun> started = start(context, jobs, decisions.starting);
  claimed.closed += write_others(context, jobs, decisions, started);
  claimed.more = claimed.more || decisions.more;
  claimed.runs.insert(claimed.runs.end(), started.begin(), started.end());
}

/// Whether the schema refused values, and not every statement.
bool is_about_a_row(const std::string& sqlstate) {
  return sqlstate.starts_with("22") || sqlstate.starts_with("23") || sqlstate.starts_with("P0");
}

/// Runs the action in a savepoint. If the schema refuses it, nothing of it remains; returns the reason.
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

/// Starts one run after the other; a refused one is closed, and the other decisions stay.
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

/// Applies the decisions of a refused claim again, job by job.
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
  context.transaction.run(sql::do_not_wait_for_disk);
  context.waits_for_disk = false;
  Candidates candidates(context, jobs, before, left_alone);
  Ledger::Claimed claimed;
  claimed.more = candidates.collect(std::max(limit, min_candidates));
  claimed.closed = candidates.unreadable_count();
  ClaimDecider decider(jobs, limit, std::stoi(*context.transaction.run(sql::count_catch_ups).rows.at(0)[0]));
  for (const JobName& job : in_order(candidates.all())) {
    decider.decide_job(candidates.all().at(job));
    if (one_by_one) apply_one_by_one(context, jobs, decider.take_decisions(), claimed);
  }
  if (!one_by_one) apply(context, jobs, decider.take_decisions(), claimed);
  add_used_before(context.transaction, claimed.runs);
  claimed.database_now = context.now;
  claimed.next_due =
      if_readable(context.transaction.run(sql::next_due, {rfc3339(context.now), left_alone}).rows.at(0)[0]);
  return claimed;
}

}  // namespace nowd::pg
