#include "ledger/pg/fleet/fleet.hpp"

#include <algorithm>

#include "foundation/log.hpp"
#include "ledger/pg/outbox/alerting.hpp"
#include "ledger/pg/session/array.hpp"

namespace nowd::pg {
namespace {

/// A daemon that ended may be on its way back: for so long its newer revisions stay in force, unless somebody loads
/// older ones on purpose.
constexpr minutes on_its_way_back{1};

constexpr Statement count_load{"count_load", "update nowd.fleet set loads = loads + 1"};
constexpr Statement loads_so_far{"loads_so_far", "select loads from nowd.fleet"};

constexpr Statement note_loaded{"note_loaded", "update nowd.node set loaded = $2::jsonb where node = $1"};

// A daemon that is away keeps its jobs for an hour, if none has taken over from it: hosts do not come up together.
constexpr Statement forget_loaded{"forget_loaded",
                                  "update nowd.node set loaded = '{}' where state <> 'alive' and loaded <> '{}'"
                                  " and ended_at < clock_timestamp() - interval '1 hour'"};

constexpr Statement newer{"newer_elsewhere",
                          "select n.job from unnest($1::text[], $2::text[]) as n(job, revision)"
                          " join nowd.job j on j.job = n.job and j.state = 'active' and j.revision <> n.revision"
                          " join nowd.job_revision mine on mine.job = n.job and mine.revision = n.revision"
                          " join nowd.job_revision theirs on theirs.job = j.job and theirs.revision = j.revision"
                          " where mine.number < theirs.number and exists (select from nowd.node o where o.node <> $3"
                          " and o.loaded ->> j.job = j.revision and (o.state = 'alive' or o.ended_at > $4))"};

constexpr Statement retire{
    "retire_jobs",
    "with j as (update nowd.job j set state = 'retired', changed_at = clock_timestamp()"
    " where j.state <> 'retired' and not j.job = any($1::text[])"
    " and not exists (select from nowd.node o where o.node <> $2 and o.loaded ? j.job) returning j.job),"
    " o as (update nowd.occurrence o set state = 'withdrawn', reason = 'retired', judged_at = clock_timestamp()"
    " from j where o.job = j.job and o.state = 'planned'),"
    " q as (update nowd.request q set state = 'refused', reason = 'retired' from j where q.job = j.job"
    " and q.state = 'planned')"
    " update nowd.job_cursor c set next_at = null, next_local = null from j where c.job = j.job returning c.job"};

constexpr Statement others_jobs{"others_jobs",
                                "select j.job from nowd.job j where j.state = 'active'"
                                " and exists (select from nowd.node o where o.node <> $1 and o.loaded ? j.job)"
                                " and not exists (select from nowd.node n where n.node = $1 and n.loaded ? j.job)"};

constexpr Statement loaded_elsewhere{
    "loaded_elsewhere",
    "select j.job from nowd.node o cross join lateral jsonb_each_text(o.loaded) l"
    " join nowd.job j on j.job = l.key and j.revision = l.value where o.node <> $1 and o.loaded <> '{}'"
    " and j.job = any($2::text[]) except select l.key from nowd.node n cross join lateral jsonb_each_text(n.loaded) l"
    " join nowd.job j on j.job = l.key and j.revision = l.value where n.node = $1"};

/// Names in a warning.
constexpr std::size_t max_named = 3;

constexpr Statement jobs_in_force{"in_force", "select job, revision from nowd.job where state = 'active' order by job"};

}  // namespace

void take_turn(Session::Context& context) { context.transaction.run(count_load); }

std::string loaded_json(const Jobs& jobs) {
  Json loaded = Json::object();
  for (const auto& [name, job] : jobs) loaded[name] = job.revision;
  return dump_json(loaded);
}

void record_loaded(Session::Context& context, const std::string& loaded) {
  context.transaction.run(note_loaded, {context.node, loaded});
  context.transaction.run(forget_loaded);
}

std::set<JobName> newer_elsewhere(Session::Context& context, const Jobs& jobs, bool again) {
  Array names, revisions;
  for (const auto& [name, job] : jobs) {
    names.add(name);
    revisions.add(job.revision);
  }
  const std::string ended_since = again ? rfc3339(context.now - on_its_way_back) : "infinity";
  std::set<JobName> found;
  for (const Values& row :
       context.transaction.run(newer, {names.literal(), revisions.literal(), context.node, ended_since}).rows)
    found.insert(*row[0]);
  return found;
}

void retire_jobs(Session::Context& context, const Jobs& jobs) {
  Array names, retired;
  for (const auto& [name, unused] : jobs) names.add(name);
  for (const Values& row : context.transaction.run(retire, {names.literal(), context.node}).rows) {
    log::info("retired: it left the job files; its history stays", {{"job", *row[0]}});
    retired.add(*row[0]);
  }
  if (retired.size() > 0) close_alerts_of_retired(context.transaction, retired.literal(), context.now);
}

std::set<JobName> jobs_of_others(Session::Context& context) {
  std::set<JobName> found;
  for (const Values& row : context.transaction.run(others_jobs, {context.node}).rows) found.insert(*row[0]);
  return found;
}

const std::string& LeftAlone::names(Session::Context& context, const JobsSnapshot& jobs) {
  const std::string loads = *context.transaction.run(loads_so_far).rows.at(0)[0];
  if (loads == loads_ && jobs == jobs_) return names_;
  Array names, in_another_revision;
  for (const Values& row : context.transaction.run(jobs_in_force).rows) {
    const auto mine = jobs->find(*row[0]);
    if (mine != jobs->end() && mine->second.revision == *row[1]) continue;
    names.add(*row[0]);
    if (mine != jobs->end()) in_another_revision.add(*row[0]);
  }
  tell(context, in_another_revision);
  names_ = names.literal();
  jobs_ = jobs;
  loads_ = loads;
  return names_;
}

/// What we have loaded ourselves is no news: our own files, read a moment ago, while this claim is by those before
/// them.
void LeftAlone::tell(Session::Context& context, const Array& in_another_revision) {
  std::set<JobName> by_others;
  if (in_another_revision.size() > 0)
    for (const Values& row :
         context.transaction.run(loaded_elsewhere, {context.node, in_another_revision.literal()}).rows)
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
