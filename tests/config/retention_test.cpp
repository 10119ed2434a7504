// retention: how long the ledger keeps what a job leaves there.
#include "config/support.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

Job with_defaults(const std::string& defaults, const std::string& lines) {
  Config config = sample_config();
  const LoadedConfig loaded = parse_config("defaults: {" + defaults + "}\n", "nowd.yaml");
  config.defaults.job.retention = loaded.config.defaults.job.retention;
  return parse_jobs(job_with(lines), "job.yaml", {.config = &config, .now = early_june()}).jobs.at(0);
}

}  // namespace

TEST_CASE("a job keeps its texts and runs for ever unless it says how long") {
  const Job job = load(job_with("")).jobs.at(0);
  CHECK(job.retention == Retention{});
  CHECK(job.canonical.find("retention") == std::string::npos);  // the revisions of before stay what they were
}

TEST_CASE("each kind of retention is optional") {
  CHECK(load(job_with("retention: {bodies: 90d}\n")).jobs.at(0).retention == Retention{days{90}, {}});
  CHECK(load(job_with("retention: {runs: 400d}\n")).jobs.at(0).retention == Retention{{}, days{400}});
  const Job both = load(job_with("retention: {bodies: 90d, runs: 400d}\n")).jobs.at(0);
  CHECK(both.retention == Retention{days{90}, days{400}});
  CHECK(both.canonical.find(R"("retention":{"bodies_ms":7776000000,"runs_ms":34560000000})") != std::string::npos);
}

TEST_CASE("defaults hold where a job says nothing, key by key") {
  CHECK(with_defaults("retention: {bodies: 30d, runs: 60d}", "").retention == Retention{days{30}, days{60}});
  CHECK(with_defaults("retention: {bodies: 30d, runs: 60d}", "retention: {bodies: 7d}\n").retention ==
        Retention{days{7}, days{60}});
}

TEST_CASE("a retention that cannot be meant is refused") {
  CHECK(says(said_of_job(job_with("retention: {bodies: 5m}\n")), {"4:21: retention.bodies"}));
  CHECK(says(said_of_job(job_with("retention: {bodies: 2d, runs: 1d}\n")),
             {"retention.bodies: is longer than retention.runs (1d 0h)", "remove it"}));
  CHECK(says(said_of_job(job_with("retention: {texts: 2d}\n")), {"texts"}));
}
