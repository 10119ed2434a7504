#include "support/model_server.hpp"

#include <algorithm>
#include <ctime>

#include "support/model_dialects.hpp"

namespace nowd::test {
namespace {

using Events = std::vector<std::string>;

std::string event(const Json& data) { return "data: " + dump_json(data) + "\n\n"; }

Json chunk(Json delta, Json reason = nullptr) {
  return {
      {"id", "chatcmpl-1"},
      {"object", "chat.completion.chunk"},
      {"model", "scripted-1"},
      {"choices", Json::array({{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", std::move(reason)}}})}};
}

Json usage() {
  return {{"prompt_tokens", 100},
          {"completion_tokens", 20},
          {"prompt_tokens_details", {{"cached_tokens", 40}}},
          {"completion_tokens_details", {{"reasoning_tokens", 5}}}};
}

std::string finish_of(const ModelTurn& turn) {
  return !turn.finish.empty() ? turn.finish : turn.calls.empty() ? "stop" : "tool_calls";
}

Json call_delta(std::size_t index, const ProposedCall& call, const std::string& arguments, bool first) {
  Json one = {{"index", index}, {"function", {{"arguments", arguments}}}};
  if (first) {
    one["id"] = call.id;
    one["type"] = "function";
    one["function"]["name"] = call.tool;
  }
  return {{"tool_calls", Json::array({one})}};
}

/// The stream, event by event; texts and arguments go out in two halves.
Events events_of(const ModelTurn& turn) {
  Events out{event(chunk({{"role", "assistant"}, {"content", ""}}))};
  const auto halves = [&](const char* field, const std::string& text) {
    if (text.empty()) return;
    // The halves may part a character: JSON needs whole ones, so ASCII is cut in the middle and the rest is left whole.
    const bool ascii =
        std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    const std::size_t middle = ascii ? text.size() / 2 : text.size();
    out.push_back(event(chunk({{field, text.substr(0, middle)}})));
    if (middle < text.size()) out.push_back(event(chunk({{field, text.substr(middle)}})));
  };
  halves("content", turn.text);
  halves("refusal", turn.refusal);
  for (std::size_t i = 0; i < turn.calls.size(); ++i) {
    const std::string& arguments = turn.calls[i].arguments;
    out.push_back(event(chunk(call_delta(i, turn.calls[i], "", true))));
    out.push_back(event(chunk(call_delta(i, turn.calls[i], arguments, false))));
  }
  out.push_back(event(chunk(Json::object(), finish_of(turn))));
  if (turn.usage)
    out.push_back(
        event({{"id", "chatcmpl-1"}, {"choices", Json::array()}, {"usage", usage()}, {"model", "scripted-1"}}));
  if (turn.done) out.push_back("data: [DONE]\n\n");
  return out;
}

std::string document_of(const ModelTurn& turn) {
  Json message = {{"role", "assistant"}, {"content", turn.text}};
  if (!turn.refusal.empty()) message["refusal"] = turn.refusal;
  for (const ProposedCall& call : turn.calls)
    message["tool_calls"].push_back(
        {{"id", call.id}, {"type", "function"}, {"function", {{"name", call.tool}, {"arguments", call.arguments}}}});
  Json out = {{"id", "chatcmpl-1"}, {"object", "chat.completion"}, {"model", "scripted-1"}};
  out["choices"] = Json::array({{{"index", 0}, {"message", message}, {"finish_reason", finish_of(turn)}}});
  if (turn.usage) out["usage"] = usage();
  return dump_json(out);
}

/// Cut short and split as the turn says.
Events pieces_of(Events events, const ModelTurn& turn) {
  std::string all;
  for (const std::string& one : events) all += one;
  if (turn.cut_after) all.resize(std::min(all.size(), *turn.cut_after));
  if (turn.split == 0 && turn.split_at.empty() && !turn.cut_after) return events;
  std::vector<std::size_t> places = turn.split_at;
  for (std::size_t at = turn.split; turn.split != 0 && at < all.size(); at += turn.split) places.push_back(at);
  places.push_back(all.size());
  Events out;
  std::size_t from = 0;
  for (const std::size_t place : places)
    if (place > from && place <= all.size()) {
      out.push_back(all.substr(from, place - from));
      from = place;
    }
  return out;
}

/// The API that is spoken at a path; nothing where none is.
struct Wire {
  Events (*events)(const ModelTurn&);
  std::function<std::string(const ModelTurn&)> document;
};

std::optional<Wire> wire_at(const std::string& path) {
  const auto dumped = [](Json (*document)(const ModelTurn&)) {
    return [document](const ModelTurn& turn) { return dump_json(document(turn)); };
  };
  if (path == "/v1/chat/completions") return Wire{events_of, document_of};
  if (path == "/v1/responses") return Wire{responses_events, dumped(responses_document)};
  if (path == "/v1/messages") return Wire{anthropic_events, dumped(anthropic_document)};
  if (path.ends_with(":streamGenerateContent")) return Wire{gemini_events, dumped(gemini_document)};
  return {};
}

Events body_of(const ModelTurn& turn, const Wire& wire, bool streams) {
  if (turn.bytes) return {*turn.bytes};
  if (turn.status != 200) return {turn.text};
  return streams ? wire.events(turn) : Events{wire.document(turn)};
}

Reply reply_of(const ModelTurn& turn, const Wire& wire) {
  const bool streams = turn.stream && turn.status == 200;
  Reply reply(turn.status);
  const auto end = [&]() -> Reply& { return turn.reset ? reply.reset() : reply.cut(); };
  if (turn.hold_headers) reply.wait(*turn.hold_headers);
  if (turn.raw) {
    reply.raw(*turn.raw);
    return end();
  }
  for (const auto& [name, value] : turn.headers) reply.header(name, value);
  reply.header("Content-Type", streams ? "text/event-stream" : "application/json");
  if (turn.date != "none") reply.date(turn.date.empty() ? http_date(std::chrono::seconds{0}) : turn.date);
  reply.chunked();
  if (turn.hold) reply.flush_headers().wait(*turn.hold);
  if (turn.first_token.count() > 0) reply.flush_headers().wait(turn.first_token);
  for (std::string& piece : pieces_of(body_of(turn, wire, streams), turn)) {
    reply.piece(std::move(piece));
    if (turn.pause.count() > 0) reply.wait(turn.pause);
  }
  if (turn.cut_after && turn.stall) reply.until_closed();
  if (turn.cut_after) reply.flush_headers();
  if (turn.cut_after) end();
  return reply;
}

}  // namespace

ModelTurn says(std::string text) {
  ModelTurn turn;
  turn.text = std::move(text);
  return turn;
}

ModelTurn calls(std::string wire_name, std::string arguments) {
  ModelTurn turn;
  turn.calls = {{"call_1", std::move(wire_name), std::move(arguments)}};
  return turn;
}

ModelTurn fails(int status, const std::string& code, const std::string& message) {
  ModelTurn turn;
  turn.status = status;
  turn.text = dump_json({{"error", {{"message", message}, {"type", "error"}, {"param", nullptr}, {"code", code}}}});
  return turn;
}

std::string http_date(std::chrono::seconds from_now) {
  const std::time_t at = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + from_now);
  std::tm utc{};
  gmtime_r(&at, &utc);
  char text[40];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

ModelServer::ModelServer() {
  http_.handle([this](const SeenRequest& request) {
    const auto wire = wire_at(request.path());
    if (!wire) return reply_of(fails(404, "not_found", "no such path"), {});
    return reply_of(next(request), *wire);
  });
}

void ModelServer::turn(ModelTurn turn) {
  const std::lock_guard lock(mutex_);
  turns_.push_back(std::move(turn));
}

void ModelServer::decide(std::function<ModelTurn(const Json&)> decide) {
  const std::lock_guard lock(mutex_);
  decide_ = std::move(decide);
}

ModelTurn ModelServer::next(const SeenRequest& request) {
  const std::lock_guard lock(mutex_);
  if (turns_.empty())
    return decide_ ? decide_(*parse_json(request.body)) : fails(500, "no_turn", "the test gave the model no turn");
  ModelTurn turn = turns_.front();
  if (turns_.size() > 1 || decide_) turns_.pop_front();
  return turn;
}

std::vector<Json> ModelServer::requests() const {
  std::vector<Json> bodies;
  for (const SeenRequest& request : http_.requests()) bodies.push_back(*parse_json(request.body));
  return bodies;
}

}  // namespace nowd::test
