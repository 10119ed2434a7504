// missed and overlap for all jobs, and the warning where nobody has thought about late starts.
#include "config/support.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

Config with_defaults(const std::string& defaults) {
  Config config = sample_config();
  const LoadedConfig loaded = parse_config("defaults: {" + defaults + "}\n", "nowd.yaml");
  REQUIRE(loaded.ok());
  config.defaults.job.missed = loaded.config.defaults.job.missed;
  config.defaults.job.overlap = loaded.config.defaults.job.overlap;
  config.defaults.says_missed = loaded.config.defaults.says_missed;
  return config;
}

LoadedJobs load_with(const std::string& defaults, const std::string& text) {
  const Config config = with_defaults(defaults);
  return parse_jobs(text, "job.yaml", {.config = &config, .now = early_june()});
}

std::string in_utc(const std::string& more) {
  return job_with_schedule("{cron: 0 9 * * *, timezone: UTC" + more + "}");
}

std::vector<std::string> said_with(const std::string& schedule, const std::string& lines) {
  return said_of_job(job_with_schedule(schedule) + lines);
}

}  // namespace

TEST_CASE("missed and overlap may be said once for all jobs, and a job's own words go first, key by key") {
  const std::string defaults = "missed: {policy: all, grace: 1m, max: 3}, overlap: buffer_one";
  const Job usual = load_with(defaults, in_utc("")).jobs.at(0);
  CHECK(usual.missed == MissedRules{MissedRules::Policy::all, minutes{1}, {}, {}, 3});
  CHECK(usual.overlap.policy == OverlapRules::Policy::buffer_one);
  const Job own = load_with(defaults, in_utc(", missed: {grace: 2m}, overlap: allow")).jobs.at(0);
  CHECK(own.missed == MissedRules{MissedRules::Policy::all, minutes{2}, {}, {}, 3});
  CHECK(own.overlap.policy == OverlapRules::Policy::allow);
  CHECK(usual.revision != load(in_utc("")).jobs.at(0).revision);  // what holds for it stands in its revision
}

TEST_CASE("defaults that cannot be meant are refused where they stand") {
  CHECK(says(said_of_config("defaults: {missed: newest}\n"), {"1:20: defaults.missed", "newest"}));
  CHECK(says(said_of_config("defaults: {overlap: {policy: skip, max: 3}}\n"), {"buffer_all only"}));
  CHECK(says(said_of_config("defaults: {schedule: {missed: skip}}\n"), {"not supported yet", "write missed"}));
  CHECK(says(said_of_config("defaults: {concurrency_key: x}\n"), {"unknown key"}));
  const LoadedJobs narrow = load_with("missed: {window: 5m}", in_utc(", missed: {grace: 10m}"));
  CHECK(says(said(narrow.diagnostics), {"schedule.missed.grace", "longer than the window of defaults.missed"}));
}

TEST_CASE("a job whose effects cannot be undone should say what becomes of late starts") {
  const std::string mail = "tools: [mail]\n";
  CHECK(says(said_with("0 9 * * * UTC", mail),
             {"warning", "3:", "missed:", "2h00m late", "the effect of 'mail' is irreversible"}));
  CHECK(says(said_with("0 9 * * * UTC", "command: [claude]\n"),
             {"If nowd was not running", "warning", "the effects of its command cannot be undone"}));
  CHECK(said_with("{cron: 0 9 * * *, timezone: UTC, missed: latest}", mail).empty());
  CHECK(said_with("0 9 * * * UTC", "command: {argv: [claude], repeat: pure}\n").empty());
  CHECK(said_with("0 9 * * * UTC", "tools: [crm.get]\n").empty());
  CHECK(said_with("manual", mail).empty());
  CHECK(load_with("missed: latest", job_with_schedule("0 9 * * * UTC") + mail).diagnostics.empty());
}
