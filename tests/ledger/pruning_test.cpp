// What retention deletes, and what it never does. Every job here keeps texts for 10 days and runs for 20.
#include "ledger/pg/record/pruning.hpp"

#include "ledger/ledger_fixture.hpp"
#include "ledger/reader/reader.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

constexpr const char* keeps = R"({"name":"a","retention":{"bodies_ms":864000000,"runs_ms":1728000000}})";

struct PruningFixture : LedgerFixture {
  PruningFixture() : daemon_(daemon()) {
    Job job = job_named("a");
    job.canonical = keeps;
    job.revision = sha256_hex(job.canonical);
    (void)await(daemon_->load_jobs(jobs_of({job, job_named("forever")})));
  }

  /// A run that ended so many days ago, with a model call, a tool call, a reading and two texts. Gives its number.
  std::string run(int days_ago, const std::string& state = "succeeded", const std::string& job = "a") {
    const std::string number =
        sql("insert into nowd.run (job, scheduled_at, kind, attempt, revision, node, fence, "
            "claim_id, claimed_at, due_at, as_of, window_start, window_end, zone, effects, "
            "state, reason, stop, ended_at) select j.job, t, 'scheduled', 1, j.revision, n.node, "
            "1, gen_random_uuid(), t, t, t, t, t, 'UTC', true, $2::text, 'test', 'complete', "
            "case when $2::text <> 'running' then t end"
            " from nowd.job j, nowd.node n, (select clock_timestamp() - make_interval(days => "
            "$1::integer)) as at(t) where j.job = $3 limit 1 returning run",
            {std::to_string(days_ago), state, job})
            .rows[0][0]
            .value();
    sql("insert into nowd.inference (run, seq, provider, model) values ($1::bigint, 1, 'p', 'm')", {number});
    sql("insert into nowd.tool_call (run, seq, source, inference_seq, tool, effect, state, idempotency_key, intent_at)"
        " values ($1::bigint, 1, 'model', 1, 'post', 'irreversible', 'confirmed', 'key ' || $1::bigint, "
        "clock_timestamp())",
        {number});
    sql("insert into nowd.body (run, part, seq, content) values ($1::bigint, 'result', 1, 'r'), ($1::bigint, 'output', "
        "0, 'o')",
        {number});
    return number;
  }
  void deliver(const std::string& number, const std::string& state) {
    sql("insert into nowd.delivery (run, job, purpose, sink, key, subject, state, next_at, settled_at, created_at,"
        " expires_at) select $1::bigint, 'a', 'output', 's', 'd' || $1::bigint, '', $2::text, case when $2::text = "
        "'pending' then t end,"
        " case when $2::text <> 'pending' then t end, t, t from (select clock_timestamp()) as at(t)",
        {number, state});
    sql("insert into nowd.delivery_attempt (delivery, attempt, node, intent_at) select d.delivery, 1, n.node,"
        " clock_timestamp() from nowd.delivery d, nowd.node n where d.run = $1 limit 1",
        {number});
  }

  Pruned prune(const std::string& job = "a", int batch = 50) {
    Pruned all;
    do {
      const Result<Pruned> some = await(daemon_->prune(job, batch));
      if (!some) FAIL(some.error().message);
      all += *some;
    } while (all.more);
    return all;
  }
  /// A message about no run, settled so many days ago; job '' = about several jobs or none.
  void tell(int days_ago, const std::string& job, const std::string& state = "delivered") {
    sql("insert into nowd.delivery (job, purpose, sink, key, subject, text, state, next_at, settled_at, created_at,"
        " expires_at) select nullif($2::text, ''), 'alert', 's', gen_random_uuid()::text, $2::text || ' ' || $1::text,"
        " 'x', $3::text, case when $3::text = 'pending' then t end, case when $3::text <> 'pending' then t end, t, t"
        " from (select clock_timestamp() - make_interval(days => $1::integer)) as at(t)",
        {std::to_string(days_ago), job, state});
    sql("insert into nowd.delivery_attempt (delivery, attempt, node, intent_at) select max(d.delivery), 1,"
        " (select node from nowd.node limit 1), clock_timestamp() from nowd.delivery d");
  }
  std::string messages_left() { return one("select string_agg(subject, ', ' order by delivery) from nowd.delivery"); }
  std::string runs_left() { return one("select string_agg(run::text, ' ' order by run) from nowd.run"); }
  std::string with_texts() { return one("select string_agg(distinct run::text, ' ') from nowd.body"); }
  std::string rows_in_all() {
    return one(
        "select (select count(*) from nowd.run) || ' ' || (select count(*) from nowd.inference) || ' ' ||"
        " (select count(*) from nowd.tool_call) || ' ' || (select count(*) from nowd.body) || ' ' || (select count(*) "
        "from nowd.delivery) || ' ' ||"
        " (select count(*) from nowd.delivery_attempt)");
  }

  std::unique_ptr<PgLedger> daemon_;
};

}  // namespace

