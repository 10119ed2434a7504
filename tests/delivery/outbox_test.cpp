// What an attempt's outcome means for the message.
#include "domain/delivery/outbox.hpp"
#include "domain/clocks/clock_runs.hpp"
#include "domain/delivery/sink.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;
using What = SendOutcome::What;

namespace {

const Instant now = at("2026-06-01T07:00:00Z");
const Instant tomorrow = now + hours{24};

SendOutcome outcome(What what) {
  SendOutcome out;
  out.what = what;
  return out;
}

milliseconds wait_after(int attempts, double spread) {
  const auto step = after_attempt(outcome(What::again), attempts, now, tomorrow, spread);
  REQUIRE(step.next_at.has_value());
  return std::chrono::duration_cast<milliseconds>(*step.next_at - now);
}

}  // namespace

TEST_CASE("delivered, failed and unknown are ends: nothing is tried again") {
  CHECK(after_attempt(outcome(What::delivered), 1, now, tomorrow, 0.5) == DeliveryStep{DeliveryState::delivered, {}});
  CHECK(after_attempt(outcome(What::failed), 1, now, tomorrow, 0.5) == DeliveryStep{DeliveryState::failed, {}});
  CHECK(after_attempt(outcome(What::unknown), 1, now, tomorrow, 0.5) == DeliveryStep{DeliveryState::unknown, {}});
  // A receipt that comes late is a receipt.
  CHECK(after_attempt(outcome(What::delivered), 1, tomorrow, now, 0.5).state == DeliveryState::delivered);
}

TEST_CASE("waits double from five seconds to five minutes, and chance takes up to half of one") {
  CHECK(wait_after(1, 0.0) == milliseconds{2'500});
  CHECK(wait_after(1, 0.5) == milliseconds{3'750});
  CHECK(wait_after(2, 0.0) == milliseconds{5'000});
  CHECK(wait_after(4, 0.0) == milliseconds{20'000});
  CHECK(wait_after(7, 0.0) == milliseconds{150'000});
  CHECK(wait_after(1'000'000, 0.0) == milliseconds{150'000});
  CHECK(wait_after(1'000'000, 0.999) < milliseconds{300'000});
}

TEST_CASE("a sink that asks for patience gets it, and one that asks for haste does not") {
  SendOutcome busy = outcome(What::again);
  busy.retry_after = minutes{20};
  CHECK(after_attempt(busy, 1, now, tomorrow, 0).next_at == now + minutes{20});
  busy.retry_after = milliseconds{1};
  CHECK(after_attempt(busy, 1, now, tomorrow, 0).next_at == now + milliseconds{2'500});
}

TEST_CASE("a message that expires before its next attempt gets one last attempt, and none after that") {
  const Instant soon = now + seconds{60};
  CHECK(after_attempt(outcome(What::again), 8, now, soon, 0) ==
        DeliveryStep{DeliveryState::pending, now + seconds{55}});
  CHECK(after_attempt(outcome(What::again), 8, soon, soon, 0) == DeliveryStep{DeliveryState::expired, {}});
  CHECK(after_attempt(outcome(What::again), 8, soon + seconds{1}, soon, 0).state == DeliveryState::expired);
}

TEST_CASE("the words of the ledger read back as what they were written from") {
  for (const auto state : {DeliveryState::pending, DeliveryState::sending, DeliveryState::delivered,
                           DeliveryState::failed, DeliveryState::unknown, DeliveryState::expired, DeliveryState::shown})
    CHECK(parse_delivery_state(to_string(state)) == state);
  for (const auto purpose : {Purpose::output, Purpose::alert, Purpose::recovery, Purpose::heartbeat})
    CHECK(parse_purpose(to_string(purpose)) == purpose);
  CHECK_FALSE(parse_delivery_state("sent"));
}

TEST_CASE("addresses of a mail that wait are not forgotten by an attempt that did not reach the server") {
  const std::string waiting = "waiting for a@example.com, b@example.com: 450 later";
  CHECK(with_waiting(waiting, "password: gone") == "waiting for a@example.com, b@example.com: password: gone");
  CHECK(with_waiting(waiting, "waiting for b@example.com: 451") == "waiting for b@example.com: 451");
  CHECK(with_waiting("450 later", "451 later") == "451 later");
  CHECK(with_waiting("", "451 later") == "451 later");
}
