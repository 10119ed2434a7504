#include "surface/terminal/tables.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "surface/run_fixture.hpp"

using namespace nowd;
using test::golden;

namespace {

Json clocks_of_standup() {
  const Json dispatch{{"gap", "scheduled to dispatch"},
                      {"runs", 30},
                      {"p50", 0.012},
                      {"p95", 0.045},
                      {"p99", 225.0},
                      {"worst", 250.012}};
  const Json effect{
      {"gap", "scheduled to effect"}, {"runs", 29}, {"p50", 3.93}, {"p95", 4.1}, {"p99", 251.0}, {"worst", 253.9}};
  const Json ahead{
      {"remote", "https://api.example.com:443"}, {"proven_ahead", 3.2}, {"suspected_behind", nullptr}, {"samples", 60}};
  const Json honest{{"remote", "https://chat.example.com:443"},
                    {"proven_ahead", nullptr},
                    {"suspected_behind", nullptr},
                    {"samples", 29}};
  const Json model{
      {"provider", "primary"},   {"model", "gpt-5.2\x1b[31m"}, {"stated", 58}, {"stated_otherwise", 1}, {"probed", 3},
      {"believed_otherwise", 3}, {"last_belief", "2024-06-01"}};
  return {{"job", "standup"},
          {"since", "2026-05-02T07:05:00Z"},
          {"runs", 30},
          {"gaps", {dispatch, effect}},
          {"verdicts", {{{"verdict", "aligned"}, {"runs", 29}}, {{"verdict", "late"}, {"runs", 1}}}},
          {"remote_clocks", {ahead, honest}},
          {"model_beliefs", {model}}};
}

}  // namespace

TEST_CASE("a job's clocks in five short tables, in which nothing of a provider steers the terminal") {
  const std::string text = job_clocks_text(clocks_of_standup(), {});
  CHECK(text == golden("job_clocks.txt", text));
  CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("a job that never ran has clocks that say so") {
  Json clocks = clocks_of_standup();
  clocks["runs"] = 0;
  for (const char* part : {"gaps", "verdicts", "remote_clocks", "model_beliefs"}) clocks[part] = Json::array();
  const std::string text = job_clocks_text(clocks, {});
  CHECK(text.find("0 scheduled runs") != std::string::npos);
  CHECK(text.find("no run has two clocks") != std::string::npos);
}

TEST_CASE("findings name their check, run, job, moment and numbers") {
  const Json finding{{"check", "wall_and_boot_agree"},
                     {"run", 17},
                     {"job", "standup"},
                     {"at", test::at(0)},
                     {"detail", "the run lasted 41.2 s on the wall clock and 1 s on the boot clock"}};
  const std::string text = findings_table({finding}, {});
  CHECK(
      text ==
      "CHECK                RUN  JOB      AT (UTC)              FOUND\n"
      "wall_and_boot_agree  17   standup  2026-06-01T07:00:00Z  the run lasted 41.2 s on the wall clock and 1 s on the "
      "boot clock\n");
}
