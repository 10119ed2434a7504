// verify: checks the rules that every ledger must obey.
#include <nlohmann/json.hpp>

#include "config/canonical/canonical.hpp"
#include "ctl/cli/argument.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/commands.hpp"
#include "foundation/time/clock.hpp"
#include "surface/run_record.hpp"
#include "surface/terminal/tables.hpp"

namespace nowd::ctl {
namespace {

struct VerifyOptions {
  std::string job, since;
};

Result<Schedule> schedule_of_spec(const std::string& spec) {
  Result<Job> job = job_from_canonical(spec, nullptr);
  if (!job) return job.error();
  return std::move(job->schedule);
}

/// The findings of the SQL function, then those of counting the occurrences of each schedule again.
Result<std::vector<Json>> findings(LedgerReader& reader, Instant since, const std::optional<JobName>& job) {
  Result<std::vector<Json>> found = reader.verify(since, job);
  if (!found) return found;
  const Result<std::vector<Json>> recounted = reader.audit_schedules(since, job, schedule_of_spec);
  if (!recounted) return recounted;
  found->insert(found->end(), recounted->begin(), recounted->end());
  return found;
}

std::string verified_text(const Json& verified, std::size_t found, Instant since) {
  const auto number = [&](const char* part, const char* noun) {
    return counted(row::number(verified, part).value_or(0), noun);
  };
  return (found == 0 ? "nothing was found" : counted(static_cast<long long>(found), "finding")) + " in " +
         number("runs", "run") + " with " + number("model_calls", "model call") + " and " +
         number("tool_calls", "tool call") + ", and " + number("occurrences", "occurrence") + ", since " +
         rfc3339(since) + "\n";
}

int verify(const Globals& globals, const VerifyOptions& options) {
  const Result<Instant> since = since_argument(options.since.empty() ? "7d" : options.since, SystemClock().now());
  if (!since) return fail(since.error());
  const auto job = optional_job(options.job);
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    if (const Result<void> known = check_job(reader, job); !known) return fail(known.error());
    const Result<std::vector<Json>> found = findings(reader, *since, job);
    if (!found) return fail(found.error());
    const Result<Json> verified = reader.verified(*since, job);
    if (!verified) return fail(verified.error());
    if (globals.json)
      for (const Json& row : *found) print_line(row);
    else
      print((found->empty() ? "" : findings_table(*found, style_of(globals))) +
            verified_text(*verified, found->size(), *since));
    return found->empty() ? exit_done : exit_bad;
  });
}

}  // namespace

Command verify_command() {
  const auto options = std::make_shared<VerifyOptions>();
  return {.name = "verify",
          .summary = "check the ledger against the rules that it must obey",
          .text = R"(Checks rules that every ledger must obey, and prints each breach: a run is
dispatched after the moment it is for; each "now" in a model's clock block lies
between dispatch and the answer, and does not go back; calls lie inside their
run; wall and boot clock agree on durations; every effect has an intent and the
guard's permission; every run has its occurrence, every occurrence that ran its
run. Instants of one host are compared within its uncertainty, and within a
second where that is unknown.

Then it computes again the occurrences of the schedules in force since then, and
prints each occurrence that has no row and lies in no range, and each row or
range that its schedule does not explain. Where zone data has changed since, a
slot may have been served at another instant. The last line counts the rows that
were checked.)",
          .options = {{"--job", "JOB", &options->job, "check only this job"},
                      {"--since", "D", &options->since,
                       "check runs and occurrences of the last D (90s, 5m, 2h, 1d), or since an RFC 3339 time [7d]"}},
          .database = ledger_to_read,
          .json = R"({"check", "run", "job", "at", "detail"}; nowd.verify in SQL gives the same without the part about
schedules)",
          .exit_status = "0 no breach; 1 at least one breach; 2 usage; 3 no database.",
          .run = [options](const Globals& globals) { return verify(globals, *options); }};
}

}  // namespace nowd::ctl
