// What a scripted turn looks like in the APIs other than OpenAI Chat: its stream, event by event, and its document.
#pragma once

#include "support/model_server.hpp"

namespace nowd::test {

inline std::string named_event(const Json& data) {
  return "event: " + data["type"].get<std::string>() + "\ndata: " + dump_json(data) + "\n\n";
}

inline Json arguments_of(const ProposedCall& call) {
  Result<Json> parsed = parse_json(call.arguments);
  return parsed ? std::move(*parsed) : Json::object();
}

// Anthropic

inline std::string anthropic_reason(const ModelTurn& turn) {
  return !turn.finish.empty() ? turn.finish : turn.calls.empty() ? "end_turn" : "tool_use";
}

inline Json anthropic_usage() {
  return {{"input_tokens", 60},
          {"cache_read_input_tokens", 40},
          {"output_tokens", 20},
          {"output_tokens_details", {{"thinking_tokens", 5}}}};
}

inline std::vector<std::string> anthropic_events(const ModelTurn& turn) {
  Json start = {{"id", "msg_1"}, {"model", "scripted-1"}, {"content", Json::array()}};
  std::vector<std::string> out{named_event({{"type", "message_start"}, {"message", start}}),
                               named_event({{"type", "ping"}})};
  const auto block = [&](int index, Json begin, Json delta) {
    out.push_back(named_event({{"type", "content_block_start"}, {"index", index}, {"content_block", begin}}));
    out.push_back(named_event({{"type", "content_block_delta"}, {"index", index}, {"delta", delta}}));
    out.push_back(named_event({{"type", "content_block_stop"}, {"index", index}}));
  };
  int index = 0;
  if (!turn.text.empty())
    block(index++, {{"type", "text"}, {"text", ""}}, {{"type", "text_delta"}, {"text", turn.text}});
  for (const ProposedCall& call : turn.calls)
    block(index++, {{"type", "tool_use"}, {"id", call.id}, {"name", call.tool}, {"input", Json::object()}},
          {{"type", "input_json_delta"}, {"partial_json", call.arguments}});
  Json end = {{"type", "message_delta"}, {"delta", {{"stop_reason", anthropic_reason(turn)}}}};
  if (turn.usage) end["usage"] = anthropic_usage();
  out.push_back(named_event(end));
  if (turn.done) out.push_back(named_event({{"type", "message_stop"}}));
  return out;
}

inline Json anthropic_document(const ModelTurn& turn) {
  Json content = Json::array();
  if (!turn.text.empty()) content.push_back({{"type", "text"}, {"text", turn.text}});
  for (const ProposedCall& call : turn.calls)
    content.push_back({{"type", "tool_use"}, {"id", call.id}, {"name", call.tool}, {"input", arguments_of(call)}});
  return {{"id", "msg_1"},
          {"type", "message"},
          {"model", "scripted-1"},
          {"content", content},
          {"stop_reason", anthropic_reason(turn)},
          {"usage", anthropic_usage()}};
}

// OpenAI Responses; `finish` is the reason of an incomplete answer

inline Json responses_document(const ModelTurn& turn) {
  Json parts = Json::array();
  if (!turn.text.empty()) parts.push_back({{"type", "output_text"}, {"text", turn.text}});
  if (!turn.refusal.empty()) parts.push_back({{"type", "refusal"}, {"refusal", turn.refusal}});
  Json output = Json::array();
  if (!parts.empty()) output.push_back({{"type", "message"}, {"role", "assistant"}, {"content", parts}});
  for (const ProposedCall& call : turn.calls)
    output.push_back(
        {{"type", "function_call"}, {"call_id", call.id}, {"name", call.tool}, {"arguments", call.arguments}});
  Json out = {{"id", "resp_1"}, {"object", "response"}, {"model", "scripted-1"}, {"output", output}};
  out["status"] = turn.finish.empty() ? "completed" : "incomplete";
  if (!turn.finish.empty()) out["incomplete_details"] = {{"reason", turn.finish}};
  if (turn.usage)
    out["usage"] = {{"input_tokens", 100},
                    {"input_tokens_details", {{"cached_tokens", 40}}},
                    {"output_tokens", 20},
                    {"output_tokens_details", {{"reasoning_tokens", 5}}}};
  return out;
}

inline std::vector<std::string> responses_events(const ModelTurn& turn) {
  const Json response = responses_document(turn);
  std::vector<std::string> out{named_event({{"type", "response.created"}, {"response", {{"status", "in_progress"}}}})};
  if (!turn.text.empty())
    out.push_back(named_event({{"type", "response.output_text.delta"}, {"output_index", 0}, {"delta", turn.text}}));
  for (const Json& item : response["output"])
    out.push_back(named_event({{"type", "response.output_item.done"}, {"item", item}}));
  if (turn.done)
    out.push_back(named_event({{"type", "response." + response["status"].get<std::string>()}, {"response", response}}));
  return out;
}

// Gemini; without `done` there is no reason at the end

inline Json gemini_chunk(Json parts) {
  return {{"candidates", Json::array({{{"content", {{"role", "model"}, {"parts", std::move(parts)}}}, {"index", 0}}})},
          {"modelVersion", "scripted-1"},
          {"responseId", "gem_1"}};
}

inline Json gemini_document(const ModelTurn& turn) {
  Json parts = Json::array();
  if (!turn.text.empty()) parts.push_back({{"text", turn.text}});
  for (const ProposedCall& call : turn.calls)
    parts.push_back({{"functionCall", {{"id", call.id}, {"name", call.tool}, {"args", arguments_of(call)}}}});
  Json out = gemini_chunk(std::move(parts));
  if (turn.done) out["candidates"][0]["finishReason"] = turn.finish.empty() ? "STOP" : turn.finish;
  if (turn.usage)
    out["usageMetadata"] = {{"promptTokenCount", 100},
                            {"cachedContentTokenCount", 40},
                            {"candidatesTokenCount", 15},
                            {"thoughtsTokenCount", 5}};
  return out;
}

inline std::vector<std::string> gemini_events(const ModelTurn& turn) {
  std::vector<std::string> out;
  if (!turn.text.empty())
    out.push_back("data: " + dump_json(gemini_chunk(Json::array({{{"text", turn.text}}}))) + "\r\n\r\n");
  ModelTurn rest = turn;
  rest.text.clear();
  out.push_back("data: " + dump_json(gemini_document(rest)) + "\r\n\r\n");
  return out;
}

}  // namespace nowd::test
