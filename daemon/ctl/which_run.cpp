#include "ctl/which_run.hpp"

#include <limits>
#include <nlohmann/json.hpp>

#include "ctl/argument.hpp"

namespace nowd::ctl {

Result<RunId> which_run(LedgerReader& reader, const std::string& word) {
  if (const auto number = number_argument("RUN", word, std::numeric_limits<std::int64_t>::max())) return RunId{*number};
  RunsFilter newest;
  newest.limit = 1;
  if (word != "latest") {
    if (!is_job_name(word))
      return invalid("RUN '" + word +
                     "' is neither the number of a run, nor a job, nor latest; nowctl runs lists them");
    if (const Result<Json> job = reader.job(word); !job) return job.error();
    newest.job = word;
  }
  const Result<std::vector<Json>> runs = reader.runs(newest);
  if (!runs) return runs.error();
  if (runs->empty())
    return invalid(newest.job ? "job '" + word + "' has not run yet; nowctl why " + word + " tells when it does"
                              : "the ledger has no runs yet");
  return RunId{runs->front().at("run").get<std::int64_t>()};
}

}  // namespace nowd::ctl
