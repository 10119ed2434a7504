// A daemon's session: what it says of a lost COMMIT, of a server that lost commits, and of locks that others hold.
#include <filesystem>
#include <thread>

#include "ledger/ledger_fixture.hpp"
#include "ledger/pg_proxy.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

const JobsSnapshot jobs = jobs_of({job_named("a"), job_named("b")});

struct Sessions : LedgerFixture {
  std::vector<LedgerMark> kept;

  std::unique_ptr<PgLedger> through(const PgProxy& proxy, std::optional<LedgerMark> known = {}) {
    auto ledger = std::make_unique<PgLedger>(
        io().get_executor(), proxy.conninfo(), clock(),
        pg::NodeIdentity{
            "host", 1, "test", {}, {}, std::move(known), [this](const LedgerMark& mark) { kept.push_back(mark); }});
    REQUIRE(await(ledger->start()).has_value());
    REQUIRE(await(ledger->load_jobs(jobs)).has_value());
    return ledger;
  }
  std::unique_ptr<PgLedger> loaded() {
    auto ledger = daemon();
    REQUIRE(await(ledger->load_jobs(jobs)).has_value());
    return ledger;
  }
  /// Starts an operation that is awaited later.
  template <class T>
  std::shared_ptr<std::optional<T>> begin(boost::asio::awaitable<T> work) {
    auto result = std::make_shared<std::optional<T>>();
    boost::asio::co_spawn(io(), std::move(work), [result](std::exception_ptr, T value) { result->emplace(value); });
    io().restart();
    io().poll();
    return result;
  }
  template <class T>
  T finish(const std::shared_ptr<std::optional<T>>& result) {
    io().restart();
    while (!*result) io().run_one();
    return **result;
  }
  /// The observer sees no beat of `node` for 15 s.
  void bury(PgLedger& observer, const Uuid& node) {
    const std::string state = "select state from nowd.node where node = '" + node + "'";
    for (int looks = 0; looks < 10 && one(state) == "alive"; ++looks) {
      (void)await(observer.sweep());
      clock().advance(seconds{5});
    }
    REQUIRE(one(state) == "dead");
  }
  std::string state_of(RunId run) { return one("select state from nowd.run where run = " + to_string(run)); }
};

void until(const std::function<bool()>& happened) {
  while (!happened()) std::this_thread::yield();
}

}  // namespace

TEST_CASE_METHOD(Sessions, "a burial while a COMMIT is in doubt is not taken for that commit") {
  PgProxy proxy(conninfo());
  auto ledger = through(proxy);
  auto observer = loaded();
  const Uuid node = ledger->node();
  due("a");
  const ClaimedRun run = claim(*ledger, jobs).runs.at(0);

  SECTION("a COMMIT that the server never got did not happen") {
    proxy.inject_and_close(PgProxy::Fault::before_commit);
    auto written = begin(ledger->write_facts(run.claim, end(RunState::failed)));
    until([&] { return proxy.injected(); });
    bury(*observer, node);
    CHECK(state_of(run.claim.run) == "orphaned");
    proxy.open();
    CHECK(finish(written)->fenced);
    CHECK(state_of(run.claim.run) == "orphaned");
  }
  SECTION("a COMMIT whose answer was lost did happen") {
    proxy.inject_and_close(PgProxy::Fault::after_commit);
    auto written = begin(ledger->write_facts(run.claim, end(RunState::failed)));
    until([&] { return proxy.injected(); });
    bury(*observer, node);
    CHECK(state_of(run.claim.run) == "failed");
    proxy.open();
    CHECK(!finish(written)->fenced);
  }
}