TEST_CASE_METHOD(PruningFixture,
                 "runs older than their retention go with all that belongs to them, texts before that") {
  const std::string old = run(30), middle = run(15), young = run(5);
  deliver(old, "delivered");
  CHECK(prune() == Pruned{1, 4, 4 * 2, false});
  CHECK(runs_left() == middle + " " + young);
  CHECK(with_texts() == young);
  CHECK(rows_in_all() == "2 2 2 2 0 0");
  CHECK(prune() == Pruned{});  // twice does no harm
}

TEST_CASE_METHOD(PruningFixture, "small batches come to the same") {
  for (int days_ago = 30; days_ago > 1; --days_ago) run(days_ago);
  CHECK(prune("a", 3).runs == 11);
  CHECK(one("select count(*) from nowd.run") == "18");
  CHECK(one("select count(distinct run) from nowd.body") == "8");
}

TEST_CASE_METHOD(PruningFixture, "runs whose numbers do not follow the clock go too, each at its age") {
  const std::string young = run(5), old = run(30), middle = run(15);
  run(31);
  const std::string last = run(1);
  CHECK(prune("a", 3).runs == 2);
  CHECK(runs_left() == young + " " + middle + " " + last);
  CHECK(with_texts() == young + " " + last);
  sql("alter table nowd.run disable trigger user");
  sql("update nowd.run set ended_at = ended_at - interval '7 days' where run = $1", {young});
  CHECK(prune("a", 3) == Pruned{0, 2, 4, false});  // not forgotten
}

TEST_CASE_METHOD(PruningFixture, "a job without retention keeps everything") {
  run(3000, "succeeded", "forever");
  run(2000, "succeeded", "forever");
  CHECK(prune("forever") == Pruned{});
  CHECK(rows_in_all() == "2 2 2 4 0 0");
  CHECK(*await(daemon_->jobs_with_retention()) == std::vector<JobName>{"a"});
}

TEST_CASE_METHOD(PruningFixture, "messages that no run belongs to go at the age of their job's runs, in batches") {
  for (int days_ago = 30; days_ago > 15; --days_ago) tell(days_ago, "a");
  tell(30, "a", "pending");
  tell(30, "forever");
  CHECK(prune("forever") == Pruned{});
  CHECK(prune("a", 4).messages == 11);
  CHECK(messages_left() == "a 19, a 18, a 17, a 16, a 30, forever 30");
  CHECK(one("select count(*) from nowd.delivery_attempt") == "6");
  CHECK(prune() == Pruned{});
}

TEST_CASE_METHOD(PruningFixture, "messages about several jobs stay while any job in the files keeps its runs") {
  tell(3000, "");
  tell(15, "");
  CHECK(*await(daemon_->prune(std::nullopt, 50)) == Pruned{});
  sql("update nowd.job set state = 'retired' where job = 'forever'");
  LedgerReader reader = *LedgerReader::open(conninfo());
  CHECK(reader.prune(std::nullopt, true)->messages == 1);
  CHECK(messages_left() == " 3000,  15");
  CHECK(await(daemon_->prune(std::nullopt, 50))->messages == 1);
  CHECK(messages_left() == " 15");
  sql("update nowd.job set state = 'retired'");
  CHECK(*await(daemon_->prune(std::nullopt, 50)) == Pruned{});  // nobody says how long
}

TEST_CASE_METHOD(PruningFixture, "live runs are never deleted, however old") {
  const std::string live = run(30, "running"), last = run(1);
  CHECK(prune() == Pruned{});
  CHECK(runs_left() == live + " " + last);
}

TEST_CASE_METHOD(PruningFixture, "effects in doubt and their runs are never deleted") {
  const std::string intent = run(30, "failed"), unknown = run(30, "interrupted"), last = run(1);
  sql("update nowd.tool_call set state = 'intent' where run = $1", {intent});
  sql("update nowd.tool_call set state = 'unknown' where run = $1", {unknown});
  CHECK(prune() == Pruned{});
  CHECK(one("select count(*) from nowd.effects_in_doubt") == "2");
  // A person settled one: it goes at the next look, texts and all.
  sql("update nowd.tool_call set state = 'confirmed' where run = $1", {unknown});
  CHECK(prune() == Pruned{1, 2, 4, false});
  CHECK(runs_left() == intent + " " + last);
}

TEST_CASE_METHOD(PruningFixture, "texts that had to be kept go as soon as nothing keeps them") {
  const std::string held = run(15), later = run(14), last = run(1);
  deliver(held, "pending");
  CHECK(prune() == Pruned{0, 2, 4, false});
  CHECK(with_texts() == held + " " + last);
  sql("update nowd.delivery set state = 'delivered', next_at = null, settled_at = clock_timestamp()");
  CHECK(prune() == Pruned{0, 2, 4, false});
  CHECK(with_texts() == last);
  CHECK(runs_left() == held + " " + later + " " + last);
}

TEST_CASE_METHOD(PruningFixture, "the job's last success stays: the next window begins where it ended") {
  const std::string success = run(30);
  run(29, "failed");
  CHECK(prune().runs == 1);
  CHECK(runs_left() == success);
  CHECK(with_texts() == success);
  CHECK(one("select succeeded_through is not null from nowd.job_standing where job = 'a'") == "t");
}

