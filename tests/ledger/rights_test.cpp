// Who may read and change what, column by column and function by function; and that no role becomes another one.
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "ledger/ledger_fixture.hpp"
#include "ledger/reader/reader.hpp"
#include "support/catch.hpp"
#include "support/places.hpp"

using namespace nowd;

namespace {

std::string read(const std::string& path) {
  std::ifstream in(path);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line.front() != '#') lines.insert(line);
  return lines;
}

std::string without(const std::set<std::string>& all, const std::set<std::string>& known) {
  std::string out;
  for (const std::string& line : all)
    if (!known.contains(line)) out += line + "\n";
  return out;
}

class Rights : public test::LedgerFixture {
 public:
  Rights() {
    for (const char* login : {"rights_reader login in role nowd_reader", "rights_operator login in role nowd_operator"})
      sql("do $$ begin create role " + std::string(login) + "; exception when duplicate_object then null; end $$");
  }
  std::string as(const std::string& user) const {
    std::string text = conninfo();
    return text.replace(text.find("user=nowd"), 9, "user=" + user);
  }
  /// With triggers off.
  void scene(const std::string& script) {
    pg::Connection connection(superuser(), "test");
    pg::Transaction transaction(connection);
    transaction.run_script("set session_replication_role = replica; " + script);
    transaction.commit();
  }
  /// The error of a script, or nothing.
  std::string refusal(const std::string& user, const std::string& script) {
    try {
      pg::Connection connection(as(user), "test");
      pg::Transaction transaction(connection);
      transaction.run_script(script);
    } catch (const pg::SqlError& e) {
      return e.what();
    }
    return "";
  }
  Json run_as(const std::string& user) {
    auto reader = LedgerReader::open(user == "postgres" ? superuser() : as(user));
    REQUIRE(reader.has_value());
    const Result<Json> run = reader->run(RunId{3});
    INFO((run ? "" : run.error().message));
    REQUIRE(run.has_value());
    return *run;
  }
};

/// Every text that a prompt, a model, a tool, a provider or a sink may have written says so.
constexpr const char* secrets_everywhere = R"sql(
update nowd.job_revision set spec = spec || '{"prompt": "SECRET", "system": "SECRET", "inputs": [{"sql": {"query": "SECRET"}}],
  "command": {"argv": ["SECRET"]}, "tools": [{"bind": {"x": "SECRET"}}], "fallbacks": [{"prompt": "SECRET"}], "heartbeat": "SECRET"}';
update nowd.request set input = '{"mail": "SECRET"}';
update nowd.run set detail = 'SECRET', verdicts = '[{"verdict": "late", "detail": "SECRET"}]';
update nowd.inference set detail = 'SECRET', cause = 'SECRET', model_as_of = '2026-06-01 SECRET', rate_limits = '{"quota": "SECRET"}',
  retry_class = 'wait', stop = 'provider_error';
update nowd.tool_call set arguments = 'SECRET', error = 'SECRET', state = 'unknown';
insert into nowd.gate_decision (run, subject, verdict, objections, evidence, decided_at)
  values (3, 'output', 'deny', '[{"rule": "lint", "response": "refuse", "verdict": "stale", "detail": "SECRET"}]', '{"stated": "SECRET"}', now());
insert into nowd.delivery (run, job, purpose, sink, key, subject, text, state, reason, settled_at, expires_at, created_at)
  values (3, 'standup', 'output', 'chat', 'k', 'standup', 'SECRET', 'failed', 'SECRET', now(), now(), now());
insert into nowd.delivery_attempt (delivery, attempt, node, intent_at, detail)
  select delivery, 1, '11111111-1111-4111-8111-111111111111', now(), 'SECRET' from nowd.delivery;
insert into nowd.alert (cause, kind, name, reason, detail, first_at, last_at) values ('c', 'run', 'standup', 'output', 'SECRET', now(), now());
update nowd.body set content = 'SECRET';
)sql";

