#include "ledger/reader/reader.hpp"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "ledger/pg/session/connection.hpp"
#include "ledger/pg/session/json_rows.hpp"
#include "ledger/schema/migrator.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"
#include "support/places.hpp"

using namespace nowd;

namespace {

void execute(const std::string& conninfo, const std::string& script) {
  pg::Connection connection(conninfo, "test");
  pg::Transaction transaction(connection);
  transaction.run_script(script);
  transaction.commit();
}

std::string file(const std::string& name) {
  std::ifstream in(test_data(name));
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A database with tests/data/ledger/seed.sql in it.
struct Seeded : test::MigratedDatabase {
  Seeded() {
    REQUIRE(migrate(conninfo(), {}).has_value());
    execute(conninfo(), file("ledger/seed.sql"));
  }
  LedgerReader reader(std::string_view user = "postgres") {
    auto opened = LedgerReader::open(conninfo(user));
    REQUIRE(opened.has_value());
    return std::move(*opened);
  }
};

Instant at(const char* text) { return parse_rfc3339(text).value(); }

}  // namespace

TEST_CASE("ISO 8601 intervals become seconds without binary dust", "[reader]") {
  CHECK(pg::interval_seconds("PT4.012S") == 4.012);
  CHECK(pg::interval_seconds("PT-0.715S") == -0.715);
  CHECK(pg::interval_seconds("P1DT2H3M4S") == 93784);
  CHECK(pg::interval_seconds("P-1DT1M") == -86340);
  CHECK(pg::interval_seconds("PT0S") == 0);
  CHECK(pg::interval_seconds("P1M") == 2592000);
  CHECK_THROWS(pg::interval_seconds("4 seconds"));
  CHECK_THROWS(pg::interval_seconds("PT4"));
  CHECK_THROWS(pg::interval_seconds("P4H"));
}

TEST_CASE("runs come newest first, with the view's names, instants in Z and intervals as seconds", "[reader]") {
  Seeded database;
  LedgerReader reader = database.reader();
  const auto runs = reader.runs({});
  REQUIRE(runs.has_value());
  REQUIRE(runs->size() == 3);
  const Json& newest = runs->front();
  CHECK(newest["run"] == 3);
  CHECK(newest["job"] == "standup");
  CHECK(newest["scheduled_at"] == "2026-06-01T07:00:00Z");
  CHECK(newest["dispatched_at"] == "2026-06-01T07:04:10.012Z");
  CHECK(newest["late"] == 250.012);
  CHECK(newest["duration"] == 41.2);
  CHECK(newest["reason"].is_null());

  SECTION("filtered by job, state, time and count") {
    CHECK(reader.runs({.job = "digest"})->empty());
    CHECK(reader.runs({.state = "failed"})->size() == 1);
    CHECK(reader.runs({.since = at("2026-05-30T08:00:00Z")})->size() == 2);
    CHECK(reader.runs({.limit = 1})->size() == 1);
  }
}

TEST_CASE("a run comes with everything that belongs to it", "[reader]") {
  Seeded database;
  LedgerReader reader = database.reader();
  const auto found = reader.run(RunId{3});
  REQUIRE(found.has_value());
  const Json& run = *found;
  CHECK(run["run"]["verdicts"][0]["verdict"] == "late");
  CHECK(run["run"]["host_uncertainty"] == 0.0012);
  CHECK(run["clocks"]["effect_at"] == "2026-06-01T07:04:13.925Z");
  CHECK(run["clocks"]["dispatch_lag"] == 250.012);
  CHECK(run["clocks"]["data_newest"] == "2026-06-01T06:41:00Z");
  REQUIRE(run["inference"].size() == 2);
  CHECK(run["inference"][0]["offset_low"] == -0.715);
  CHECK(run["inference"][0]["cost_usd"] == 0.0021);
  REQUIRE(run["tool_calls"].size() == 2);
  CHECK(run["tool_calls"][1]["remote_date"] == "2026-06-01T07:04:14Z");
  REQUIRE(run["readings"].size() == 24);
  CHECK(run["readings"][1]["point"] == "database");
  CHECK(run["readings"][1]["uncertainty"].is_null());
  CHECK(run["readings"][2]["boot_id"] == "boot-a");
  CHECK(run["occurrence"]["slot"] == "2026-06-01T09:00:00");
  CHECK(run["occurrence"]["utc_offset"] == 7200);
  CHECK(run["request"].is_null());
  CHECK(run["node"]["host"] == "berlin-1");
  CHECK(run["revision"]["schedule"] == "0 9 * * mon-fri Europe/Berlin");
  CHECK(run["output"] == "Three notes today.");
}

TEST_CASE("a date that a model stated is text and stays as it was stated", "[reader]") {
  Seeded database;
  execute(database.conninfo(),
          "insert into nowd.inference (run, seq, provider, model, model_as_of) values (3, 3, 'p', 'm', "
          "'2026-06-01T07:00:00+00:00')");
  LedgerReader reader = database.reader();
  const auto run = reader.run(RunId{3});
  REQUIRE(run.has_value());
  CHECK((*run)["inference"][2]["model_as_of"] == "2026-06-01T07:00:00+00:00");
  CHECK((*run)["inference"][2]["state"] == "sending");
}

TEST_CASE("a manual run has a request and no occurrence, even when one is due at the same instant", "[reader]") {
  Seeded database;
  execute(database.conninfo(),
          "insert into nowd.occurrence (job, scheduled_at, due_at, window_start, window_end, slot, zone,"
          " utc_offset, tzdata, schedule_revision) values ('standup', '2026-05-30T08:00:00Z',"
          " '2026-05-30T08:00:00Z', '2026-05-29T08:00:00Z', '2026-05-30T08:00:00Z', '2026-05-30T10:00:00',"
          " 'Europe/Berlin', '2h', '2026a', 'sa')");
  LedgerReader reader = database.reader();
  const auto run = reader.run(RunId{2});
  REQUIRE(run.has_value());
  CHECK((*run)["occurrence"].is_null());
  CHECK((*run)["request"]["requested_by"] == "alice");
}

TEST_CASE("an unknown run or job is invalid, and the nearest job is named", "[reader]") {
  Seeded database;
  LedgerReader reader = database.reader();
  const auto run = reader.run(RunId{99});
  REQUIRE(!run);
  CHECK(run.error().kind == ErrorKind::invalid);
  CHECK(run.error().message.find("run 99") != std::string::npos);
  const auto job = reader.job("standpu");
  REQUIRE(!job);
  CHECK(job.error().kind == ErrorKind::invalid);
  CHECK(job.error().message.find("'standup'") != std::string::npos);
}

TEST_CASE("a reader without the right to bodies gets the run without its output, not an error", "[reader]") {
  Seeded database;
  execute(database.conninfo(), "drop role if exists onlooker; create role onlooker login in role nowd_reader");
  LedgerReader reader = database.reader("onlooker");
  const auto run = reader.run(RunId{3});
  REQUIRE(run.has_value());
  CHECK((*run)["output"].is_null());
  CHECK((*run)["run"]["run"] == 3);
}

TEST_CASE("jobs come with their next occurrence and last run", "[reader]") {
  Seeded database;
  const auto jobs = database.reader().jobs();
  REQUIRE(jobs.has_value());
  REQUIRE(jobs->size() == 2);
  CHECK((*jobs)[0]["job"] == "digest");
  CHECK((*jobs)[0]["paused_reason"] == "moving to another provider");
  CHECK((*jobs)[1]["next_at"] == "2026-06-02T07:00:00Z");
  CHECK((*jobs)[1]["last_run"] == 3);
  CHECK((*jobs)[1]["last_verdict"] == "late");
}

TEST_CASE("why: what became of an occurrence, of one inside a range, and of one that another run served", "[reader]") {
  Seeded database;
  LedgerReader reader = database.reader();
  const auto done = reader.why("standup", at("2026-06-01T07:00:00Z"));
  REQUIRE(done.has_value());
  REQUIRE((*done)["fate"].size() == 1);
  CHECK((*done)["fate"][0]["run"] == 3);
  CHECK((*done)["cursor"]["next_local"] == "2026-06-03T09:00:00");
  CHECK((*done)["served_by"].is_null());

  const auto coalesced = reader.why("standup", at("2026-05-28T07:00:00Z"));
  REQUIRE(coalesced.has_value());
  CHECK((*coalesced)["fate"][0]["state"] == "coalesced");
  CHECK((*coalesced)["served_by"]["run"] == 1);

  const auto range = reader.why("digest", at("2026-05-30T00:15:00Z"));
  REQUIRE(range.has_value());
  CHECK((*range)["fate"][0]["count"] == 136);
  CHECK((*range)["fate"][0]["reason"] == "down");

  const auto nothing = reader.why("standup", at("2026-06-01T07:00:01Z"));
  REQUIRE(nothing.has_value());
  CHECK((*nothing)["fate"].empty());

  const auto manual = reader.why("standup", at("2026-05-30T08:00:00Z"));
  REQUIRE(manual.has_value());
  CHECK((*manual)["fate"].empty());
  CHECK((*manual)["manual_runs"][0]["run"] == 2);
}

TEST_CASE("a request records who asked, and its state follows the run that serves it", "[reader]") {
  Seeded database;
  execute(database.conninfo(),
          "drop role if exists operator_alice; create role operator_alice login in role nowd_operator");
  LedgerReader reader = database.reader("operator_alice");
  const auto number = reader.request_run({"standup", at("2026-05-28T07:00:00Z"), std::nullopt});
  INFO((number ? "" : number.error().message));
  REQUIRE(number.has_value());
  auto state = reader.request_state(*number);
  REQUIRE(state.has_value());
  CHECK((*state)["request"]["requested_by"] == "operator_alice");
  CHECK((*state)["request"]["effects"] == false);
  CHECK((*state)["request"]["scheduled_at"] == "2026-05-28T07:00:00Z");
  CHECK((*state)["run"].is_null());
  CHECK((*state)["daemons_alive"] == 0);  // berlin-1 beat long ago

  execute(database.conninfo(), "update nowd.node_beat set beat = beat + 1");
  state = reader.request_state(*number);
  REQUIRE(state.has_value());
  CHECK((*state)["daemons_alive"] == 1);  // it moved since the last look
  state = reader.request_state(*number);
  REQUIRE(state.has_value());
  CHECK((*state)["daemons_alive"] == 0);

  const auto unknown = reader.request_run({"nosuch", std::nullopt, std::nullopt});
  REQUIRE(!unknown);
  CHECK(unknown.error().kind == ErrorKind::invalid);
  CHECK(unknown.error().message ==
        "job nosuch: no such job in this ledger; select job from nowd.job lists them; a new file is read "
        "on SIGHUP or restart");
}

TEST_CASE("who may only look is refused when asking for a run, and told which group may", "[reader]") {
  Seeded database;
  execute(database.conninfo(), "drop role if exists onlooker; create role onlooker login in role nowd_reader");
  const auto number = database.reader("onlooker").request_run({"standup", std::nullopt, std::nullopt});
  REQUIRE(!number);
  CHECK(number.error().kind == ErrorKind::refused);
  CHECK(number.error().message.find("nowd_operator") != std::string::npos);
}

TEST_CASE("opening says what is missing: a server, a right, or a schema", "[reader]") {
  const auto nobody = LedgerReader::open("host=/nonexistent");
  REQUIRE(!nobody);
  CHECK(nobody.error().kind == ErrorKind::unavailable);

  test::Database empty;
  const auto no_schema = LedgerReader::open(empty.conninfo());
  REQUIRE(!no_schema);
  CHECK(no_schema.error().kind == ErrorKind::invalid);
  CHECK(no_schema.error().message.find("nowctl migrate") != std::string::npos);

  Seeded database;
  execute(database.conninfo(), "drop role if exists nobody_yet; create role nobody_yet login");
  auto reader = LedgerReader::open(database.conninfo("nobody_yet"));
  REQUIRE(reader.has_value());
  const auto runs = reader->runs({});
  REQUIRE(!runs);
  CHECK(runs.error().kind == ErrorKind::refused);
  CHECK(runs.error().message.find("nowd_reader") != std::string::npos);
}

TEST_CASE("what calls cost and why they stopped is told per job, from a day on", "[reader]") {
  Seeded database;
  LedgerReader reader = database.reader();
  const auto spend = reader.spend({std::nullopt, at("2020-01-01T00:00:00Z")});
  REQUIRE(spend.has_value());
  REQUIRE(spend->size() == 1);
  const Json& row = spend->at(0);
  CHECK(row["runs"] == 1);
  CHECK(row["model_calls"] == 2);
  CHECK(row["amplification"] == 2.0);
  CHECK(row["repeated"] == 0);
  CHECK(row["input_tokens"] == 1900);
  CHECK(row["cost_usd"] == 0.0074);
  CHECK(row["last_at"].get<std::string>().ends_with("Z"));
  const auto stops = reader.stops({row["job"].get<std::string>(), at("2020-01-01T00:00:00Z")});
  REQUIRE(stops.has_value());
  REQUIRE(stops->size() == 2);
  CHECK(stops->at(0)["stop"] == "complete");
  CHECK(stops->at(0)["action"] == "commit");
  CHECK(stops->at(1)["stop_raw"] == "tool_calls");
  CHECK(reader.spend({JobName("nobody"), at("2020-01-01T00:00:00Z")})->empty());
  CHECK(reader.stops({std::nullopt, at("2200-01-01T00:00:00Z")})->empty());
}

TEST_CASE("the texts of a run come as they were recorded, to those who may read them", "[reader]") {
  Seeded database;
  execute(database.conninfo(),
          "insert into nowd.body (run, part, seq, content) values (3, 'result', 1, 'seventeen notes');"
          "drop role if exists onlooker; create role onlooker login in role nowd_reader;"
          "drop role if exists actor; create role actor login in role nowd_operator");
  for (const char* user : {"postgres", "actor"}) {
    const auto texts = database.reader(user).texts(RunId{3});
    INFO((texts ? "" : texts.error().message));
    REQUIRE(texts.has_value());
    CHECK((*texts)["bodies"].size() == 2);
    CHECK((*texts)["tool_calls"][0]["arguments"] == R"({"argv":["get-notes"]})");
  }
  const auto refused = database.reader("onlooker").texts(RunId{3});
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::refused);
  CHECK(refused.error().message.find("grant nowd_operator to ROLE") != std::string::npos);
  CHECK(database.reader().texts(RunId{99}).error().kind == ErrorKind::invalid);
}
