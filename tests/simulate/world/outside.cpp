#include "simulate/world/outside.hpp"

#include "net/http/http_client.hpp"
#include "simulate/world/world.hpp"

namespace nowd::sim {
namespace {

/// The bases of the fakes need a loop and a client, and use neither.
struct Unused {
  boost::asio::io_context io;
  SystemClock clock;
  HttpClient http{io.get_executor(), clock};
};
Unused& unused() {
  static Unused all;
  return all;
}
const SecretReader no_secrets = [](const SecretSource&) { return Result<Secret>(Secret()); };

const std::string origin = "https://model.example:443";

ModelReply reply_with(Stop stop, std::string raw, std::string text) {
  ModelReply reply;
  reply.stop = stop;
  reply.stop_raw = std::move(raw);
  reply.text = std::move(text);
  reply.usage = Usage{5, 0, 10, 0};
  return reply;
}

bool has_results(const ModelRequest& request) {
  for (const Message& message : request.messages)
    if (message.role == Message::Role::tool) return true;
  return false;
}

}  // namespace

/// Calls the tool once or twice in most runs, then answers.
ModelReply OutsideModel::good_reply(const ModelRequest& request) {
  if (request.tools.empty() || has_results(request) || world_.dice.chance(25))
    return reply_with(Stop::complete, "stop", "done");
  ModelReply reply = reply_with(Stop::tool_call, "tool_calls", "");
  for (std::int64_t k = world_.dice.between(1, 2); k > 0; --k)
    reply.calls.push_back({"call-" + std::to_string(k), "post", "{}"});
  return reply;
}

ModelReply OutsideModel::command_reply() {
  if (world_.lasting(FaultKind::models_wrong) == nullptr || world_.dice.chance(40))
    return reply_with(Stop::complete, "exit 0", "done");
  ModelReply reply = reply_with(Stop::provider_error, "exit 1", "");
  reply.detail = "exit code 1";
  return reply;
}

void OutsideModel::spoil(ModelOutcome& outcome) {
  ModelReply& reply = outcome.reply;
  switch (world_.dice.between(1, 9)) {
    case 1:
      outcome.http_status = 500;
      break;
    case 2:
      outcome.http_status = 429;
      outcome.retry_after = world_.dice.between(seconds{1}, seconds{90});
      break;
    case 3:
      outcome.http_status = 400;
      break;
    case 4:
      reply = reply_with(Stop::stream_cut, "", "do");
      reply.usage.reset();
      return;
    case 5:
      reply = reply_with(Stop::truncated_output, "length", "don");
      return;
    case 6:
      reply = reply_with(Stop::unknown, "banana", "done");
      return;
    case 7:
      reply = reply_with(Stop::refused, "refusal", "no");
      return;
    case 8:
      reply = reply_with(Stop::complete, "stop", "");
      return;
    default:
      reply = reply_with(Stop::tool_call, "tool_calls", "");
      reply.calls = {{"call-1", world_.dice.chance(50) ? "shout" : "post", "{\"broken"}};
      return;
  }
  reply = reply_with(Stop::provider_error, "", "");
  reply.usage.reset();
  reply.no_answer = true;
  reply.detail = "HTTP " + std::to_string(outcome.http_status);
}

boost::asio::awaitable<ModelOutcome> OutsideModel::call(ModelRequest request, CallContext context) {
  const RunId run = context.values.run->run;
  ModelOutcome outcome;
  outcome.remote = origin;
  outcome.http_status = 200;
  const bool is_command = !context.idempotency_key.empty();
  const nanoseconds looked = world_.process.now();
  outcome.times.sent = machine_.clock.read();
  co_await world_.point(machine_, Point::model);
  if (is_command) world_.witness.see_command(context.idempotency_key, run, machine_.thawed_at > looked);
  milliseconds length = world_.dice.between(milliseconds{50}, seconds{6});
  if (world_.lasting(FaultKind::models_slow) != nullptr) length = world_.dice.between(seconds{5}, minutes{4});
  co_await pass(std::min(length, context.deadline));
  outcome.times.ended = machine_.clock.read();
  if (length > context.deadline) {
    outcome.reply = reply_with(Stop::provider_error, "", "");
    outcome.reply.usage.reset();
    outcome.reply.detail = "no answer in time";
    outcome.http_status = 0;
    co_return outcome;
  }
  outcome.times.headers = outcome.times.ended;
  outcome.reply = is_command ? command_reply() : good_reply(request);
  if (is_command) outcome.reply.usage.reset();
  if (!is_command && world_.lasting(FaultKind::models_wrong) != nullptr && world_.dice.chance(60)) spoil(outcome);
  const Usd cost = outcome.reply.usage ? cost_of(prices_, *outcome.reply.usage) : Usd{};
  world_.witness.see_answer(run, outcome.reply.stop, cost);
  world_.note(machine_, "model answers run " + to_string(run) + ": " + std::string(to_string(outcome.reply.stop)));
  if (world_.defect == Defect::cut_answer_accepted && outcome.reply.stop == Stop::truncated_output)
    outcome.reply.stop = Stop::complete;
  co_return outcome;
}

OutsideTools::OutsideTools(World& world, Machine& machine)
    : Tools(unused().io.get_executor(), unused().http, unused().clock, no_secrets), world_(world), machine_(machine) {}

boost::asio::awaitable<ToolOutcome> OutsideTools::fetch(Input, CallEnvironment) {
  ToolOutcome out;
  out.started = machine_.clock.read();
  co_await world_.point(machine_, Point::model);
  co_await pass(world_.dice.between(milliseconds{1}, milliseconds{500}));
  const bool wrong = world_.lasting(FaultKind::tools_wrong) != nullptr && world_.dice.chance(60);
  out.state = wrong ? CallState::failed : CallState::confirmed;
  if (wrong) out.error = "exit code 1";
  out.ended = machine_.clock.read();
  co_return out;
}

boost::asio::awaitable<ToolOutcome> OutsideTools::call(Tool tool, Json, CallEnvironment environment) {
  const nanoseconds looked = world_.process.now();
  ToolOutcome out;
  co_await world_.point(machine_, Point::before_effect);
  out.started = machine_.clock.read();
  const bool wrong = world_.lasting(FaultKind::tools_wrong) != nullptr && world_.dice.chance(60);
  const bool fails = wrong && world_.dice.chance(40);
  if (!fails) {
    world_.note(machine_, "effect of run " + to_string(environment.run.run));
    world_.witness.see_effect(environment.idempotency_key, environment.run.run, machine_.thawed_at > looked);
  }
  co_await world_.point(machine_, Point::after_effect);
  milliseconds length = world_.dice.between(milliseconds{10}, seconds{2});
  if (world_.lasting(FaultKind::tools_slow) != nullptr) length = world_.dice.between(seconds{1}, seconds{50});
  const milliseconds limit = std::min(tool.timeout, environment.deadline);
  co_await pass(std::min(length, limit));
  out.ended = machine_.clock.read();
  const bool lost = (wrong && !fails) || length > limit;
  out.state = lost ? CallState::unknown : fails ? CallState::failed : CallState::confirmed;
  if (lost && world_.defect == Defect::failure_unreported) out.state = CallState::failed;
  if (out.state != CallState::confirmed) out.error = lost ? "the answer was lost" : "exit code 1";
  out.result = "made";
  co_return out;
}

OutsideSenders::OutsideSenders(World& world, Machine& machine)
    : Senders(unused().io.get_executor(), unused().http, unused().clock, no_secrets),
      world_(world),
      machine_(machine) {}

boost::asio::awaitable<SendOutcome> OutsideSenders::send(Sink sink, Delivery delivery) {
  const bool repeatable = std::holds_alternative<WebhookSink>(sink.target);
  SendOutcome out;
  out.started = machine_.clock.read();
  co_await world_.point(machine_, Point::sink);
  if (world_.lasting(FaultKind::sinks_down) != nullptr) {
    co_await pass(world_.dice.between(milliseconds{5}, seconds{3}));
    co_return not_sent(SendOutcome::What::again, "refused the connection");
  }
  world_.note(machine_, "message " + std::to_string(delivery.delivery) + " reaches " + sink.name);
  world_.witness.see_message(sink.name, delivery, repeatable);
  co_await world_.point(machine_, Point::sink);
  co_await pass(world_.dice.between(milliseconds{5}, seconds{2}));
  out.ended = machine_.clock.read();
  const bool deaf = world_.lasting(FaultKind::sinks_deaf) != nullptr && world_.dice.chance(60);
  out.what = !deaf ? SendOutcome::What::delivered : repeatable ? SendOutcome::What::again : SendOutcome::What::unknown;
  if (deaf) out.detail = "the answer was lost";
  co_return out;
}

boost::asio::awaitable<SendOutcome> OutsideSenders::ping(std::string, Delivery delivery) {
  Sink sink;
  sink.name = "heartbeat";
  sink.target = WebhookSink{};
  return send(std::move(sink), std::move(delivery));
}

}  // namespace nowd::sim