constexpr const char* readable_columns =
    "select quote_ident(c.relname), string_agg(quote_ident(a.attname), ', ' order by a.attnum)"
    " from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
    " where c.relnamespace = 'nowd'::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition"
    " and has_column_privilege($1, c.oid, a.attnum, 'select') group by c.relname order by 1";

}  // namespace

TEST_CASE_METHOD(Rights, "types that a caller has made under Postgres's names reach no function of the ledger") {
  scene("insert into nowd.job (job, revision) values ('c', repeat('c', 64))");
  sql("do $$ begin execute format('grant temporary on database %I to rights_operator, nowd', current_database()); end "
      "$$");
  for (const char* type : {"timestamptz", "text", "jsonb", "boolean", "bigint", "integer"})
    for (const char* user : {"rights_operator", "nowd"}) {
      const std::string name = type;
      const std::string evil = "create function pg_temp.evil(v pg_catalog." +
                               std::string(name == "boolean"   ? "bool"
                                           : name == "bigint"  ? "int8"
                                           : name == "integer" ? "int4"
                                                               : name) +
                               ") returns pg_catalog.bool language plpgsql as $$ begin"
                               " raise exception 'evil ran as %', current_user; end $$;";
      const std::string domain = "create domain pg_temp." + name + " as pg_catalog." +
                                 (name == "boolean"   ? "bool"
                                  : name == "bigint"  ? "int8"
                                  : name == "integer" ? "int4"
                                                      : name) +
                                 " check (pg_temp.evil(value));";
      CAPTURE(user, type);
      CHECK(refusal(user, evil + domain + "select nowd.run('c');") == "");
      CHECK(refusal(user, evil + domain + "select nowd.prune('c', 10, false, false);") == "");
      CHECK(refusal(user, evil + domain + "select nowd.prune_messages('c', 10, false, false);") == "");
    }
  CHECK(refusal("nowd",
                "create function pg_temp.evil(v pg_catalog.timestamptz) returns boolean language plpgsql as $$ "
                "begin raise exception 'evil ran as %', current_user; end $$;"
                "create domain pg_temp.timestamptz as pg_catalog.timestamptz check (pg_temp.evil(value));"
                "select nowd.ensure_partitions(); select nowd.drop_empty_months();") == "");
}

TEST_CASE_METHOD(Rights, "every function of the schema looks for names in pg_temp last") {
  CHECK(one("select coalesce(string_agg(p.oid::regprocedure::text, ', '), '') from pg_proc p"
            " where p.pronamespace = 'nowd'::regnamespace"
            " and not coalesce('search_path=pg_catalog, nowd, pg_temp' = any(p.proconfig), false)") == "");
}

TEST_CASE_METHOD(Rights, "migrating again mends a function that looks there first, and one that everybody may call") {
  scene(
      "set role nowd_owner; create function nowd.forgotten() returns int language sql security definer"
      " set search_path = pg_catalog, nowd as 'select 1'; grant execute on function nowd.forgotten() to public");
  REQUIRE(migrate(superuser(), {}).has_value());
  CHECK(one("select proconfig[1] from pg_proc where proname = 'forgotten'") == "search_path=pg_catalog, nowd, pg_temp");
  CHECK(one("select has_function_privilege('rights_reader', 'nowd.forgotten()', 'execute')::text") == "false");
}

TEST_CASE_METHOD(Rights, "a function that a later migration makes is nobody's until it is granted") {
  scene("set role nowd_owner; create function nowd.later() returns int language sql as 'select 1'");
  CHECK(one("select has_function_privilege('rights_reader', 'nowd.later()', 'execute')::text") == "false");
}

