#include "stream_script.hpp"

#include <cstdio>

#include <nlohmann/json.hpp>
#include "foundation/json.hpp"

namespace nowd::bench {
namespace {

constexpr std::string_view words = " and a token or two";
constexpr std::string_view hole = "HOLE";  // where the mark's number goes

std::string data(const Json& event) { return "data: " + dump_json(event) + "\n\n"; }
std::string named(const Json& event) { return "event: " + event["type"].get<std::string>() + "\n" + data(event); }

/// One API: what opens the stream, what carries a text, what ends it. `whole` is all of the text.
struct Speech {
  std::string open;
  std::string (*say)(std::string_view text);
  std::string (*end)(std::string_view whole);
};

Json chat(Json choices) {
  return {{"id", "chatcmpl-C8Yf3kQ2mB7xV1pLr9TzW4"},
          {"object", "chat.completion.chunk"},
          {"created", 1780297204},
          {"model", "gpt-5.2-2026-01-15"},
          {"service_tier", "default"},
          {"system_fingerprint", "fp_560af6e559"},
          {"choices", std::move(choices)}};
}

Json choice(Json delta, Json reason) {
  return Json::array({{{"index", 0}, {"delta", std::move(delta)}, {"logprobs", nullptr}, {"finish_reason", reason}}});
}

Speech chat_speech() {
  return {data(chat(choice({{"role", "assistant"}, {"content", ""}}, nullptr))),
          [](std::string_view text) { return data(chat(choice({{"content", text}}, nullptr))); },
          [](std::string_view) {
            Json usage = chat(Json::array());
            usage["usage"] = {{"prompt_tokens", 520}, {"completion_tokens", 300}};
            return data(chat(choice(Json::object(), "stop"))) + data(usage) + "data: [DONE]\n\n";
          }};
}

Json message(std::string_view text) {
  return {{"id", "msg_68af2"},
          {"type", "message"},
          {"role", "assistant"},
          {"status", "completed"},
          {"content", Json::array({{{"type", "output_text"}, {"text", text}, {"annotations", Json::array()}}})}};
}

Speech responses_speech() {
  return {named({{"type", "response.created"}, {"response", {{"status", "in_progress"}}}}),
          [](std::string_view text) {
            return named({{"type", "response.output_text.delta"},
                          {"sequence_number", 7},
                          {"item_id", "msg_68af2"},
                          {"output_index", 0},
                          {"content_index", 0},
                          {"delta", text},
                          {"logprobs", Json::array()},
                          {"obfuscation", "k3VQp9xZ"}});
          },
          [](std::string_view whole) {
            const Json usage = {{"input_tokens", 520}, {"output_tokens", 300}};
            return named({{"type", "response.output_item.done"}, {"item", message(whole)}}) +
                   named({{"type", "response.completed"},
                          {"response",
                           {{"id", "resp_68af2"},
                            {"status", "completed"},
                            {"output", Json::array({message(whole)})},
                            {"usage", usage}}}});
          }};
}

Speech anthropic_speech() {
  const Json start = {{"id", "msg_01"}, {"model", "claude-opus-4-5"}, {"usage", {{"input_tokens", 520}}}};
  return {
      named({{"type", "message_start"}, {"message", start}}) +
          named({{"type", "content_block_start"}, {"index", 0}, {"content_block", {{"type", "text"}, {"text", ""}}}}),
      [](std::string_view text) {
        return named(
            {{"type", "content_block_delta"}, {"index", 0}, {"delta", {{"type", "text_delta"}, {"text", text}}}});
      },
      [](std::string_view) {
        return named({{"type", "content_block_stop"}, {"index", 0}}) +
               named({{"type", "message_delta"},
                      {"delta", {{"stop_reason", "end_turn"}, {"stop_sequence", nullptr}}},
                      {"usage", {{"output_tokens", 300}}}}) +
               named({{"type", "message_stop"}});
      }};
}

std::string gemini(std::string_view text, const char* reason) {
  Json candidate = {{"content", {{"role", "model"}, {"parts", Json::array({{{"text", text}}})}}}, {"index", 0}};
  if (reason != nullptr) candidate["finishReason"] = reason;
  return data({{"candidates", Json::array({candidate})},
               {"modelVersion", "gemini-3-pro"},
               {"responseId", "resp-9KfQ"},
               {"usageMetadata", {{"promptTokenCount", 520}, {"candidatesTokenCount", 300}}}});
}

Speech gemini_speech() {
  return {"", [](std::string_view text) { return gemini(text, nullptr); },
          [](std::string_view) { return gemini(".", "STOP"); }};
}

Speech speech_of(std::string_view api) {
  if (api == "openai-chat") return chat_speech();
  if (api == "openai-responses") return responses_speech();
  return api == "anthropic" ? anthropic_speech() : gemini_speech();
}

}  // namespace

StreamScript script_of(std::string_view api) {
  const Speech speech = speech_of(api);
  StreamScript script;
  std::string whole;
  for (int i = 0; i + 1 < pieces_per_stream; ++i) {
    script.pieces.push_back(chunk((i == 0 ? speech.open : "") + speech.say(words)));
    whole += words;
  }
  const std::string marked = std::string(1, mark) + std::string(hole);
  script.last = speech.say(marked) + speech.end(whole + marked);
  return script;
}

/// The number has always as many digits, and stands wherever the API repeats its text.
std::string last_piece(const StreamScript& script, std::int64_t nanoseconds) {
  char number[24];
  std::snprintf(number, sizeof number, "%019lld", static_cast<long long>(nanoseconds));
  std::string piece = script.last;
  for (std::size_t at = piece.find(hole); at != piece.npos; at = piece.find(hole, at))
    piece.replace(at, hole.size(), number);
  return chunk(piece) + "0\r\n\r\n";
}

std::size_t text_before_mark() { return words.size() * (pieces_per_stream - 1); }

std::string chunk(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

}  // namespace nowd::bench
