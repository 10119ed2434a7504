#include "ctl/cli/which_run.hpp"

#include <limits>
#include <nlohmann/json.hpp>

#include "ctl/cli/argument.hpp"

namespace nowd::ctl {

namespace {

Result<Json> newest_run(LedgerReader& reader, const std::optional<JobName>& job) {
  if (job)
    if (const Result<Json> known = reader.job(*job); !known) return known.error();
  const Result<std::vector<Json>> runs = reader.runs({.job = job, .since = {}, .state = {}, .limit = 1});
  if (!runs) return runs.error();
  if (!runs->empty()) return runs->front();
  return invalid(job ? "job '" + *job + "' has not run yet; nowctl next " + *job + " tells when it does"
                     : "the ledger has no runs yet");
}

}  // namespace

Result<RunId> which_run(LedgerReader& reader, const std::string& word) {
  if (const auto number = number_argument("RUN", word, std::numeric_limits<std::int64_t>::max())) return RunId{*number};
  if (word != "latest" && !is_job_name(word))
    return invalid("RUN '" + word + "' is neither the number of a run, nor a job, nor latest; nowctl runs lists them");
  const Result<Json> run = newest_run(reader, word == "latest" ? std::nullopt : std::optional<JobName>(word));
  if (!run) return run.error();
  return RunId{run->at("run").get<std::int64_t>()};
}

Result<std::string> newest_moment(LedgerReader& reader, const JobName& job) {
  const Result<Json> run = newest_run(reader, job);
  if (!run) return run.error();
  return run->at("scheduled_at").get<std::string>();
}

}  // namespace nowd::ctl
