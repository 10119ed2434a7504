#include "ctl/look/standing.hpp"

#include <nlohmann/json.hpp>

#include "config/load.hpp"
#include "ctl/cli/database.hpp"
#include "surface/run_record.hpp"

namespace nowd::ctl {

RunLength Standing::length(std::optional<milliseconds> given) const {
  return [usual = usual, given](const JobName& job) -> milliseconds {
    if (given) return *given;
    const auto known = usual.find(job);
    return known == usual.end() ? assumed_length : known->second;
  };
}

Standing standing_of(const std::vector<Json>& rows) {
  Standing standing;
  for (const Json& one : rows) {
    const JobName job = row::text(one, "job");
    if (row::flag(one, "paused")) standing.paused.insert(job);
    if (const auto usual = row::span(one, "usual")) standing.usual[job] = std::chrono::ceil<milliseconds>(*usual);
  }
  return standing;
}

Result<Standing> standing_in_ledger(const Globals& globals) {
  const Result<std::string> database = database_of(globals);
  if (!database) return database.error();
  Result<LedgerReader> reader = LedgerReader::open(*database);
  if (!reader) return reader.error();
  const Result<std::vector<Json>> rows = reader->standing();
  if (!rows) return rows.error();
  return standing_of(*rows);
}

JobsSnapshot jobs_of(const std::vector<Json>& rows) {
  auto jobs = std::make_shared<nowd::Jobs>();
  for (const Json& one : rows)
    if (const Result<Job> job = job_from_canonical(dump_json(one.at("spec")), nullptr)) jobs->emplace(job->name, *job);
  return jobs;
}

}  // namespace nowd::ctl
