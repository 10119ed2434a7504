#include "ledger/contract_world.hpp"
#include "ledger/records.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

AccountRow open_key(Instant since) {
  return {"openai-chat",
          "https://api.example.com/v1",
          "env OPENAI_API_KEY",
          "primary",
          AccountStanding::State::open,
          since,
          since + seconds{30},
          "the provider was overloaded 5 times in a row; it is left alone",
          5};
}

}  // namespace

TEST_CASE("contract: how a key stands is there for the next daemon, as the last one wrote it") {
  const auto world = make_world();
  auto& first = dynamic_cast<AccountLedger&>(world->daemon());
  auto& second = dynamic_cast<AccountLedger&>(world->daemon());
  const Instant now = std::chrono::floor<seconds>(world->now());
  AccountRow paused{
      "anthropic", "", "file /etc/nowd/key", "spare", AccountStanding::State::paused, now, now + minutes{15},
      "no money",  0};
  CHECK(world->await(first.account_rows()).value().empty());
  REQUIRE(world->await(first.save_accounts({open_key(now), paused})).has_value());
  CHECK(world->await(second.account_rows()).value() == std::vector<AccountRow>{paused, open_key(now)});

  AccountRow half = open_key(now);
  half.state = AccountStanding::State::half_open;
  AccountRow closed{"anthropic", "", "file /etc/nowd/key", "spare", AccountStanding::State::closed, now, {}, "", 0};
  REQUIRE(world->await(second.save_accounts({half, closed})).has_value());
  CHECK(world->await(first.account_rows()).value() == std::vector<AccountRow>{half});
  CHECK(world->await(first.save_accounts({})).has_value());
}