TEST_CASE_METHOD(Sessions, "a mark that was not counted is not kept, and holds no daemon later") {
  PgProxy proxy(conninfo());
  auto ledger = through(proxy);
  auto observer = loaded();
  const Uuid node = ledger->node();
  due("a");
  CHECK(claim(*ledger, jobs).runs.size() == 1);
  proxy.inject_and_close(PgProxy::Fault::before_commit);
  auto swept = begin(ledger->sweep());
  until([&] { return proxy.injected(); });
  bury(*observer, node);
  proxy.open();
  CHECK(finish(swept).has_value());
  REQUIRE(!kept.empty());
  CHECK(std::to_string(kept.back().mark) <= one("select mark from nowd.ledger_mark"));
  auto again = through(proxy, kept.back());
  CHECK(one("select count(*) from nowd.hold") == "0");
}

TEST_CASE_METHOD(Sessions, "an operation that was left in doubt says nothing about the one after it") {
  PgProxy proxy(conninfo());
  auto ledger = through(proxy);
  due("a");
  const ClaimedRun run = claim(*ledger, jobs).runs.at(0);
  ledger->hurry();
  const auto fault = GENERATE(PgProxy::Fault::before_commit, PgProxy::Fault::after_commit);
  proxy.inject_and_close(fault);
  auto left = begin(ledger->account_rows());
  CHECK(finish(left).error().kind == ErrorKind::unavailable);
  auto written = begin(ledger->write_facts(run.claim, end(RunState::failed)));
  proxy.open();
  CHECK(!finish(written)->fenced);
  CHECK(state_of(run.claim.run) == "failed");
}

TEST_CASE_METHOD(
    Sessions, "while the daemon stops and the database is away, only what must be written waits, until it gives up") {
  PgProxy proxy(conninfo());
  auto ledger = through(proxy);
  due("a");
  const ClaimedRun run = claim(*ledger, jobs).runs.at(0);
  proxy.inject_and_close(PgProxy::Fault::before_commit);
  auto written = begin(ledger->write_facts(run.claim, end(RunState::failed)));
  until([&] { return proxy.injected(); });
  auto claimed = begin(ledger->claim_due(jobs, 10));
  auto swept = begin(ledger->sweep());
  ledger->hurry();
  CHECK(finish(claimed).error().kind == ErrorKind::unavailable);
  CHECK(finish(swept).error().kind == ErrorKind::unavailable);
  CHECK(finish(begin(ledger->accepted())).error().kind == ErrorKind::unavailable);
  CHECK(!written->has_value());
  ledger->give_up();
  CHECK(finish(written).error().kind == ErrorKind::unavailable);
  CHECK(state_of(run.claim.run) == "running");
}

TEST_CASE_METHOD(Sessions, "a lock on one run delays its end, and no other run's, nor the beat") {
  auto ledger = loaded();
  due("a");
  due("b");
  const std::vector<ClaimedRun> runs = claim(*ledger, jobs).runs;
  REQUIRE(runs.size() == 2);
  auto holder = std::make_unique<pg::Connection>(superuser(), "holder");
  auto lock = std::make_unique<pg::Transaction>(*holder);
  const std::string statement = "select from nowd.run where run = " + to_string(runs[0].claim.run) + " for update";
  lock->run({"hold", statement.c_str()});
  auto locked = begin(ledger->write_facts(runs[0].claim, end(RunState::failed)));
  auto free = begin(ledger->write_facts(runs[1].claim, end(RunState::failed)));
  CHECK(!finish(free)->fenced);
  CHECK(await(ledger->sweep()).has_value());
  CHECK(!locked->has_value());
  lock.reset();
  CHECK(!finish(locked)->fenced);
}

TEST_CASE_METHOD(Sessions,
                 "a daemon in the middle of a transaction is not declared dead, and keeps nobody from sweeping") {
  auto quiet = loaded(), observer = loaded();
  pg::Connection holder(superuser(), "holder");
  pg::Transaction lock(holder);
  const std::string statement = "select from nowd.node_beat where node = '" + quiet->node() + "' for update";
  lock.run({"hold", statement.c_str()});
  for (int looks = 0; looks < 5; ++looks) {
    REQUIRE(await(observer->sweep()).has_value());
    clock().advance(seconds{5});
  }
  CHECK(one("select state from nowd.node where node = '" + quiet->node() + "'") == "alive");
}