TEST_CASE_METHOD(Rights, "which roles may call which function is written down here") {
  const std::string both = "nowd_daemon,nowd_operator";
  const std::map<std::string, std::string> written = {
      {"accept_clock", "nowd_operator"},
      {"accept_ledger", "nowd_operator"},
      {"backfill", "nowd_operator"},
      {"cancel", "nowd_operator"},
      {"cancel_request", "nowd_operator"},
      {"drop_empty_months", both},
      {"ensure_partitions", "nowd_daemon"},
      {"pause", "nowd_operator"},
      {"prune", both},
      {"prune_messages", both},
      {"resume", "nowd_operator"},
      {"run", both},
      {"skip_next", "nowd_operator"},
      {"undo_skip", "nowd_operator"},
      {"verify", "nowd_reader"},
  };
  std::map<std::string, std::string> granted;
  for (const pg::Values& row :
       sql("select p.proname, string_agg(distinct coalesce(r.rolname, 'public'), ',' order by coalesce(r.rolname, "
           "'public')) from pg_proc p cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a"
           " left join pg_roles r on r.oid = a.grantee where p.pronamespace = 'nowd'::regnamespace"
           " and a.grantee <> p.proowner group by p.proname")
           .rows)
    granted[*row[0]] = *row[1];
  CHECK(granted == written);
}

TEST_CASE_METHOD(Rights, "what each role may do with each column is written down in rights.txt") {
  std::string found;
  for (const pg::Values& row :
       sql("select c.relname || '.' || a.attname, g.rights from pg_class c"
           " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
           " cross join lateral (select string_agg(r.name || ':' ||"
           " case when has_column_privilege('nowd_' || r.name, c.oid, a.attnum, 'select') then 's' else '' end ||"
           " case when has_column_privilege('nowd_' || r.name, c.oid, a.attnum, 'insert') then 'i' else '' end ||"
           " case when has_column_privilege('nowd_' || r.name, c.oid, a.attnum, 'update') then 'u' else '' end, ' '"
           " order by r.place) as rights from (values (1, 'reader'), (2, 'operator'), (3, 'daemon')) r(place, name)) g"
           " where c.relnamespace = 'nowd'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition"
           " order by c.relname, a.attnum")
           .rows)
    found += *row[0] + " " + *row[1] + "\n";
  const std::set<std::string> now = lines_of(found), written = lines_of(read(test_data("ledger/rights.txt")));
  INFO(
      "a new column is decided by a line in tests/data/ledger/rights.txt, and in migrations/grants.sql where it holds "
      "texts");
  CHECK(without(now, written) == "");
  CHECK(without(written, now) == "");
}

TEST_CASE_METHOD(Rights, "no role may delete, truncate or own anything, and nobody makes objects in the schema") {
  CHECK(one("select count(*) from pg_class c, (values ('nowd_reader'), ('nowd_operator'), ('nowd_daemon')) r(name)"
            " where c.relnamespace = 'nowd'::regnamespace and c.relkind in ('r', 'p', 'v')"
            " and (has_table_privilege(r.name, c.oid, 'delete') or has_table_privilege(r.name, c.oid, 'truncate')"
            " or has_table_privilege(r.name, c.oid, 'references') or has_table_privilege(r.name, c.oid, 'trigger'))") ==
        "0");
  REQUIRE(migrate(superuser(), {}).has_value());  // rights on a database are not copied from its template
  for (const char* role : {"nowd_reader", "nowd_operator", "nowd_daemon", "nowd", "rights_reader"}) {
    CAPTURE(role);
    CHECK(one("select has_schema_privilege('" + std::string(role) + "', 'nowd', 'create')::text") == "false");
    CHECK(one("select has_database_privilege('" + std::string(role) + "', current_database(), 'temporary')::text") ==
          "false");
  }
}

