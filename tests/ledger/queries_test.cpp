// Queries for jobs: their time, their end, and what is said of a missing right.
#include "ledger/reader/queries.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "ledger/pg/session/connection.hpp"
#include "support/catch.hpp"
#include "support/database/postgres.hpp"

using namespace nowd;

namespace {

struct Asking : test::Database {
  boost::asio::io_context io;
  std::optional<Queries> queries;
  pg::Connection looker{conninfo(), "test"};

  Asking() { queries.emplace(io.get_executor(), conninfo()); }

  struct Outcome {
    std::optional<Result<std::string>> answer;
    bool cut = false;
    bool over() const { return answer || cut; }
  };

  std::shared_ptr<Outcome> ask(Query query, boost::asio::cancellation_signal* signal = nullptr) {
    auto outcome = std::make_shared<Outcome>();
    auto done = [outcome](std::exception_ptr broken, Result<std::string> answer) {
      outcome->cut = broken != nullptr;
      if (!broken) outcome->answer = std::move(answer);
    };
    if (signal == nullptr)
      boost::asio::co_spawn(io, queries->run(std::move(query)), done);
    else
      boost::asio::co_spawn(io, queries->run(std::move(query)),
                            boost::asio::bind_cancellation_slot(signal->slot(), done));
    return outcome;
  }

  int under_way() {
    pg::Transaction look(looker);
    return std::stoi(*look.run({"under_way",
                                "select count(*) from pg_stat_activity where application_name = "
                                "'nowd-query' and state = 'active' and datname = current_database()"})
                          .rows.at(0)[0]);
  }
  void wait_for_queries(int count) {
    while (under_way() != count) {
      io.restart();
      io.poll();
      std::this_thread::yield();
    }
  }
  void run_until(const Outcome& outcome) {
    io.restart();
    while (!outcome.over()) io.run_one();
  }
};

Query query(std::string sql, milliseconds timeout = minutes{2}) {
  Query out;
  out.sql = std::move(sql);
  out.timeout = timeout;
  return out;
}

}  // namespace

TEST_CASE("a query whose run is cancelled ends at once, on its server too", "[queries]") {
  Asking it;
  boost::asio::cancellation_signal signal;
  const auto outcome = it.ask(query("select pg_sleep(100)"), &signal);
  it.wait_for_queries(1);
  signal.emit(boost::asio::cancellation_type::terminal);
  it.run_until(*outcome);
  CHECK(outcome->cut);
  it.wait_for_queries(0);
}

TEST_CASE("the wait for a free thread counts to a query's time", "[queries]") {
  Asking it;
  boost::asio::cancellation_signal signals[4];
  std::vector<std::shared_ptr<Asking::Outcome>> long_ones;
  for (auto& signal : signals) long_ones.push_back(it.ask(query("select pg_sleep(100)"), &signal));
  it.wait_for_queries(4);
  const auto waiting = it.ask(query("select 1 as one", milliseconds{200}));
  it.run_until(*waiting);
  REQUIRE(waiting->answer);
  REQUIRE(!*waiting->answer);
  CHECK(waiting->answer->error().kind == ErrorKind::unavailable);
  CHECK(waiting->answer->error().message ==
        "no answer within " + human(milliseconds{200}) + ", the wait for a free thread included");
  for (auto& signal : signals) signal.emit(boost::asio::cancellation_type::terminal);
  for (const auto& each : long_ones) it.run_until(*each);
  const auto next = it.ask(query("select 1 as one"));
  it.run_until(*next);
  CHECK(next->answer->value() == R"([{"one":1}])");
}

TEST_CASE("a missing right is said with the grant that mends it, a missing table without the ledger's remedies",
          "[queries]") {
  Asking it;
  {
    pg::Transaction setup(it.looker);
    setup.run_script("create table orders (n int); drop role if exists looks_at_orders; create role looks_at_orders");
    setup.commit();
  }
  Query as_another = query("select * from orders");
  as_another.database = it.conninfo() + " options='-c role=looks_at_orders'";
  const auto outcome = it.ask(as_another);
  it.run_until(*outcome);
  REQUIRE(outcome->answer);
  REQUIRE(!*outcome->answer);
  CHECK(outcome->answer->error().kind == ErrorKind::refused);
  CHECK(outcome->answer->error().message ==
        "permission denied for table orders; let its owner run: grant select on orders to looks_at_orders");
  const auto missing = it.ask(query("select * from ordres"));
  it.run_until(*missing);
  CHECK(missing->answer->error().message.find("nowctl migrate") == std::string::npos);
}