TEST_CASE_METHOD(Sessions,
                 "an operation that meets a lock is tried again behind the others, and after 10 s it says so") {
  auto ledger = loaded();
  pg::Connection holder(superuser(), "holder");
  auto lock = std::make_unique<pg::Transaction>(holder);
  lock->run({"hold", "select from nowd.fleet for update"});
  auto load = begin(ledger->load_jobs(jobs_of({job_named("c")})));
  CHECK(await(ledger->sweep()).has_value());
  CHECK(!ledger->lock_in_the_way());
  clock().advance(seconds{11});
  until([&] { return ledger->lock_in_the_way().has_value(); });
  CHECK(ledger->lock_in_the_way()->find("count_load") != std::string::npos);
  CHECK(await(ledger->sweep()).has_value());
  CHECK(clock().tick() - ledger->confirmed() < seconds{1});
  CHECK(!load->has_value());
  lock.reset();
  CHECK(finish(load).has_value());
  until([&] { return !ledger->lock_in_the_way(); });
}

TEST_CASE_METHOD(Sessions, "settings of the role or the database change nothing of what a daemon does") {
  const std::string name = one("select current_database()");
  for (const char* setting :
       {"statement_timeout = '1s'", "lock_timeout = '1s'", "idle_in_transaction_session_timeout = '1s'",
        "default_transaction_isolation = 'serializable'", "default_transaction_read_only = on",
        "default_transaction_deferrable = on", "synchronous_commit = off", "search_path = public",
        "datestyle = 'German'", "intervalstyle = 'sql_standard'", "bytea_output = 'escape'",
        "timezone = 'Asia/Kolkata'", "standard_conforming_strings = off", "client_encoding = 'LATIN1'",
        "extra_float_digits = -5"})
    sql("alter database " + name + " set " + setting);
  auto ledger = loaded();
  due("a");
  const ClaimedRun run = claim(*ledger, jobs).runs.at(0);
  Facts facts = end(RunState::failed);
  facts.bodies.push_back({BodyPart::output, 0, "Grüße, 東京 \\'"});
  CHECK(!await(ledger->write_facts(run.claim, facts))->fenced);
  CHECK(one("select content from nowd.body") == "Grüße, 東京 \\'");
  pg::Connection connection(conninfo(), "test");
  pg::Transaction transaction(connection);
  const auto shown = [&](const char* setting) { return *transaction.run({setting, setting}).rows.at(0)[0]; };
  CHECK(shown("show statement_timeout") == "0");
  CHECK(shown("show synchronous_commit") == "on");
  CHECK(shown("show transaction_isolation") == "read committed");
  CHECK(shown("show transaction_read_only") == "off");
}

TEST_CASE_METHOD(
    Sessions,
    "months are made while advisory locks are held by a role without rights, and a reader waits for nothing") {
  auto ledger = loaded();
  pg::Connection rival(superuser(), "rival");
  pg::Transaction held(rival);
  held.run({"hold", "select pg_advisory_lock(hashtext('nowd.ensure_partitions'))"});
  sql("insert into nowd.body (run, part, seq, content, recorded_at) select n, 'output', 0, 'x', "
      "'2031-05-01Z'::timestamptz"
      " + n * interval '20 days' from generate_series(0, 4) n");
  CHECK(await(ledger->make_months()).value() == 0);
  CHECK(one("select count(*) from nowd.body_default") == "0");
  CHECK(one("select string_agg(distinct tableoid::regclass::text, ' ' order by tableoid::regclass::text) from "
            "nowd.body") == "nowd.body_2031_05 nowd.body_2031_06 nowd.body_2031_07");

  // A month that is needed while somebody reads all of them comes later: those who write do not queue behind it.
  pg::Connection reader(superuser(), "reader");
  pg::Transaction reading(reader);
  reading.run({"read", "select count(*) from nowd.body"});
  sql("insert into nowd.body (run, part, seq, content, recorded_at) values (9, 'output', 0, 'x', '2032-05-01Z')");
  CHECK(await(ledger->make_months()).value() == 1);
  CHECK(one("select count(*) from nowd.body_default") == "1");
}