TEST_CASE_METHOD(Rights, "who may only look sees no text of a prompt, a model, a tool, a provider or a sink") {
  scene(read(test_data("ledger/seed.sql")));
  scene(secrets_everywhere);
  std::set<std::string> told;
  for (const pg::Values& row : sql(readable_columns, {"rights_reader"}).rows) {
    pg::Connection connection(as("rights_reader"), "test");
    pg::Transaction transaction(connection);
    const std::string look = "select coalesce(string_agg(to_jsonb(x)::text, ' '), '') from (select " + *row[1] +
                             " from nowd." + *row[0] + ") x";
    if (transaction.run({"look", look.c_str()}).rows.at(0)[0]->find("SECRET") != std::string::npos)
      told.insert(*row[0]);
  }
  CHECK(told == std::set<std::string>{});
  const Json run = run_as("rights_reader");
  CHECK(run.dump().find("SECRET") == std::string::npos);
  CHECK(run["texts_hidden"] == true);
  CHECK(run["run"]["verdicts"] == Json::parse(R"([{"verdict": "late"}])"));
  CHECK(run["gates"][1]["objections"][0]["rule"] == "lint");
  CHECK(run["clocks"]["model_as_of"] == "2026-06-01");
  CHECK(run["revision"]["spec"]["schedule"]["timezone"] == "Europe/Berlin");
}

TEST_CASE_METHOD(Rights, "who may ask for runs may read what they said") {
  scene(read(test_data("ledger/seed.sql")));
  scene(secrets_everywhere);
  for (const char* user : {"rights_operator", "postgres"}) {
    CAPTURE(user);
    const Json run = run_as(user);
    CHECK(run["texts_hidden"] == false);
    CHECK(run["output"] == "SECRET");
    CHECK(run["run"]["detail"] == "SECRET");
    CHECK(run["tool_calls"][0]["arguments"] == "SECRET");
    CHECK(run["gates"][1]["objections"][0]["detail"] == "SECRET");
    CHECK(run["revision"]["spec"]["prompt"] == "SECRET");
  }
  CHECK(refusal("rights_operator",
                "select * from nowd.runs; select * from nowd.effects_in_doubt; select * from nowd.body") == "");
}

TEST_CASE_METHOD(Rights, "every question of nowctl is answered to a reader of the ledger") {
  scene(read(test_data("ledger/seed.sql")));
  auto reader = LedgerReader::open(as("rights_reader"));
  REQUIRE(reader.has_value());
  const Instant since = *parse_rfc3339("2026-01-01T00:00:00Z");
  const auto read_nothing = [](const std::string&) -> Result<Schedule> { return invalid("not read"); };
  for (const Result<void>& answer : {
           [&] {
             auto r = reader->jobs();
             return r ? Result<void>() : Result<void>(r.error());
           }(),
           [&] {
             auto r = reader->runs({});
             return r ? Result<void>() : Result<void>(r.error());
           }(),
           [&] {
             auto r = reader->deliveries({});
             return r ? Result<void>() : Result<void>(r.error());
           }(),
           [&] {
             auto r = reader->spend({std::nullopt, since});
             return r ? Result<void>() : Result<void>(r.error());
           }(),
           [&] {
             auto r = reader->stops({std::nullopt, since});
             return r ? Result<void>() : Result<void>(r.error());
           }(),
           [&] {
             auto r = reader->why("standup", since);
             return r ? Result<void>() : Result<void>(r.error());
           }(),
           [&] {
             auto r = reader->job_clocks({.job = "standup", .since = since});
             return r ? Result<void>() : Result<void>(r.error());
           }(),
           [&] {
             auto r = reader->job_overview();
             return r ? Result<void>() : Result<void>(r.error());
           }(),
           [&] {
             auto r = reader->verify(since, std::nullopt);
             return r ? Result<void>() : Result<void>(r.error());
           }(),
           [&] {
             auto r = reader->audit_schedules(since, std::nullopt, read_nothing);
             return r ? Result<void>() : Result<void>(r.error());
           }(),
           [&] {
             auto r = reader->gauges();
             return r ? Result<void>() : Result<void>(r.error());
           }(),
           [&] {
             auto r = reader->job("standup");
             return r ? Result<void>() : Result<void>(r.error());
           }(),
           [&] {
             auto r = reader->standing();
             return r ? Result<void>() : Result<void>(r.error());
           }(),
           [&] {
             auto r = reader->retention(std::nullopt);
             return r ? Result<void>() : Result<void>(r.error());
           }(),
       }) {
    INFO((answer ? "" : answer.error().message));
    CHECK(answer.has_value());
  }
}

