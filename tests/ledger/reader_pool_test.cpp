// Pages read the ledger with little patience, and only so many at once.
#include "ledger/reader/reader_pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <nlohmann/json.hpp>

#include "ledger/pg/session/connection.hpp"
#include "ledger/schema/migrator.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"

using namespace nowd;

namespace {

struct Migrated : test::MigratedDatabase {
  Migrated() { REQUIRE(migrate(conninfo(), {}).has_value()); }
};

/// Asks, and keeps the answers in the order in which they come.
struct Asked {
  boost::asio::io_context io;
  std::vector<Result<Json>> answers;

  void ask(ReaderPool& pool, ReaderPool::Question question) {
    boost::asio::co_spawn(io, pool.ask(std::move(question)), [this](std::exception_ptr broken, Result<Json> answer) {
      if (broken) std::rethrow_exception(broken);
      answers.push_back(std::move(answer));
    });
  }
};

}  // namespace

TEST_CASE("a ninth page at once is refused, the others are answered; then there is room again", "[reader]") {
  Migrated database;
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  Asked asked;
  ReaderPool pool(asked.io.get_executor(), database.conninfo());
  const ReaderPool::Question waits = [open](LedgerReader& reader) {
    open.wait();
    return reader.job_overview();
  };
  for (int i = 0; i < 9; ++i) asked.ask(pool, waits);
  while (asked.answers.empty()) asked.io.run_one();
  REQUIRE(!asked.answers.front());
  CHECK(asked.answers.front().error().kind == ErrorKind::budget_spent);
  gate.set_value();
  asked.io.run();
  REQUIRE(asked.answers.size() == 9);
  for (std::size_t i = 1; i < asked.answers.size(); ++i) CHECK(asked.answers[i].has_value());
  asked.io.restart();
  asked.ask(pool, waits);
  asked.io.run();
  CHECK(asked.answers.back().has_value());
}

TEST_CASE("nobody there is unavailable, and an exception of a question arrives where it was asked", "[reader]") {
  Migrated database;
  Asked asked;
  ReaderPool nobody(asked.io.get_executor(), "host=/nonexistent dbname=x");
  asked.ask(nobody, [](LedgerReader& reader) { return reader.job_overview(); });
  asked.io.run();
  REQUIRE(!asked.answers.back());
  CHECK(asked.answers.back().error().kind == ErrorKind::unavailable);
  asked.io.restart();
  ReaderPool pool(asked.io.get_executor(), database.conninfo());
  asked.ask(pool, [](LedgerReader&) -> Result<Json> { throw std::runtime_error("a bug"); });
  CHECK_THROWS(asked.io.run());
}

TEST_CASE("a statement that takes longer than the reader's patience is cut, and is unavailable", "[reader]") {
  Migrated database;
  auto reader = LedgerReader::open(database.conninfo(), seconds{3});
  REQUIRE(reader.has_value());
  CHECK(reader->job_overview().has_value());
  pg::Connection connection(database.conninfo(), "test");
  pg::Transaction transaction(connection);
  transaction.run_script("lock table nowd.job in access exclusive mode");
  const Result<Json> cut = reader->job_overview();
  REQUIRE(!cut);
  CHECK(cut.error().kind == ErrorKind::unavailable);
}

TEST_CASE("what waits: due occurrences of jobs that may run, requests, and the outbox by sink", "[reader]") {
  Migrated database;
  pg::Connection connection(database.conninfo(), "test");
  pg::Transaction transaction(connection);
  transaction.run_script(R"sql(set session_replication_role = replica;
    insert into nowd.job (job, revision) values ('a', repeat('a', 64));
    insert into nowd.job (job, revision, paused_at, paused_by, paused_reason) values ('b', repeat('a', 64), now(), 'x', 'y');
    insert into nowd.job_revision (job, revision, spec, schedule, schedule_revision, source)
      select job, revision, '{}', 's', 's', 'f:1' from nowd.job;
    insert into nowd.occurrence (job, scheduled_at, due_at, window_start, window_end, slot, zone, utc_offset, tzdata, schedule_revision)
      select j, t, t, t, t, now()::timestamp, 'UTC', '0', 'x', 's'
      from unnest(array['a', 'b']) j, unnest(array[now() - interval '1 hour', now() + interval '1 hour']) t;
    insert into nowd.request (job, scheduled_at, as_of_given, effects) values ('a', now(), false, true);
    insert into nowd.delivery (job, purpose, sink, key, subject, next_at, expires_at, created_at)
      values ('a', 'alert', 'ops', 'k', 's', now(), now(), now() - interval '90 s'))sql");
  transaction.commit();
  auto reader = LedgerReader::open(database.conninfo());
  REQUIRE(reader.has_value());
  const Result<Json> gauges = reader->gauges();
  REQUIRE(gauges.has_value());
  CHECK((*gauges)["due"] == 2);
  CHECK((*gauges)["due_age"].get<double>() >= 3600);
  REQUIRE((*gauges)["outbox"].size() == 1);
  CHECK((*gauges)["outbox"][0]["sink"] == "ops");
  CHECK((*gauges)["outbox"][0]["age"].get<double>() >= 90);
  const Result<Json> jobs = reader->job_overview();
  REQUIRE(jobs.has_value());
  REQUIRE(jobs->size() == 2);
  CHECK((*jobs)[0]["overdue"].get<double>() >= 3600);
  CHECK((*jobs)[1]["overdue"].is_null());  // it is paused
}
