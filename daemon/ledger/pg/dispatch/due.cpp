#include "ledger/pg/dispatch/due.hpp"

#include <algorithm>

#include "foundation/log.hpp"
#include "foundation/random.hpp"
#include "ledger/pg/dispatch/claiming.sql.hpp"
#include "ledger/pg/session/array.hpp"

namespace nowd::pg {
namespace {

/// A larger number of attempts means that the row is damaged.
constexpr int max_attempts = 1'000'000;

/// The columns of the statements due_requests, due_occurrences, waiting_occurrences and due_of_jobs, in order.
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

/// Throws for a row that no run can serve.
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
  candidate.catching_up = row[live] == "catch_up" || row[live] == "backfill";
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

bool Candidates::collect(int max_rows) {
  const std::string now = rfc3339(context_.now);
  const Table requests = context_.transaction.run(sql::due_requests, {std::to_string(max_rows), left_alone_});
  const Table on_time = context_.transaction.run(sql::due_occurrences, {std::to_string(max_rows), now, left_alone_});
  const Table waiting =
      context_.transaction.run(sql::waiting_occurrences, {std::to_string(max_rows), now, left_alone_});
  for (const Table* each : {&requests, &on_time, &waiting})
    for (const Values& row : each->rows) add(row);
  widen(now);
  close_unreadable(context_, unreadable_);
  return static_cast<int>(on_time.size()) >= max_rows || static_cast<int>(requests.size()) >= max_rows;
}

void Candidates::add(const Values& row) {
  const auto known = jobs_.find(*row[job_of]);
  if (known == jobs_.end() || known->second.revision != *row[revision]) return;
  try {
    due_[*row[job_of]].push_back(due_of(row, jobs_, context_.now, before_));
  } catch (const std::exception& e) {  // no statement ran in this block
    const auto number = row[request] ? std::optional<std::int64_t>(std::stoll(*row[request])) : std::nullopt;
    unreadable_.insert({*row[job_of], *row[scheduled_at], number, e.what()});
  }
}

/// Reads all due occurrences of the jobs: several at once are coalesced, too.
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
  for (const Values& row : context_.transaction.run(sql::due_of_jobs, {names.literal(), now}).rows) add(row);
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
  if (jobs.size() > 0) context.transaction.run(sql::close_unreadable_occurrences, {jobs.literal(), moments.literal()});
  if (requests.size() > 0) context.transaction.run(sql::refuse_unreadable_requests, {requests.literal()});
}

}  // namespace nowd::pg
