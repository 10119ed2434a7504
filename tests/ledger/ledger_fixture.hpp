// A migrated database, daemons on it, and the few jobs that ledger tests need.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "ledger/jobs.hpp"
#include "ledger/pg/pg_ledger.hpp"
#include "ledger/pg/session/connection.hpp"
#include "ledger/schema/migrator.hpp"
#include "support/postgres.hpp"

namespace nowd::test {

/// A template that is migrated once per executable.
inline const std::string& migrated_template() {
  static const auto made = [] {
    auto database = std::make_unique<Database>();
    const auto report = migrate(database->conninfo(), {});
    if (!report) throw std::runtime_error(report.error().message);
    return database;
  }();
  return made->name();
}

class LedgerFixture {
 public:
  LedgerFixture() : database_(migrated_template()) {}

  std::string conninfo() const { return database_.conninfo("nowd"); }
  std::string superuser() const { return database_.conninfo(); }

  std::unique_ptr<PgLedger> daemon(std::optional<Uuid> predecessor = {}, std::string conninfo_override = "") {
    auto ledger =
        std::make_unique<PgLedger>(io_.get_executor(), conninfo_override.empty() ? conninfo() : conninfo_override,
                                   clock_, pg::NodeIdentity{"host", 1, "test", std::move(predecessor)});
    const Result<void> started = await(ledger->start());
    if (!started) throw std::runtime_error(started.error().message);
    return ledger;
  }

  std::unique_ptr<PgLedger> daemon_as(pg::NodeIdentity identity) {
    auto ledger = std::make_unique<PgLedger>(io_.get_executor(), conninfo(), clock_, std::move(identity));
    const Result<void> started = await(ledger->start());
    if (!started) throw std::runtime_error(started.error().message);
    return ledger;
  }

  /// Runs the io_context until the awaitable is done.
  template <class T>
  T await(boost::asio::awaitable<T> work) {
    std::optional<T> result;
    boost::asio::co_spawn(io_, std::move(work), [&](std::exception_ptr broken, T value) {
      if (broken) std::rethrow_exception(broken);
      result.emplace(std::move(value));
    });
    io_.restart();
    while (!result) io_.run_one();
    return std::move(*result);
  }

  /// As the superuser: for setting scenes and looking.
  pg::Table sql(const std::string& text, const pg::Values& values = {}) {
    pg::Connection connection(database_.conninfo(), "test");
    pg::Transaction transaction(connection);
    const std::string name = "s" + std::to_string(++statements_);
    pg::Table table = transaction.run({name.c_str(), text.c_str()}, values);
    transaction.commit();
    return table;
  }
  std::string one(const std::string& text) {
    const pg::Table table = sql(text);
    return table.empty() ? "nothing" : table.rows[0][0].value_or("null");
  }

  /// An occurrence that is due since `ago`.
  void due(const std::string& job, const std::string& ago = "0 seconds") {
    sql("insert into nowd.occurrence (job, scheduled_at, due_at, window_start, window_end, slot, zone, utc_offset, "
        "tzdata,"
        " schedule_revision) select $1::text, t, t, t - interval '1 hour', t, t::timestamp, 'UTC', '0', 'x', 'x'"
        " from (select clock_timestamp() - $2::interval) as at(t)",
        {job, ago});
  }

  Ledger::Claimed claim(PgLedger& ledger, const JobsSnapshot& jobs, int limit = 100) {
    return *await(ledger.claim_due(jobs, limit));
  }

  Facts end(RunState state, std::optional<Stop> stop = {}) {
    Facts facts;
    facts.end = EndFact{};
    facts.end->state = state;
    facts.end->stop = stop;
    facts.end->reason = state == RunState::succeeded ? RunReason::none : RunReason::internal;
    facts.end->ended = clock_.read();
    if (state == RunState::succeeded && stop) add_call(facts, 1000, *stop);
    return facts;
  }

  /// A model call that was made and answered.
  static void add_call(Facts& facts, int seq, Stop stop) {
    SendingFact sending;
    sending.seq = seq;
    sending.provider = "primary";
    sending.model = "m";
    facts.sending.push_back(sending);
    AnswerFact answer;
    answer.seq = seq;
    answer.reply.stop = stop;
    facts.answers.push_back(answer);
  }

  VirtualClock& clock() { return clock_; }
  boost::asio::io_context& io() { return io_; }

 private:
  Database database_;
  VirtualClock clock_{SystemClock().now()};
  boost::asio::io_context io_;
  int statements_ = 0;
};

}  // namespace nowd::test
