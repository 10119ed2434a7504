#include "runtime/accounts/account_record.hpp"

#include "ledger/memory/memory_ledger.hpp"
#include "net/io.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

ProviderConfig provider(SecretSource::Kind kind = SecretSource::Kind::file) {
  ProviderConfig out;
  out.name = "primary";
  out.api = "anthropic";
  out.key = {kind, "/etc/nowd/key of mine"};
  return out;
}

ModelOutcome failed(int status) {
  ModelOutcome out;
  out.remote = "https://api.example.com:443";
  out.http_status = status;
  out.reply.stop = Stop::provider_error;
  out.reply.detail = "no money";
  return out;
}

/// One daemon after the other on one ledger.
struct Daemons {
  Daemons() { restart(); }

  void restart() {
    keys = std::make_shared<ProviderAccounts>();
    record = std::make_shared<AccountRecord>(io.get_executor(), ledger, *keys, clock);
    dead.emplace_back(keys, record);  // their coroutines wait for ever
    run(io, record->restore());
    boost::asio::co_spawn(io, record->run(), [](std::exception_ptr) {});
    settle();
  }
  void settle() {
    io.restart();
    io.poll();
  }
  CallMoment moment() { return {.now = clock.tick(), .left = minutes{10}}; }
  void fails(int status, int times = 1) {
    for (int i = 0; i < times; ++i) keys->learn(provider(), failed(status), moment());
    settle();
  }
  std::vector<AccountRow> rows() { return run(io, ledger.account_rows()).value(); }

  VirtualClock clock{parse_rfc3339("2026-06-01T00:00:00Z").value()};
  boost::asio::io_context io;
  memory::Store store;
  MemoryLedger ledger{store, clock};
  std::vector<std::pair<std::shared_ptr<ProviderAccounts>, std::shared_ptr<AccountRecord>>> dead;
  std::shared_ptr<ProviderAccounts> keys;
  std::shared_ptr<AccountRecord> record;
};

}  // namespace

TEST_CASE_METHOD(Daemons, "a key that is in order is not written down, however often it is called") {
  for (int i = 0; i < 5; ++i) keys->admit(provider(), moment());
  fails(503, 4);
  CHECK(store.keys.empty());
}

TEST_CASE_METHOD(Daemons, "an open breaker is written down when it opens, and survives a restart with its time") {
  fails(503, 5);
  REQUIRE(rows().size() == 1);
  const AccountRow row = rows().at(0);
  CHECK(row.credential == "file /etc/nowd/key of mine");
  CHECK(row.provider == "primary");
  CHECK(row.state == AccountStanding::State::open);
  CHECK(row.since == clock.now());
  CHECK(row.until == clock.now() + seconds{30});
  CHECK(row.overloads == 5);

  clock.advance(seconds{10});
  restart();
  const Admission held = keys->admit(provider(), moment());
  REQUIRE(std::holds_alternative<Refused>(held));
  CHECK(std::get<Refused>(held).retry_after == seconds{20});
  clock.advance(seconds{20});
  CHECK(keys->admit(provider(), moment()) == Admission(Go{}));
  settle();
  CHECK(rows().at(0).state == AccountStanding::State::half_open);
  keys->learn(provider(), failed(400), moment());  // it answers, whatever it says
}

TEST_CASE_METHOD(Daemons, "when it works again, no row says otherwise") {
  fails(503, 5);
  clock.advance(seconds{30});
  keys->admit(provider(), moment());
  ModelOutcome good = failed(200);
  good.reply.stop = Stop::complete;
  keys->learn(provider(), good, moment());
  settle();
  CHECK(rows().empty());
  CHECK(store.keys.size() == 1);
  restart();
  CHECK(keys->admit(provider(), moment()) == Admission(Go{}));
}

TEST_CASE_METHOD(Daemons, "a pause for want of money survives a restart, and a reload ends it there too") {
  fails(402);
  REQUIRE(rows().size() == 1);
  CHECK(rows().at(0).state == AccountStanding::State::paused);
  CHECK(rows().at(0).cause == "no money");
  CHECK(rows().at(0).until == clock.now() + minutes{15});
  restart();
  CHECK(std::holds_alternative<Refused>(keys->admit(provider(), moment())));
  keys->configure(Config{});
  settle();
  CHECK(rows().empty());
  CHECK(keys->admit(provider(), moment()) == Admission(Go{}));
}

TEST_CASE("a row comes back as what was written; one of a newer nowd is left out") {
  VirtualClock clock{parse_rfc3339("2026-06-01T00:00:00Z").value()};
  const Reading now = clock.read();
  const AccountStanding standing{AccountStanding::State::half_open, now.boot + seconds{5}, "it was overloaded", 7};
  const ProviderAccounts::Change change{{"gemini", "", SecretSource::Kind::none, ""}, "p", standing};
  const AccountRow row = row_of(change, now);
  CHECK(row.credential == "none");
  const auto kept = saved_account(row, now);
  REQUIRE(kept);
  CHECK(kept->key == change.key);
  CHECK(kept->standing == standing);
  AccountRow newer = row;
  newer.credential = "vault x";
  CHECK_FALSE(saved_account(newer, now));
}

TEST_CASE("a pause of a key from the environment is not taken up: a restart is how such a key is changed") {
  ProviderAccounts keys;
  const ProviderConfig from_env = provider(SecretSource::Kind::env);
  const Tick now{seconds{1000}};
  keys.restore({from_env.api, from_env.base_url, from_env.key.kind, from_env.key.name}, "primary", now,
               {AccountStanding::State::paused, now + minutes{5}, "no money", 0});
  CHECK(keys.admit(from_env, {.now = now, .left = minutes{10}}) == Admission(Go{}));
}
