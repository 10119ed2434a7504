// The canonical form: a revision is its hash, and a job can be read back from it.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "config/canonical/canonical.hpp"
#include "config/support.hpp"
#include "foundation/random.hpp"
#include "support/catch.hpp"
#include "support/places.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

const Config& config() {
  static const Config loaded = load_config(test_data("config/nowd.yaml")).config;
  return loaded;
}

LoadedJobs all_kinds() {
  return load_jobs({test_data("config/jobs.yaml")}, {.config = &config(), .now = early_june()});
}

Job one(const std::string& text) { return load(text).jobs.at(0); }

/// Jobs without a configuration, jobs with one, and jobs that take values from its defaults.
std::vector<LoadedJobs> jobs_of_all_kinds() {
  Config rich = config();
  rich.providers["priced"] = rich.providers["primary"];
  rich.providers["priced"].prices = Prices{};
  const LoadedConfig defaults = parse_config(
      "defaults: {timezone: Asia/Tokyo, provider: [demo, other], missed: {window: 4h, not_after: \"20:00\"}, overlap: "
      "allow, clocks: {fresh: 3m, valid_for: 5h}, deliver: ops, on_failure: ops, retention: {runs: 90d}, system: "
      "Short, "
      "max_output_tokens: 9, params: {top_p: 1}, output: {min_chars: 4}, limits: {tool_calls: 2, input_tokens: 7}, "
      "stop: {refused: hold}, max_output_tokens_ceiling: 10, priority: low}\n"
      "providers:\n  demo: {api: script, script: [Hello]}\n  other: {api: script, script: [Hello]}\n"
      "sinks: {ops: {exec: [/bin/notify]}}\n",
      "nowd.yaml");
  REQUIRE(said(defaults.diagnostics) == std::vector<std::string>{});
  const std::string plain = job_with_schedule("0 9 * * *") +
                            "---\nname: own\nprompt: Hello\nschedule: {cron: 0 9 * * *, "
                            "missed: {grace: 5m}}\nclocks: {lint: none}\nlimits: {wall: 1m}\n";
  return {load_jobs({test_data("config/jobs.yaml"), test_data("config/every_key.yaml")},
                    {.config = &rich, .now = early_june()}),
          load_jobs({test_data("../../examples"), test_data("../../jobs")}, {.now = early_june()}),
          parse_jobs(plain, "job.yaml", {.config = &defaults.config, .now = early_june()})};
}

}  // namespace

// A change of these lines starts every job of every installation on a new revision. To write the file anew after a
// change that is meant: NOWD_WRITE_FORMS=1 build/dev/tests/config/test_config "*byte for byte*"
TEST_CASE("the canonical form of each job, and so its revision, stays byte for byte") {
  std::ostringstream forms;
  for (const LoadedJobs& loaded : jobs_of_all_kinds()) {
    for (const Diagnostic& one : loaded.diagnostics)
      if (one.severity == Diagnostic::Severity::error) FAIL(one.str());
    for (const Job& job : loaded.jobs)
      forms << job.name << ' ' << job.revision << ' ' << job.schedule_revision << ' ' << job.canonical << '\n';
  }
  const auto path = test_data("config/canonical.txt");
  if (std::getenv("NOWD_WRITE_FORMS") != nullptr) std::ofstream(path) << forms.str();
  std::ifstream file(path);
  const std::string kept{std::istreambuf_iterator<char>(file), {}};
  CHECK(forms.str() == kept);
}

TEST_CASE("a job comes back from its canonical form as it was, but for its place") {
  const LoadedJobs loaded = all_kinds();
  REQUIRE(said(loaded.diagnostics) == std::vector<std::string>{});
  REQUIRE(loaded.jobs.size() == 10);
  for (Job job : loaded.jobs) {
    INFO(job.canonical);
    const auto back = job_from_canonical(job.canonical, &config());
    REQUIRE(back.has_value());
    job.source = back->source;
    CHECK(*back == job);
  }
}

TEST_CASE("a revision is the hash of the canonical form, the schedule's of its part") {
  const Job job = all_kinds().jobs.at(0);
  CHECK(job.revision == sha256_hex(job.canonical));
  CHECK(job.schedule_revision == sha256_hex(dump_json((*parse_json(job.canonical))["schedule"])));
}

TEST_CASE("comments, order and defaults written out do not make a revision") {
  const Job brief = one(job_with(""));
  const Job wordy =
      one("# a comment\nlimits: {wall: 10m, tool_calls: 40}\nschedule: {manual: true}\nclocks: standard\nprompt: "
          "Hello\nname: standup\n");
  CHECK(brief.revision == wordy.revision);
}

TEST_CASE("a changed prompt is a new revision of the job, not of its schedule") {
  const Job before = one(job_with(""));
  const Job after = one("name: standup\nprompt: Bye\nschedule: manual\n");
  CHECK(before.revision != after.revision);
  CHECK(before.schedule_revision == after.schedule_revision);
}

TEST_CASE("a changed default of the daemon is a new revision: it changes what runs") {
  Config other = sample_config();
  other.defaults.timezone = "Asia/Tokyo";
  const std::string text = job_with_schedule("0 9 * * *");
  const Job here = one(text);
  const Job there = parse_jobs(text, "job.yaml", {.config = &other, .now = early_june()}).jobs.at(0);
  CHECK(here.schedule_revision != there.schedule_revision);
}

TEST_CASE("a form from before a key existed reads with that key's default, and keeps its revision") {
  const std::string old =
      R"({"name":"standup","prompt":"Hello","provider":"demo","schedule":{"cron":"0 9 * * *","timezone":"Europe/Berlin"}})";
  const auto job = job_from_canonical(old, &config());
  REQUIRE(job.has_value());
  CHECK(job->limits == Limits{});
  CHECK(job->revision == sha256_hex(old));
  CHECK(job->canonical == old);
}

TEST_CASE("a job whose provider or tool is gone does not come back") {
  Config poorer = config();
  poorer.tools.erase("crm.note");
  const Job job = all_kinds().jobs.at(0);
  auto back = job_from_canonical(job.canonical, &poorer);
  REQUIRE(back.has_error());
  CHECK(back.error().message.find("tool 'crm.note', which nowd.yaml no longer has") != std::string::npos);
  poorer.providers.erase("demo");
  back = job_from_canonical(job.canonical, &poorer);
  REQUIRE(back.has_error());
  CHECK(back.error().message.find("provider 'demo'") != std::string::npos);
}

TEST_CASE("what is no canonical form is an error, not a crash") {
  for (const std::string text :
       {"", "[]", "{}", "null", R"({"name":5})", R"({"name":"a","schedule":{"cron":"x"}})",
        R"({"name":"a","schedule":{"at":[]}})", R"({"name":"a","schedule":[]})", R"({"name":"a","inputs":[5]})",
        R"({"name":"a","limits":{"wall_ms":"x"}})", R"({"name":"a","schedule":{"gap":"x"}})",
        R"({"name":"a","schedule":{"every_s":0}})", R"({"name":"a","tools":{"b":[]}})"}) {
    INFO(text);
    CHECK(job_from_canonical(text, &config()).has_error());
  }
}