namespace {

/// A server whose cluster can be put back to what it was.
struct Cluster {
  std::filesystem::path directory;
  std::optional<PrivatePostgres> server;

  Cluster() {
    char name[] = "/tmp/nowd-pg-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    directory = name;
    start();
    REQUIRE(migrate(server->conninfo(), {}).has_value());
  }
  ~Cluster() {
    if (server) server->stop();
    std::filesystem::remove_all(directory);
  }
  void start() {
    auto started = PrivatePostgres::start({directory, false});
    REQUIRE(started.has_value());
    server.emplace(std::move(*started));
  }
  void shell(const std::string& command) const {
    REQUIRE(std::system(("cd '" + directory.string() + "' && " + command).c_str()) == 0);
  }
  void save() {
    server->stop();
    shell("cp -a postgres saved");
    start();
  }
  void put_back(bool promoted) {
    server->stop();
    shell("rm -rf postgres && mv saved postgres");
    if (promoted) shell("cp -a postgres/PG_VERSION postgres/standby.signal");
    start();
    if (promoted) CHECK(one("select pg_promote()") == "t");
  }
  std::string one(const char* statement) const {
    pg::Connection connection(server->conninfo(), "test");
    pg::Transaction transaction(connection);
    return transaction.run({"one", statement}).rows.at(0)[0].value_or("null");
  }
};

}  // namespace

TEST_CASE_METHOD(Sessions, "a server that lost confirmed commits holds all daemons, however few they were") {
  const bool promoted = GENERATE(true, false);
  CAPTURE(promoted);
  Cluster cluster;
  const auto on = [&](const char* host) {
    auto ledger = std::make_unique<PgLedger>(io().get_executor(), cluster.server->conninfo("nowd"), clock(),
                                             pg::NodeIdentity{host, 1, "test", {}, {}, {}, {}});
    REQUIRE(await(ledger->start()).has_value());
    REQUIRE(await(ledger->load_jobs(jobs)).has_value());
    return ledger;
  };
  auto busy = on("berlin"), idle = on("rome");
  REQUIRE(await(busy->sweep()).has_value());
  cluster.save();
  REQUIRE(await(busy->sweep()).has_value());
  cluster.put_back(promoted);
  if (promoted) {
    // It has lost nothing, and waits for the one that may have.
    const auto held = claim(*idle, jobs).held;
    REQUIRE(held.has_value());
    CHECK(held->cause == HoldCause::fleet);
    CHECK(held->detail.find("berlin") != std::string::npos);
  }
  const auto held = claim(*busy, jobs).held;
  REQUIRE(held.has_value());
  CHECK(held->cause == HoldCause::ledger);
  CHECK(held->detail.find("it had confirmed to this daemon") != std::string::npos);
  CHECK(claim(*idle, jobs).held == held);
  CHECK(cluster.one("select count(*) from nowd.hold where reason = 'restored'") == "1");
  CHECK(cluster.one("select nowd.accept_ledger('a standby was promoted')") == "1");
  pg::Connection connection(cluster.server->conninfo(), "test");
  pg::Transaction accept(connection);
  accept.run({"accept", "select nowd.accept_ledger('a standby was promoted')"});
  accept.commit();
  CHECK(!claim(*busy, jobs).held);
  CHECK(!claim(*idle, jobs).held);
}

TEST_CASE_METHOD(Sessions, "a promoted standby that lost nothing holds nobody, once all daemons have found it") {
  Cluster cluster;
  auto ledger = std::make_unique<PgLedger>(io().get_executor(), cluster.server->conninfo("nowd"), clock(),
                                           pg::NodeIdentity{"berlin", 1, "test", {}, {}, {}, {}});
  REQUIRE(await(ledger->start()).has_value());
  REQUIRE(await(ledger->load_jobs(jobs)).has_value());
  cluster.save();
  cluster.put_back(true);
  CHECK(!claim(*ledger, jobs).held);
  CHECK(cluster.one("select count(*) from nowd.hold") == "0");
}
