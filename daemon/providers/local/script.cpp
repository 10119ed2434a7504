#include "providers/local/script.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include "providers/exchange.hpp"
#include "providers/reply/reply_builder.hpp"
#include "providers/reply/stop_words.hpp"

namespace nowd {
namespace {

constexpr const char* own_name = "script";

const ScriptTurn* turn_of(const ProviderConfig& config, int call) {
  const auto number = static_cast<std::size_t>(call);
  return call < 1 || number > config.script.size() ? nullptr : &config.script[number - 1];
}

Stop stop_of(const std::string& word) {
  const Stop stop = stop_word(openai_chat_api, word).stop;
  return stop == Stop::unknown ? parse_stop(word).value_or(Stop::unknown) : stop;
}

/// Plays one turn into the builder. Returns its fault, or nothing.
std::string play_turn(const ScriptTurn& turn, const TemplateValues& values, ReplyBuilder& reply) {
  const Result<std::string> text = render(turn.text, values);
  if (!text) return text.error().message;
  reply.add_text(*text);
  for (const auto& [tool, arguments] : turn.calls) {
    const Result<Json> filled = render_json(arguments, values);
    if (!filled) return filled.error().message;
    reply.add_call({.index = {}, .id = {}, .name = tool, .arguments = dump_json(*filled)});
  }
  const std::string word = !turn.stop.empty() ? turn.stop : turn.calls.empty() ? "stop" : "tool_calls";
  reply.set_stop(stop_of(word), word);
  return {};
}

Reading script_reading(const Clock& clock) {
  Reading reading = clock.read();
  reading.source = own_name;
  return reading;
}

/// The request and the reply for the ledger, in nowd's own form.
std::string describe_request(const ModelRequest& request) {
  static constexpr const char* roles[] = {"user", "assistant", "tool"};
  Json out = {{"system", request.system}, {"messages", Json::array()}, {"tools", Json::array()}};
  for (const Message& message : request.messages) {
    Json item = {{"role", roles[static_cast<int>(message.role)]}, {"text", message.text}};
    if (!message.tool.empty()) item["tool"] = message.tool;
    for (const ProposedCall& call : message.calls)
      item["calls"].push_back({{"id", call.id}, {"tool", call.tool}, {"arguments", call.arguments}});
    out["messages"].push_back(std::move(item));
  }
  for (const ToolOffer& offer : request.tools) out["tools"].push_back(offer.name);
  return dump_json(out);
}

std::string describe_reply(const ModelReply& reply) {
  Json out = {{"text", reply.text}, {"stop", reply.stop_raw}};
  for (const ProposedCall& call : reply.calls)
    out["calls"].push_back({{"id", call.id}, {"tool", call.tool}, {"arguments", call.arguments}});
  return dump_json(out);
}

}  // namespace

ModelReply play_script(const ProviderConfig& config, const ModelRequest& request, const CallContext& context) {
  const std::string here = "providers." + config.name + ".script";
  ReplyBuilder reply(request);
  reply.set_model(own_name);
  const ScriptTurn* turn = turn_of(config, context.call);
  if (!turn)
    reply.set_malformed(here + " has " + std::to_string(config.script.size()) + " turns, and the run asks for turn " +
                        std::to_string(context.call) + "; add one, or end an earlier turn without calls");
  else if (const std::string fault = play_turn(*turn, context.values, reply); !fault.empty())
    reply.set_malformed(here + ", turn " + std::to_string(context.call) + ": " + fault);
  return reply.finish(true, BodyEnd::framed, "the turn");
}

boost::asio::awaitable<ModelOutcome> ScriptProvider::call(ModelRequest request, CallContext context) {
  if (context.deadline <= milliseconds{0}) co_return out_of_time();
  const ScriptTurn* turn = turn_of(config_, context.call);
  const milliseconds delay = turn ? turn->delay : milliseconds{0};

  ModelOutcome outcome;
  outcome.request_body = describe_request(request);
  outcome.times.sent = script_reading(clock_);
  if (delay > milliseconds{0}) {
    boost::asio::steady_timer timer(executor_);
    timer.expires_after(std::min(delay, context.deadline));
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
  if (delay > context.deadline) {
    outcome.reply = failed_call(Stop::provider_error,
                                "the script's delay of " + human(delay) + " is longer than the rest of the run")
                        .reply;
  } else {
    outcome.reply = play_script(config_, request, context);
    outcome.times.first_token = script_reading(clock_);
    outcome.response_body = describe_reply(outcome.reply);
  }
  outcome.times.ended = script_reading(clock_);
  co_return outcome;
}

}  // namespace nowd
