#include "ledger/pg/fleet/fleet.hpp"

#include <algorithm>

#include "foundation/log.hpp"
#include "ledger/pg/fleet/fleet.sql.hpp"
#include "ledger/pg/outbox/alerting.hpp"
#include "ledger/pg/session/array.hpp"

namespace nowd::pg {
namespace {

/// The newer revisions of a daemon that ended stay in force for this time, because it may be restarting; unless a
/// person loads older ones on purpose.
constexpr minutes restart_grace{1};

/// Names in a warning.
constexpr std::size_t max_named = 3;

}  // namespace

void lock_loads(Session::Context& context) { context.transaction.run(sql::count_load); }

std::string loaded_json(const Jobs& jobs) {
  Json loaded = Json::object();
  for (const auto& [name, job] : jobs) loaded[name] = job.revision;
  return dump_json(loaded);
}

void record_loaded(Session::Context& context, const std::string& loaded) {
  context.transaction.run(sql::record_loaded, {context.node, loaded});
  context.transaction.run(sql::forget_loaded_of_ended);
}

std::set<JobName> newer_elsewhere(Session::Context& context, const Jobs& jobs, bool again) {
  Array names, revisions;
  for (const auto& [name, job] : jobs) {
    names.add(name);
    revisions.add(job.revision);
  }
  const std::string ended_since = again ? rfc3339(context.now - restart_grace) : "infinity";
  std::set<JobName> found;
  for (const Values& row :
       context.transaction.run(sql::newer_elsewhere, {names.literal(), revisions.literal(), context.node, ended_since})
           .rows)
    found.insert(*row[0]);
  return found;
}

void retire_jobs(Session::Context& context, const Jobs& jobs) {
  Array names, retired;
  for (const auto& [name, unused] : jobs) names.add(name);
  for (const Values& row : context.transaction.run(sql::retire_jobs, {names.literal(), context.node}).rows) {
    log::info("retired: it left the job files; its history stays", {{"job", *row[0]}});
    retired.add(*row[0]);
  }
  if (retired.size() > 0) close_alerts_of_retired(context.transaction, retired.literal(), context.now);
}

std::set<JobName> jobs_of_others(Session::Context& context) {
  std::set<JobName> found;
  for (const Values& row : context.transaction.run(sql::jobs_of_others, {context.node}).rows) found.insert(*row[0]);
  return found;
}

const std::string& LeftAlone::names(Session::Context& context, const JobsSnapshot& jobs) {
  const std::string loads = *context.transaction.run(sql::loads_so_far).rows.at(0)[0];
  if (loads == loads_ && jobs == jobs_) return names_;
  Array names, in_another_revision;
  for (const Values& row : context.transaction.run(sql::revisions_in_force).rows) {
    const auto mine = jobs->find(*row[0]);
    if (mine != jobs->end() && mine->second.revision == *row[1]) continue;
    names.add(*row[0]);
    if (mine != jobs->end()) in_another_revision.add(*row[0]);
  }
  log_newer(context, in_another_revision);
  names_ = names.literal();
  jobs_ = jobs;
  loads_ = loads;
  return names_;
}

/// Revisions that this daemon has loaded itself are not logged: it may have read its files a moment ago, while this
/// claim still uses the files before.
void LeftAlone::log_newer(Session::Context& context, const Array& in_another_revision) {
  std::set<JobName> by_others;
  if (in_another_revision.size() > 0)
    for (const Values& row :
         context.transaction.run(sql::jobs_loaded_elsewhere, {context.node, in_another_revision.literal()}).rows)
      by_others.insert(*row[0]);
  std::vector<JobName> news;
  for (const JobName& job : by_others)
    if (said_.count(job) == 0) news.push_back(job);
  if (!news.empty()) log::warning(left_to_others(news));
  said_ = std::move(by_others);
}

std::string left_to_others(const std::vector<JobName>& jobs) {
  std::string named;
  for (std::size_t i = 0; i < std::min(jobs.size(), max_named); ++i) named += (i == 0 ? "" : ", ") + jobs[i];
  if (jobs.size() == 1)
    return "another daemon has a newer revision of job " + named + ": it is left to those that have that one";
  return "another daemon has newer revisions of " + std::to_string(jobs.size()) + " jobs (" + named +
         (jobs.size() > max_named ? ", ..." : "") + "): they are left to those that have them";
}

}  // namespace nowd::pg
