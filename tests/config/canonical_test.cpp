// The canonical form: what a revision is the hash of, and the way back from it.
#include "foundation/random.hpp"

#include "config/support.hpp"
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

}  // namespace

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
