#include "providers/openai_chat_decoder.hpp"

#include <nlohmann/json.hpp>

#include "providers/chat_extras.hpp"
#include "providers/reply_builder.hpp"
#include "providers/stop_words.hpp"

namespace nowd {
namespace {

/// `content` is a text, null, or (Mistral, some gateways) an array of parts; parts that are no text are left out.
std::string content_of(const Json& message) {
  const Json* content = member(message, "content");
  if (!content || !content->is_array()) return text_of(message, "content");
  std::string out;
  for (const Json& part : *content)
    if (const std::string type = text_of(part, "type"); type == "text" || type.empty()) out += text_of(part, "text");
  return out;
}

/// `arguments` is a text; some servers send the object itself.
CallPiece call_piece(const Json& call) {
  CallPiece piece{.index = count_of(call, "index"), .id = text_of(call, "id"), .name = {}, .arguments = {}};
  const Json* function = member(call, "function");
  if (!function) return piece;
  piece.name = text_of(*function, "name");
  const Json* arguments = member(*function, "arguments");
  if (arguments) piece.arguments = arguments->is_string() ? arguments->get<std::string>() : dump_json(*arguments);
  return piece;
}

/// https://platform.openai.com/docs/api-reference/completions/object, usage. Nothing unless it counts something.
std::optional<Usage> usage_of(const Json& usage) {
  const auto input = count_of(usage, "prompt_tokens");
  const auto output = count_of(usage, "completion_tokens");
  if (!input && !output) return {};
  Usage out{.input = input.value_or(0), .cached = 0, .output = output.value_or(0), .reasoning = 0};
  for (const char* name : {"prompt_cache_hit_tokens", "cached_tokens"})  // DeepSeek, Kimi
    if (const auto cached = count_of(usage, name)) out.cached = *cached;
  if (const Json* details = member(usage, "prompt_tokens_details")) {
    out.cached = count_of(*details, "cached_tokens").value_or(out.cached);
    out.cache_write = count_of(*details, "cache_write_tokens").value_or(0);  // OpenRouter
  }
  if (const Json* details = member(usage, "completion_tokens_details"))
    out.reasoning = count_of(*details, "reasoning_tokens").value_or(0);
  // xAI counts reasoning beside the completion; the total gives it away.
  const auto total = count_of(usage, "total_tokens");
  if (total && out.reasoning > 0 && *total == out.input + out.output + out.reasoning) out.output += out.reasoning;
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr const char* space = " \t\r\n";
  const std::size_t first = text.find_first_not_of(space);
  return first == text.npos ? "" : text.substr(first, text.find_last_not_of(space) - first + 1);
}

class ChatDecoder final : public Decoder {
 public:
  explicit ChatDecoder(const ModelRequest& request) : reply_(request) {}

  bool event(const SseEvent& event) override {
    if (ended_) return false;
    const std::string_view data = trimmed(event.data);
    if (data.empty()) return false;
    if (data == "[DONE]") {
      ended_ = true;
      return false;
    }
    if (event.type == "error") {  // not OpenAI's way, but that of some gateways, and then in any form
      reply_.set_error(error_of_body(event.data));
      return false;
    }
    const Result<Json> chunk = parse_json(event.data);
    if (chunk) return read(*chunk);
    reply_.set_malformed("an event of the stream is " + chunk.error().message);
    return false;
  }

  // A whole answer is its own terminal event, if it is whole.
  void document(std::string_view body) override {
    const Result<Json> answer = parse_json(body);
    if (!answer) return reply_.set_malformed("the answer is " + answer.error().message);
    ended_ = true;
    read(*answer);
    if (unfinished_) reply_.set_stop(Stop::in_progress, "");
  }

  bool ended() const override { return ended_; }
  bool full() const override { return reply_.full(); }

  ModelReply finish() override {
    if (auto extras = extras_.take()) reply_.carry(std::move(*extras));
    if (!ended_ && !counted_) reply_.usage_is_partial();
    return reply_.finish(ended_);
  }

 private:
  bool read(const Json& chunk) {
    if (const auto error = error_in(chunk)) {
      reply_.set_error(*error);
      return false;
    }
    if (!chunk.is_object()) reply_.set_malformed("a chunk that is no object");
    reply_.set_model(text_of(chunk, "model"));
    reply_.set_request_id(text_of(chunk, "id"));
    const Json* choices = member(chunk, "choices");
    // Empty or null in the chunk that carries the usage.
    const bool chosen = choices && choices->is_array() && !choices->empty();
    const bool token = chosen && read_choices(*choices);
    if (const Json* found = member(chunk, "usage")) read_usage(*found, chosen);
    return token;
  }

  /// Servers that count with every chunk have not counted all before they give the reason.
  void read_usage(const Json& found, bool with_choice) {
    const auto usage = usage_of(found);
    if (!usage) return;
    reply_.set_usage(*usage);
    counted_ = finished_ || !with_choice;
  }

  bool read_choices(const Json& choices) {
    const Json& choice = choices.front();
    if (choices.size() > 1 || count_of(choice, "index").value_or(0) != 0) reply_.set_malformed("more than one choice");
    return read_choice(choice);
  }

  bool read_choice(const Json& choice) {
    if (const auto error = error_in(choice)) reply_.set_error(*error);  // OpenRouter
    const Json* delta = member(choice, "delta");
    if (!delta) delta = member(choice, "message");  // whole answers, and servers that confuse the two
    const bool token = delta && read_delta(*delta);
    const Json* reason = member(choice, "finish_reason");
    unfinished_ = choice.is_object() && choice.contains("finish_reason") && !reason;
    const std::string raw = !reason ? "" : reason->is_string() ? reason->get<std::string>() : dump_json(*reason);
    finished_ = finished_ || !raw.empty();
    if (!raw.empty()) reply_.set_stop(stop_word("openai-chat", raw).stop, raw);
    return token;
  }

  // `reasoning_content`, `reasoning` and their like are no part of the answer, and no token of it.
  bool read_delta(const Json& delta) {
    const std::string content = content_of(delta);
    const std::string refusal = text_of(delta, "refusal");
    reply_.add_text(content);
    reply_.add_refusal(refusal);
    if (member(delta, "function_call")) reply_.set_malformed("a call in the deprecated form function_call");
    keep(extras_.read(delta));
    const Json* calls = member(delta, "tool_calls");
    const bool has_calls = calls && calls->is_array() && !calls->empty();
    if (has_calls)
      for (const Json& call : *calls) {
        const std::size_t number = reply_.add_call(call_piece(call));
        keep(extras_.read_call(number, call));
      }
    return has_calls || !content.empty() || !refusal.empty();
  }

  // Once full, nothing more is fed.
  void keep(std::size_t bytes) { reply_.hold(bytes); }

  ReplyBuilder reply_;
  ChatExtras extras_;
  bool ended_ = false;
  bool finished_ = false;  // a finish reason came
  bool counted_ = false;   // the usage is that of the whole answer
  bool unfinished_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_openai_chat_decoder(const ModelRequest& request) {
  return std::make_unique<ChatDecoder>(request);
}

}  // namespace nowd
