#include "domain/policy/account_state.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

constexpr Tick start{seconds{1000}};
constexpr milliseconds patience = minutes{5};

Refused refused(const Admission& admission) {
  const auto* no = std::get_if<Refused>(&admission);
  return no == nullptr ? Refused{RetryClass::never, {}, "it was let go"} : *no;
}
bool goes(AccountState& key, Tick now) { return key.admit(now, {.patience = patience}) == Admission(Go{}); }

}  // namespace

TEST_CASE("five overloads in a row open the breaker for everybody; one call finds out when it is over") {
  AccountState key;
  for (int i = 0; i < 4; ++i) key.record_overload(start);
  CHECK(goes(key, start));
  key.record_overload(start);
  CHECK(refused(key.admit(start, {.patience = patience})).retry_after == seconds{30});
  CHECK(refused(key.admit(start + seconds{29}, {.patience = patience})).retry_after == seconds{1});
  CHECK(goes(key, start + seconds{30}));
  CHECK(refused(key.admit(start + seconds{30}, {.patience = patience})).why.find("another run") != std::string::npos);
  SECTION("it works again") {
    key.record_answer();
    CHECK(goes(key, start + seconds{31}));
    CHECK(goes(key, start + seconds{31}));
  }
  SECTION("it does not: twice as long") {
    key.record_overload(start + seconds{30});
    CHECK(refused(key.admit(start + seconds{31}, {.patience = patience})).retry_after == seconds{59});
  }
  SECTION("the one that looked was cut: another one may") {
    key.record_abandoned();
    CHECK(goes(key, start + seconds{31}));
  }
}

TEST_CASE("an answer between overloads counts: they are not in a row") {
  AccountState key;
  for (int i = 0; i < 20; ++i) {
    key.record_overload(start);
    if (i % 4 == 3) key.record_answer();
  }
  CHECK(goes(key, start));
}

TEST_CASE("without money the key is left alone for a quarter of an hour, or until the configuration is read anew") {
  AccountState key;
  key.pause_without_money(start, "insufficient_quota");
  const Refused no = refused(key.admit(start + minutes{14}, {.patience = patience}));
  CHECK(no.retry == RetryClass::money);
  CHECK(no.why.find("insufficient_quota") != std::string::npos);
  SECTION("a reload") {
    key.resume();
    CHECK(goes(key, start + minutes{14}));
  }
  SECTION("time") { CHECK(goes(key, start + minutes{15})); }
}

TEST_CASE("near the end of a limit runs are spread over what is left, by seconds; further away they are not") {
  CHECK(spread_of({100, 50, seconds{60}}) == milliseconds{0});
  CHECK(spread_of({100, 10, seconds{60}}) == milliseconds{0});
  CHECK(spread_of({100, 2, seconds{60}}) == seconds{20});
  CHECK(spread_of({100, 0, seconds{20}}) == seconds{20});
  CHECK(spread_of({1000, 15, hours{2}}) == seconds{30});  // of a day: never long
  CHECK(spread_of({100'000, 9'000, seconds{55}, false}) == seconds{5});
  for (const LimitSeen& odd :
       {LimitSeen{0, 0, seconds{9}}, LimitSeen{-1, 0, seconds{9}}, LimitSeen{100, -1, seconds{9}},
        LimitSeen{100, 1, seconds{0}}, LimitSeen{100, 1, seconds{-9}}})
    CHECK(spread_of(odd) == milliseconds{0});

  AccountState key;
  key.spread_runs(start, seconds{20}, seconds{60});
  CHECK(key.admit(start, {.patience = patience}) == Admission(Go{seconds{20}}));
  CHECK(key.admit(start, {.patience = patience}) == Admission(Go{seconds{30}}));
  CHECK(goes(key, start + minutes{5}));
}

TEST_CASE("a forecast holds up no run that is under way, no retry, and refuses none that is in a hurry") {
  AccountState key;
  key.spread_runs(start, seconds{30}, hours{2});
  CHECK(key.admit(start, {.under_way = true, .patience = patience}) == Admission(Go{}));
  CHECK(key.admit(start, {.retry = true, .patience = patience}) == Admission(Go{}));
  CHECK(key.admit(start, {.patience = seconds{24}}) == Admission(Go{seconds{6}}));
  CHECK(key.admit(start, {.patience = milliseconds{0}}) == Admission(Go{}));
}

TEST_CASE("a limit that is far away again ends the spreading") {
  AccountState key;
  key.spread_runs(start, seconds{30}, hours{2});
  key.spread_runs(start + seconds{1}, milliseconds{0}, milliseconds{0});
  CHECK(goes(key, start + seconds{1}));
}

TEST_CASE("what a server asks one run to wait, all runs wait; and nobody longer than it can") {
  AccountState key;
  key.delay_calls(start, seconds{5});
  CHECK(key.admit(start + seconds{1}, {.patience = patience}) == Admission(Go{seconds{4}}));
  const Refused no = refused(key.admit(start, {.patience = seconds{3}}));
  CHECK(no.retry == RetryClass::wait);
  CHECK(no.retry_after == seconds{5});
}

TEST_CASE("how a key stands is told, and taken up after a restart by the same times") {
  using enum AccountStanding::State;
  AccountState key;
  CHECK(key.standing() == AccountStanding{});
  for (int i = 0; i < 5; ++i) key.record_overload(start);
  const AccountStanding open_one = key.standing();
  CHECK(open_one.state == open);
  CHECK(open_one.until == start + seconds{30});
  CHECK(open_one.overloads == 5);

  AccountState again;
  again.restore(start + seconds{10}, open_one);
  CHECK(refused(again.admit(start + seconds{10}, {.patience = patience})).retry_after == seconds{20});
  CHECK(goes(again, start + seconds{30}));
  CHECK(again.standing().state == half_open);
  CHECK(refused(again.admit(start + seconds{30}, {.patience = patience})).retry == RetryClass::overload);
  again.record_answer();
  CHECK(again.standing() == AccountStanding{});
}

TEST_CASE("a pause is taken up too, one that is over is not, and what was learnt since then is better") {
  AccountState key;
  key.pause_without_money(start, "insufficient_quota");
  const AccountStanding paused = key.standing();
  CHECK(paused.cause == "insufficient_quota");
  AccountState again;
  SECTION("still paused") {
    again.restore(start + minutes{5}, paused);
    CHECK(refused(again.admit(start + minutes{14}, {.patience = patience})).retry == RetryClass::money);
    CHECK(goes(again, start + minutes{15}));
  }
  SECTION("over") {
    again.restore(start + minutes{15}, paused);
    CHECK(again.standing() == AccountStanding{});
  }
  SECTION("a time that lies ahead by more than a pause is a clock that was set") {
    AccountStanding far = paused;
    far.until = start + hours{24};
    again.restore(start, far);
    CHECK(goes(again, start + minutes{15}));
  }
  SECTION("something was learnt") {
    again.record_overload(start);
    again.restore(start, paused);
    CHECK(again.standing().state == AccountStanding::State::closed);
  }
}

TEST_CASE("a key that is shut is told without letting anybody look") {
  AccountState key;
  CHECK_FALSE(key.refusal(start));
  for (int i = 0; i < 5; ++i) key.record_overload(start);
  CHECK(key.refusal(start).value().retry == RetryClass::overload);
  CHECK_FALSE(key.refusal(start + seconds{30}));
}
