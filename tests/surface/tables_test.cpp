#include "surface/terminal/tables.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

using namespace nowd;

namespace {

Json run(const Json& with) {
  Json row{{"run", 12},
           {"job", "nightly-orders"},
           {"zone", "Europe/Berlin"},
           {"kind", "scheduled"},
           {"state", "failed"},
           {"reason", "effect_failed"},
           {"scheduled_at", "2026-06-01T07:00:00Z"},
           {"late", 0.012},
           {"duration", 41.2},
           {"verdict", "unsynchronised"},
           {"dry_run", false},
           {"detail", "ticket.create: HTTP 403"}};
  row.update(with);
  return row;
}

}  // namespace

TEST_CASE("80 columns show how a run ended, what its clocks say, and why") {
  const std::string text = runs_table({run(Json::object())}, {.width = 80, .terminal = true});
  const std::string row = text.substr(text.find('\n') + 1);
  CHECK(row.find("failed  unsynchronised  effect_fai") != std::string::npos);
}

TEST_CASE("the moment that a run is for stands in its job's zone, with the offset") {
  const std::string text = runs_table({run(Json::object()), run({{"zone", "UTC"}}), run({{"zone", nullptr}})}, {});
  CHECK(text.find("2026-06-01 09:00+02:00") != std::string::npos);
  CHECK(text.find("2026-06-01 07:00Z") != std::string::npos);
}

TEST_CASE("dry runs are marked, and only where there is one is a column spent on it") {
  CHECK(runs_table({run(Json::object())}, {}).find("MODE") == std::string::npos);
  CHECK(runs_table({run({{"dry_run", true}})}, {}).find("dry run") != std::string::npos);
}

TEST_CASE("a run that nobody expected at its moment is not late") {
  for (const char* kind : {"backfill", "manual", "after"})
    CHECK(runs_table({run({{"kind", kind}, {"late", 896'400.0}})}, {}).find("10d") == std::string::npos);
  CHECK(runs_table({run({{"kind", "catch_up"}, {"late", 896'400.0}})}, {}).find("10d") != std::string::npos);
}
