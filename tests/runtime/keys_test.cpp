#include "runtime/accounts/provider_accounts.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

constexpr Tick start{seconds{1000}};

ProviderConfig provider(std::string name = "primary", std::string key = "OPENAI_API_KEY") {
  ProviderConfig out;
  out.name = std::move(name);
  out.api = "openai-chat";
  out.base_url = "https://api.example.com/v1";
  out.key = {SecretSource::Kind::env, std::move(key)};
  return out;
}

CallMoment at(seconds after, int attempt = 1) {
  return {.now = start + after, .left = minutes{10}, .attempt = attempt, .dice = 0};
}

ModelOutcome failed(int status, std::string code = "") {
  ModelOutcome out;
  out.remote = "https://api.example.com:443";
  out.http_status = status;
  out.reply.stop = Stop::provider_error;
  out.reply.stop_raw = std::move(code);
  out.reply.detail = "as the server said";
  return out;
}

ModelOutcome answer() {
  ModelOutcome out = failed(200);
  out.reply.stop = Stop::complete;
  return out;
}

bool goes(ProviderAccounts& keys, const ProviderConfig& to, seconds after) {
  return keys.admit(to, at(after)) == Admission(Go{});
}

Refused refused(const Admission& admission) {
  const auto* no = std::get_if<Refused>(&admission);
  return no == nullptr ? Refused{RetryClass::never, {}, "it was let go"} : *no;
}

void overload(ProviderAccounts& keys, const ProviderConfig& to, int times = 5) {
  for (int i = 0; i < times; ++i) keys.learn(to, failed(503), at(seconds{0}));
}

}  // namespace

TEST_CASE("what did not fail on the way is nothing to retry, whatever the model said") {
  ProviderAccounts keys;
  CHECK_FALSE(keys.learn(provider(), answer(), at(seconds{0})));
  ModelOutcome filtered = answer();
  filtered.reply.stop = Stop::filtered;
  CHECK_FALSE(keys.learn(provider(), filtered, at(seconds{0})));
}

TEST_CASE("a rate limit makes the call again after the wait, and holds back all others until then") {
  ProviderAccounts keys;
  ModelOutcome limited = failed(429);
  limited.retry_after = seconds{7};
  CHECK(keys.learn(provider(), limited, at(seconds{0})) == RetryDecision(RetryLater{seconds{7}}));
  CHECK(keys.admit(provider(), at(seconds{2})) == Admission(Go{seconds{5}}));
  CHECK(goes(keys, provider(), seconds{7}));
}

TEST_CASE("a rate limit that lasts longer than the run has is put off, and refuses those that cannot wait for it") {
  ProviderAccounts keys;
  ModelOutcome limited = failed(429);
  limited.retry_after = minutes{30};
  CHECK(keys.learn(provider(), limited, at(seconds{0})) == RetryDecision(Defer{minutes{30}}));
  const Refused no = refused(keys.admit(provider(), at(seconds{60})));
  CHECK(no.retry == RetryClass::wait);
  CHECK(no.retry_after == minutes{29});
}

TEST_CASE(
    "limits in the headers of a good answer spread the runs that follow, not the calls of one that is under way") {
  ProviderAccounts keys;
  ModelOutcome good = answer();
  good.limits.each = {{.of = "requests", .limit = 100, .remaining = 2, .resets_in = seconds{60}}};
  keys.learn(provider(), good, at(seconds{0}));
  CHECK(keys.admit(provider(), at(seconds{0})) == Admission(Go{seconds{20}}));
  CHECK(keys.admit(provider(), at(seconds{0})) == Admission(Go{seconds{30}}));
  CallMoment under_way = at(seconds{0});
  under_way.under_way = true;
  CHECK(keys.admit(provider(), under_way) == Admission(Go{}));
}

TEST_CASE("a limit of the day that is near holds no run for hours: what is left of it may be used") {
  ProviderAccounts keys;
  ModelOutcome good = answer();
  good.limits.each = {{.of = "requests", .limit = 1000, .remaining = 15, .resets_in = hours{2}}};
  keys.learn(provider(), good, at(seconds{0}));
  CHECK(keys.admit(provider(), at(seconds{0})) == Admission(Go{seconds{30}}));
  CallMoment hurried = at(seconds{0});
  hurried.left = seconds{9};
  CHECK(keys.admit(provider(), hurried) == Admission(Go{seconds{2}}));
}