TEST_CASE_METHOD(Rights, "a superuser looks with the rights of a reader: what was planted in the schema gets no more") {
  scene(
      "set role nowd_owner; create or replace function nowd.verify(since timestamptz, of_job text default null)"
      " returns table (\"check\" text, run bigint, job text, at timestamptz, detail text) language sql stable as"
      " $$ select 'planted', 1::bigint, 'j', now(), current_user::text $$");
  auto reader = LedgerReader::open(superuser());
  REQUIRE(reader.has_value());
  const auto found = reader->verify(*parse_rfc3339("2026-01-01T00:00:00Z"), std::nullopt);
  INFO((found ? "" : found.error().message));
  REQUIRE(found.has_value());
  CHECK(found->at(0)["detail"] == "nowd_reader");
}

TEST_CASE_METHOD(
    Rights, "the daemon's role cannot rewrite how a run ended, a decision, what was spent, or what people decided") {
  scene(read(test_data("ledger/seed.sql")));
  scene(
      "insert into nowd.gate_decision (run, subject, verdict, decided_at) values (3, 'output', 'allow', now());"
      "insert into nowd.budget_account (job, day, spent_usd) values ('standup', '2026-06-01', 2)");
  for (const char* change :
       {"update nowd.run set state = 'failed', reason = 'x' where run = 3",
        "update nowd.run set verdict = 'aligned' where run = 3", "update nowd.run set detail = 'fine' where run = 2",
        "update nowd.run set verdicts = '[]' where run = 3",
        "update nowd.run set node = '22222222-2222-4222-8222-222222222222' where run = 3",
        "update nowd.gate_decision set verdict = 'allow'", "update nowd.budget_account set spent_usd = 0",
        "insert into nowd.body (run, part, seq, content) values (3, 'output', 1, 'another')",
        "update nowd.job set paused_at = now(), paused_by = 'alice', paused_reason = 'x'",
        "update nowd.job set resumed_at = now()", "delete from nowd.run", "update nowd.job_revision set spec = '{}'",
        "truncate nowd.run",
        "insert into nowd.past_schedule (job, schedule_revision, planned_from, planned_until, zone) values ('standup', "
        "'x', now(), now() + '1 s', 'UTC')"}) {
    CAPTURE(change);
    CHECK(refusal("nowd", change) != "");
  }
  CHECK(refusal("nowd", "update nowd.job set state = 'retired'; update nowd.budget_account set spent_usd = 3") == "");
}

TEST_CASE_METHOD(Rights,
                 "temporary objects are taken from PUBLIC, and a role that was granted them by name keeps them") {
  test::Database database;
  const auto first = migrate(database.conninfo(), {});
  REQUIRE(first.has_value());
  REQUIRE(first->remarks.size() == 1);
  CHECK(first->remarks[0].find("PUBLIC may no longer make temporary objects") == 0);
  const auto may = [&](const char* role) {
    pg::Connection connection(database.conninfo(), "test");
    pg::Transaction transaction(connection);
    const std::string look =
        "select has_database_privilege('" + std::string(role) + "', current_database(), 'temporary')";
    return transaction.run({"may", look.c_str()}).rows.at(0)[0] == "t";
  };
  CHECK(!may("rights_reader"));
  {
    pg::Connection connection(database.conninfo(), "test");
    pg::Transaction transaction(connection);
    transaction.run_script("grant temporary on database " + database.name() + " to rights_reader");
    transaction.commit();
  }
  const auto second = migrate(database.conninfo(), {});
  REQUIRE(second.has_value());
  CHECK(second->remarks.empty());
  CHECK(may("rights_reader"));
}