TEST_CASE_METHOD(PruningFixture, "a run that an open alert is about stays until that is over") {
  const std::string failed = run(30, "failed"), last = run(1);
  sql("insert into nowd.alert (cause, kind, name, reason, first_at, last_at, last_run)"
      " values ('c', 'run', 'a', 'x', now(), now(), $1)",
      {failed});
  CHECK(prune() == Pruned{});
  sql("update nowd.alert set state = 'recovered', recovered_at = now()");
  CHECK(prune().runs == 1);
  CHECK(runs_left() == last);
  CHECK(one("select count(*) from nowd.alert where last_run is null") == "1");  // what happened stays known
}

TEST_CASE_METHOD(PruningFixture, "occurrences stay, so that what ran is never run again") {
  sql("insert into nowd.occurrence (job, scheduled_at, state, due_at, window_start, window_end, slot, zone, utc_offset,"
      " tzdata, schedule_revision, attempts) select 'a', t, 'done', t, t, t, t::timestamp, 'UTC', '0', 'x', 'x', 1"
      " from (select clock_timestamp() - interval '30 days') as at(t)");
  run(30);
  run(1);
  CHECK(prune().runs == 1);
  CHECK(one("select state || ' ' || attempts || ' ' || (run is null) from nowd.occurrence_fate") == "done 1 true");
}

TEST_CASE_METHOD(PruningFixture, "a dry run counts the same and changes nothing") {
  run(30), run(29), run(15), run(1);
  const std::string before = rows_in_all();
  LedgerReader reader = *LedgerReader::open(conninfo());
  const Pruned counted = *reader.prune("a", true);
  CHECK(rows_in_all() == before);
  CHECK(counted == Pruned{2, 6, 12, false});
  CHECK(*reader.prune("a", false) == counted);
}

TEST_CASE_METHOD(PruningFixture, "only through the function, and only daemons and operators") {
  run(30), run(1);
  sql("do $$ begin create role pruning_reader login in role nowd_reader; create role pruning_operator login in role "
      "nowd_operator; exception when duplicate_object then null; end $$");
  const auto as = [&](const std::string& role, const std::string& statement) {
    try {
      sql("do $$ begin set local role " + role + "; " + statement + "; end $$");
      return std::string("done");
    } catch (const std::exception& e) {
      return std::string(e.what());
    }
  };
  for (const char* role : {"nowd_daemon", "nowd_operator", "nowd_reader"})
    for (const char* table : {"nowd.run", "nowd.body", "nowd.tool_call", "nowd.delivery"})
      CHECK(as(role, std::string("delete from ") + table).find("permission denied") != std::string::npos);
  for (const char* role : {"nowd_daemon", "nowd_operator"})
    for (const char* inner : {"nowd.delete_runs('{}')", "nowd.delete_texts('{}')"})
      CHECK(as(role, std::string("perform ") + inner).find("permission denied") != std::string::npos);
  CHECK(as("nowd_reader", "perform nowd.prune('a')").find("permission denied") != std::string::npos);
  CHECK(as("nowd_reader", "perform nowd.prune_messages('a')").find("permission denied") != std::string::npos);
  CHECK(as("nowd_operator", "perform nowd.prune('a'); perform nowd.prune_messages(null)") == "done");
  CHECK(one("select count(*) from nowd.run") == "1");
  CHECK(as("nowd_daemon", "perform nowd.prune('a'); perform nowd.drop_empty_months()") == "done");
}

TEST_CASE_METHOD(PruningFixture, "a month that has nothing left is dropped, one that has something is not") {
  sql("select nowd.ensure_partitions('2020-01-15Z')");
  sql("insert into nowd.body (run, part, seq, content, recorded_at) values (1, 'output', 0, 'x', '2020-02-10Z')");
  CHECK(*await(daemon_->drop_empty_months()) == 2);
  CHECK(one("select to_regclass('nowd.body_2020_02') is not null and to_regclass('nowd.body_2020_01') is null"
            " and to_regclass('nowd.body_2020_03') is null") == "t");
  CHECK(one("select count(*) from pg_class where relname = 'body_' || to_char(now(), 'YYYY_MM')") == "1");
}

TEST_CASE_METHOD(PruningFixture, "texts are compressed by lz4 where the server has it, in months to come too") {
  if (one("select count(*) from pg_settings where name = 'default_toast_compression' and 'lz4' = any(enumvals)") == "0")
    return;  // built without it
  run(1);
  sql("select nowd.ensure_partitions('2020-01-15Z')");
  sql("update nowd.body set content = repeat('a long text ', 1000)");
  sql("insert into nowd.body (run, part, seq, content, recorded_at) values (1, 'result', 9, repeat('a long text ', "
      "1000), '2020-02-10Z')");
  CHECK(one("select string_agg(distinct pg_column_compression(content), ' ') from nowd.body") == "lz4");
}
