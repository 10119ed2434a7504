#include "ledger/contract_world.hpp"
#include "ledger/outbox.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// One job, one daemon, and the messages that its runs leave.
struct Outgoing {
  std::unique_ptr<World> world = make_world();
  JobsSnapshot jobs = jobs_of({job_named("a")});
  Ledger* ledger = &world->daemon_with(jobs);
  std::vector<AlertNews> news;

  Outbox& outbox() { return dynamic_cast<Outbox&>(*ledger); }
  /// The daemon is killed; its successor is `ledger` from now on.
  void killed() { ledger = &world->daemon(world->node_of(*ledger)); }

  /// A run that succeeds, with one message to each of these sinks.
  void succeed(const std::vector<std::string>& sinks, const std::string& key, seconds valid = hours{1}) {
    world->due("a");
    const ClaimedRun run = world->claim(*ledger, jobs).runs.at(0);
    Facts facts = world->end(RunState::succeeded);
    facts.bodies.push_back({BodyPart::output, 0, "the text"});
    const Instant made = world->now() - minutes{1};
    for (const std::string& sink : sinks)
      facts.end->deliveries.push_back(
          {sink, Purpose::output, key + ' ' + sink, "subject", {}, made, made + minutes{1} + valid});
    REQUIRE(world->write(*ledger, run.claim, std::move(facts)));
  }
  std::vector<QueuedDelivery> take(std::set<std::string> once = {}, std::set<std::string> busy = {}) {
    const auto sinks_of = [this](const AlertNews& each) {
      news.push_back(each);
      return std::vector<std::string>{"ops"};
    };
    return world->await(outbox().take_deliveries({10, std::move(busy), std::move(once), sinks_of}))->messages;
  }
  void settle(const QueuedDelivery& message, DeliveryState state, std::optional<Instant> next = {}) {
    SendOutcome outcome;
    outcome.what = state == DeliveryState::delivered ? SendOutcome::What::delivered : SendOutcome::What::again;
    outcome.detail = "said so";
    REQUIRE(world->await(outbox().settle_delivery(message, outcome, {state, next})).has_value());
  }
  /// "hook mail", in their order.
  static std::string sinks_of(const std::vector<QueuedDelivery>& messages) {
    std::string all;
    for (const QueuedDelivery& each : messages) all += (all.empty() ? "" : " ") + each.sink;
    return all;
  }
  void report() {
    std::vector<Trouble> troubles{
        {AlertKind::held, "claims", "refused", "nothing starts", "", {}, world->now() - hours{1}}};
    REQUIRE(world->await(outbox().report_troubles(std::move(troubles))).has_value());
  }
};

}  // namespace

TEST_CASE_METHOD(Outgoing, "the messages of an end leave with the output of their run, each once") {
  succeed({"hook", "mail"}, "one");
  const auto messages = take();
  REQUIRE(sinks_of(messages) == "hook mail");
  CHECK(messages[0].delivery.text == "the text");
  CHECK(messages[0].delivery.key == "one hook");
  CHECK(messages[0].delivery.run_state == "succeeded");
  CHECK(messages[0].delivery.attempt == 1);
  CHECK(take().empty());
  settle(messages[0], DeliveryState::delivered);
  CHECK(take().empty());
}

TEST_CASE_METHOD(Outgoing, "a message with a key that is there is not queued again") {
  succeed({"hook"}, "one");
  succeed({"hook"}, "one");
  CHECK(take().size() == 1);
}

TEST_CASE_METHOD(Outgoing, "a sink that is busy gets nothing, and its messages wait") {
  succeed({"hook", "mail"}, "one");
  CHECK(sinks_of(take({}, {"hook"})) == "mail");
  CHECK(sinks_of(take()) == "hook");
}

TEST_CASE_METHOD(Outgoing, "a message that was not taken comes again at its time, and not before") {
  succeed({"hook"}, "one");
  settle(take().at(0), DeliveryState::pending, world->now() + hours{1});
  CHECK(take().empty());
  succeed({"mail"}, "two");
  settle(take().at(0), DeliveryState::pending, world->now() - seconds{1});
  const auto again = take();
  REQUIRE(sinks_of(again) == "mail");
  CHECK(again[0].delivery.attempt == 2);
  CHECK(again[0].delivery.last_detail == "said so");
}

TEST_CASE_METHOD(Outgoing, "a message whose validity has passed is not sent, and that is a trouble") {
  succeed({"hook"}, "one", seconds{-1});
  CHECK(take().empty());
}

TEST_CASE_METHOD(Outgoing, "a daemon that dies leaves its messages: again where the sink recognises it, else never") {
  succeed({"hook", "mail"}, "one");
  REQUIRE(take({"mail"}).size() == 2);
  killed();
  const auto again = take({"mail"});
  REQUIRE(sinks_of(again) == "hook ops");  // an alert about the mail
  CHECK(again[0].delivery.attempt == 2);
}

TEST_CASE_METHOD(Outgoing, "an outcome that comes from a daemon without the message changes nothing") {
  succeed({"hook"}, "one");
  const QueuedDelivery before = take().at(0);
  Ledger* dead = ledger;
  killed();
  const QueuedDelivery again = take().at(0);
  Ledger* living = std::exchange(ledger, dead);
  settle(before, DeliveryState::delivered);
  ledger = living;
  settle(again, DeliveryState::pending, world->now() - seconds{1});
  CHECK(take().size() == 1);
}

TEST_CASE_METHOD(Outgoing, "a message that its living daemon lost is given back after two sweeps") {
  succeed({"hook"}, "one");
  REQUIRE(take().size() == 1);
  for (int k = 0; k < 2; ++k) REQUIRE(world->await(ledger->sweep(Ledger::Serving{})).has_value());
  CHECK(take().size() == 1);
}

TEST_CASE_METHOD(Outgoing, "troubles of one cause make one message, and their end another") {
  report();
  report();
  const auto messages = take();
  REQUIRE(sinks_of(messages) == "ops");
  CHECK(messages[0].delivery.purpose == Purpose::alert);
  REQUIRE(news.size() == 1);
  CHECK(news[0].count == 2);
  report();
  CHECK(take().empty());
  REQUIRE(world->await(outbox().resolve_trouble(AlertKind::held, "claims")).has_value());
  const auto over = take();
  REQUIRE(sinks_of(over) == "ops");
  CHECK(over[0].delivery.purpose == Purpose::recovery);
}