TEST_CASE("where a server says how long to wait, the reset of its limits is not asked") {
  ProviderAccounts keys;
  ModelOutcome limited = failed(429);
  limited.retry_after = seconds{1};
  limited.limits.each = {{.of = "tokens", .limit = 10'000, .remaining = 0, .resets_in = minutes{6}}};
  CHECK(keys.learn(provider(), limited, at(seconds{0})) == RetryDecision(RetryLater{seconds{1}}));
  CHECK(goes(keys, provider(), seconds{1}));
}

TEST_CASE("a limit without its remainder or its reset teaches nothing") {
  ProviderAccounts keys;
  ModelOutcome good = answer();
  good.limits.each = {{.of = "requests", .limit = 100, .remaining = 0, .resets_in = {}},
                      {.of = "tokens", .limit = 100, .remaining = {}, .resets_in = seconds{60}}};
  keys.learn(provider(), good, at(seconds{0}));
  CHECK(goes(keys, provider(), seconds{0}));
}

TEST_CASE("two providers of one server and one credential are one key; another credential, server or api is another") {
  ProviderAccounts keys;
  overload(keys, provider("primary"));
  CHECK(refused(keys.admit(provider("cheap"), at(seconds{1}))).retry == RetryClass::overload);
  CHECK(&keys.state_of(provider("primary")) == &keys.state_of(provider("cheap")));

  CHECK(goes(keys, provider("primary", "OTHER_KEY"), seconds{1}));
  ProviderConfig same_name = provider();
  same_name.key.kind = SecretSource::Kind::credential;
  CHECK(goes(keys, same_name, seconds{1}));
  ProviderConfig elsewhere = provider();
  elsewhere.base_url = "https://other.example.com/v1";
  CHECK(goes(keys, elsewhere, seconds{1}));
  ProviderConfig other_api = provider();
  other_api.api = "openai-responses";
  CHECK(goes(keys, other_api, seconds{1}));
}

TEST_CASE("a call held back by an open breaker is decided as one that the server would have refused") {
  ProviderAccounts keys;
  overload(keys, provider());
  const Refused no = refused(keys.admit(provider(), at(seconds{10})));
  CHECK(no.retry_after == seconds{20});
  CHECK(ProviderAccounts::decide_held_back(no, at(seconds{10})) == RetryDecision(RetryLater{seconds{20}}));
  CallMoment late = at(seconds{10});
  late.left = seconds{15};
  CHECK(ProviderAccounts::decide_held_back(no, late) == RetryDecision(Defer{seconds{20}}));
}

TEST_CASE("no money pauses the key for all jobs, without a retry; a configuration read anew lifts it") {
  ProviderAccounts keys;
  CHECK(keys.learn(provider(), failed(429, "insufficient_quota"), at(seconds{0})) == RetryDecision(PauseKey{}));
  const Refused no = refused(keys.admit(provider("cheap"), at(seconds{60})));
  CHECK(no.retry == RetryClass::money);
  CHECK(no.why.find("as the server said") != std::string::npos);
  CHECK(ProviderAccounts::decide_held_back(no, at(seconds{60})) == RetryDecision(PauseKey{}));
  keys.resume();
  CHECK(goes(keys, provider("cheap"), seconds{60}));
}

TEST_CASE("a pass that is abandoned lets another call look whether the provider works; one that is settled does not") {
  ProviderAccounts keys;
  overload(keys, provider());
  REQUIRE(goes(keys, provider(), seconds{30}));
  REQUIRE(refused(keys.admit(provider(), at(seconds{31}))).retry == RetryClass::overload);
  SECTION("abandoned") {
    {
      const ProviderAccounts::Pass pass(keys.state_of(provider()));
    }
    CHECK(goes(keys, provider(), seconds{31}));
  }
  SECTION("settled") {
    {
      ProviderAccounts::Pass pass(keys.state_of(provider()));
      pass.settled();
    }
    CHECK(refused(keys.admit(provider(), at(seconds{31}))).retry == RetryClass::overload);
  }
  SECTION("answered") {
    keys.learn(provider(), answer(), at(seconds{31}));
    CHECK(goes(keys, provider(), seconds{31}));
    CHECK(goes(keys, provider(), seconds{31}));
  }
}

TEST_CASE("a request that can never work says nothing of the provider's health") {
  ProviderAccounts keys;
  for (int i = 0; i < 10; ++i) CHECK(keys.learn(provider(), failed(400), at(seconds{0})) == RetryDecision(GiveUp{}));
  CHECK(goes(keys, provider(), seconds{0}));
}

TEST_CASE("retries of all jobs draw on the key's one budget of them") {
  ProviderAccounts keys;
  int made_again = 0;
  for (int i = 0; i < 30; ++i) {
    const auto decision = keys.learn(provider(), failed(429), at(seconds{0}));
    if (decision && std::holds_alternative<RetryLater>(*decision)) ++made_again;
  }
  CHECK(made_again == 10);
}

TEST_CASE("a call that is held back is no attempt and no retry: it waits as long as it takes, within the run's time") {
  ProviderAccounts keys;
  overload(keys, provider());
  for (int i = 0; i < 50; ++i) {
    const Refused no = refused(keys.admit(provider(), at(seconds{1}, 9)));
    CHECK(ProviderAccounts::decide_held_back(no, at(seconds{1}, 9)) == RetryDecision(RetryLater{seconds{29}}));
  }
  CHECK(keys.state_of(provider()).may_retry(start + seconds{1}));
}

TEST_CASE("who is not the one that looks whether a provider works waits a while, and does not ask in a hurry") {
  ProviderAccounts keys;
  overload(keys, provider());
  REQUIRE(goes(keys, provider(), seconds{30}));
  CHECK(refused(keys.admit(provider(), at(seconds{31}))).retry_after == seconds{10});
}

TEST_CASE("another credential lifts the pause at once; the same one, read anew, does not") {
  std::string secret = "sk-old";
  ProviderAccounts keys([&](const SecretSource&) -> Result<Secret> { return Secret(secret); });
  REQUIRE(goes(keys, provider(), seconds{0}));
  CallMoment sent = at(seconds{0});
  sent.credential = keys.credential_of(provider());
  CHECK(sent.credential.find("sk-old") == std::string::npos);
  keys.learn(provider(), failed(402), sent);
  CHECK(refused(keys.admit(provider(), at(seconds{1}))).retry == RetryClass::money);
  secret = "sk-new";
  CHECK(goes(keys, provider(), seconds{2}));

  SECTION("an answer to a call that was sent with the old one does not pause the new one") {
    keys.learn(provider(), failed(402), sent);
    CHECK(goes(keys, provider(), seconds{3}));
  }
  SECTION("the new one has no money either") {
    sent.credential = keys.credential_of(provider());
    keys.learn(provider(), failed(402), sent);
    CHECK(refused(keys.admit(provider(), at(seconds{3}))).retry == RetryClass::money);
  }
}

TEST_CASE("a credential that cannot be read just now lifts nothing") {
  bool readable = true;
  ProviderAccounts keys([&](const SecretSource&) -> Result<Secret> {
    if (!readable) return unavailable("the file is not there");
    return Secret("sk-one");
  });
  REQUIRE(goes(keys, provider(), seconds{0}));
  CallMoment sent = at(seconds{0});
  sent.credential = keys.credential_of(provider());
  keys.learn(provider(), failed(402), sent);
  readable = false;
  CHECK(refused(keys.admit(provider(), at(seconds{1}))).retry == RetryClass::money);
}

TEST_CASE("limits of providers that share a key are one, the strictest; a reload changes them") {
  ProviderAccounts keys;
  Config config;
  config.providers["primary"] = provider("primary");
  config.providers["primary"].limits = {60, 1'000, {}};
  config.providers["cheap"] = provider("cheap");
  config.providers["cheap"].limits = {30, {}, 500};
  config.providers["other"] = provider("other", "OTHER_KEY");
  keys.configure(config);
  REQUIRE(keys.queue_of(provider("cheap")) != nullptr);
  CHECK(keys.queue_of(provider("cheap")) == keys.queue_of(provider("primary")));
  CHECK(keys.queue_of(provider("cheap"))->limits() == AccountLimits{30, 1'000, 500});
  CHECK(keys.queue_of(provider("other", "OTHER_KEY")) == nullptr);
  keys.configure(Config{});
  CHECK(keys.queue_of(provider()) == nullptr);
}

TEST_CASE("what is told of a key is told when it changes, and not for each call") {
  ProviderAccounts keys;
  std::vector<AccountStanding::State> told;
  keys.observe([&](const ProviderAccounts::Change& change) { told.push_back(change.standing.state); });
  using enum AccountStanding::State;
  for (int i = 0; i < 10; ++i) goes(keys, provider(), seconds{0});
  CHECK(told.empty());
  overload(keys, provider(), 7);
  CHECK(told == std::vector{open});
  for (int i = 0; i < 10; ++i) keys.admit(provider(), at(seconds{5}));
  goes(keys, provider(), seconds{30});
  CHECK(told == std::vector{open, half_open});
  keys.learn(provider(), answer(), at(seconds{31}));
  CHECK(told == std::vector{open, half_open, closed});
}
