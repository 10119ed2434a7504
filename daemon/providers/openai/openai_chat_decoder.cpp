#include "providers/openai/openai_chat.hpp"

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "foundation/text/words.hpp"
#include "providers/reply/reply_builder.hpp"
#include "providers/wire/wire.hpp"

namespace nowd {
namespace {

/// Members that servers which imitate OpenAI Chat add to an answer and expect back with the next request. OpenAI itself
/// has none.
///
///   reasoning_content   DeepSeek, Kimi, GLM, llama.cpp; DeepSeek answers 400 if it is missing:
///                       https://api-docs.deepseek.com/guides/thinking_mode
///   reasoning           vLLM, Ollama, Groq: https://docs.vllm.ai/en/latest/features/reasoning_outputs/
///   reasoning_details   OpenRouter: https://openrouter.ai/docs/use-cases/reasoning-tokens
///   extra_content       of a call: Gemini's thought signatures: https://ai.google.dev/gemini-api/docs/openai
class ChatExtras {
 public:
  /// Reads a message, or a piece of one. Returns the approximate number of bytes kept.
  std::size_t read_message(const Json& delta);
  /// The same for the call with this number, from 0.
  std::size_t read_call(std::size_t number, const Json& call);
  /// Nothing without such members. Call it once.
  std::optional<Carried> take_carried();

 private:
  void add_detail(const Json& detail);

  std::string reasoning_content_;
  std::string reasoning_;
  Json details_ = Json::array();
  std::map<std::size_t, Json> calls_;
};

/// Pieces of one detail share its index and type. Texts are appended; other members replace.
void extend_detail(Json& detail, const Json& piece) {
  for (const auto& [key, value] : piece.items()) {
    const bool grows = key == "text" || key == "summary" || key == "data";
    if (grows && value.is_string() && detail[key].is_string())
      detail[key].get_ref<std::string&>() += value.get_ref<const std::string&>();
    else if (!value.is_null())
      detail[key] = value;
  }
}

std::size_t ChatExtras::read_message(const Json& delta) {
  const std::string content = text_of(delta, "reasoning_content");
  const std::string reasoning = text_of(delta, "reasoning");
  reasoning_content_ += content;
  reasoning_ += reasoning;
  const Json* details = member(delta, "reasoning_details");
  if (!details || !details->is_array()) return content.size() + reasoning.size();
  for (const Json& detail : *details) add_detail(detail);
  return content.size() + reasoning.size() + size_of(*details);
}

void ChatExtras::add_detail(const Json& detail) {
  if (!detail.is_object()) return;
  const auto index = count_of(detail, "index");
  const bool goes_on = index && !details_.empty() && count_of(details_.back(), "index") == index &&
                       text_of(details_.back(), "type") == text_of(detail, "type");
  if (goes_on)
    extend_detail(details_.back(), detail);
  else
    details_.push_back(detail);
}

std::size_t ChatExtras::read_call(std::size_t number, const Json& call) {
  const Json* extra = member(call, "extra_content");
  if (!extra) return 0;
  calls_[number] = *extra;
  return size_of(*extra);
}

std::optional<Carried> ChatExtras::take_carried() {
  Json value = Json::object();
  if (!reasoning_content_.empty()) value["reasoning_content"] = std::move(reasoning_content_);
  if (!details_.empty()) value["reasoning_details"] = std::move(details_);
  // Servers that also send another form expect that form.
  if (value.empty() && !reasoning_.empty()) value["reasoning"] = std::move(reasoning_);
  for (auto& [number, extra] : calls_) value["calls"][std::to_string(number)] = std::move(extra);
  if (value.empty()) return {};
  return Carried{std::string(openai_chat_api), std::move(value)};
}

}  // namespace

void put_extras(Json& encoded, const Message& message) {
  if (!message.carried || message.carried->api != openai_chat_api || !message.carried->value.is_object()) return;
  const Json& value = message.carried->value;
  for (const char* name : {"reasoning_content", "reasoning_details", "reasoning"})
    if (const Json* extra = member(value, name)) encoded[name] = *extra;
  const Json* calls = member(value, "calls");
  if (!calls) return;
  for (std::size_t i = 0; i < message.calls.size(); ++i)
    if (const Json* extra = member(*calls, std::to_string(i).c_str()))
      encoded["tool_calls"][i]["extra_content"] = *extra;
}

namespace {

/// `content` is a text, null, or (Mistral, some gateways) an array of parts; only text parts count.
std::string content_of(const Json& message) {
  const Json* content = member(message, "content");
  if (!content || !content->is_array()) return text_of(message, "content");
  std::string out;
  for (const Json& part : *content)
    if (const std::string type = text_of(part, "type"); type == "text" || type.empty()) out += text_of(part, "text");
  return out;
}

/// `arguments` is a text; some servers send the object itself, use another name, or omit `function` around it.
CallPiece call_piece(const Json& call) {
  CallPiece piece{.index = count_of(call, "index"), .id = text_of(call, "id"), .name = {}, .arguments = {}};
  if (piece.id.empty())
    if (const auto number = count_of(call, "id")) piece.id = std::to_string(*number);
  const Json* function = member(call, "function");
  if (!function || !function->is_object()) function = &call;
  piece.name = text_of(*function, "name");
  if (piece.name.empty()) piece.name = text_of(call, "function");
  for (const char* name : {"arguments", "parameters", "args", "input"})
    if (const Json* arguments = member(*function, name)) {
      piece.arguments = text_or_json(arguments);
      break;
    }
  return piece;
}

/// A list of calls; some servers send the one call itself.
std::vector<CallPiece> call_pieces(const Json& delta) {
  std::vector<CallPiece> out;
  for (const Json* call : each_of(member(delta, "tool_calls"))) out.push_back(call_piece(*call));
  return out;
}

/// https://platform.openai.com/docs/api-reference/completions/object, usage.
TokenCounts usage_of(const Json& usage) {
  TokenCounts out{.input = token_count(usage, "prompt_tokens"), .output = token_count(usage, "completion_tokens")};
  for (const char* name : {"prompt_cache_hit_tokens", "cached_tokens"})  // DeepSeek, Kimi
    if (const auto cached = token_count(usage, name)) out.cached = cached;
  if (const Json* details = member(usage, "prompt_tokens_details")) {
    if (const auto cached = token_count(*details, "cached_tokens")) out.cached = cached;
    out.cache_write = token_count(*details, "cache_write_tokens");  // OpenRouter
  }
  if (const Json* details = member(usage, "completion_tokens_details"))
    out.reasoning = token_count(*details, "reasoning_tokens");
  out.total = token_count(usage, "total_tokens");  // xAI's completion excludes reasoning: the total corrects it
  return out;
}

class ChatDecoder final : public Decoder {
 public:
  ChatDecoder(const ModelRequest& request, const StopTable& words) : reply_(request), words_(words) {}

  bool read_event(const SseEvent& event) override {
    if (ended_) return false;
    ended_ = trimmed(event.data) == "[DONE]";
    if (ended_) return false;
    const auto chunk = reply_.parse_event(event);
    return chunk && read(*chunk);
  }

  // A document with a finish_reason is complete in itself.
  void read_document(std::string_view body) override {
    const auto answer = reply_.parse_document(body);
    if (!answer) return;
    ended_ = true;
    read(*answer);
    if (unfinished_) reply_.set_stop(Stop::in_progress, "");
  }

  bool ended() const override { return ended_; }
  bool full() const override { return reply_.full(); }

  ModelReply finish(BodyEnd end) override {
    if (auto extras = extras_.take_carried()) reply_.carry(std::move(*extras));
    if (!ended_ && !counted_) reply_.usage_is_partial();
    return reply_.finish(ended_, end, "[DONE]");
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
    // Empty or null in the chunk with the usage.
    const auto choices = each_of(member(chunk, "choices"));
    const Json* usage = usage_in(chunk);
    if (choices.empty())
      if (const auto error = error_instead(chunk)) reply_.set_error(*error);
    const bool token = !choices.empty() && read_choices(choices);
    if (usage) read_usage(*usage, !choices.empty());
    return token;
  }

  /// The usage next to the choices; Groq and Kimi have other places.
  static const Json* usage_in(const Json& chunk) {
    if (const Json* usage = member(chunk, "usage")) return usage;
    if (const Json* groq = member(chunk, "x_groq"))
      if (const Json* usage = member(*groq, "usage")) return usage;
    const auto choices = each_of(member(chunk, "choices"));
    return choices.empty() ? nullptr : member(*choices.front(), "usage");
  }

  /// Servers that report usage in every chunk report the final count only after the finish reason.
  void read_usage(const Json& found, bool with_choice) {
    const TokenCounts counts = usage_of(found);
    if (!counts.input && !counts.output) return;
    reply_.set_usage(counts);
    counted_ = finished_ || !with_choice;
  }

  /// There must be one choice. Any index is fine if it stays the same.
  bool read_choices(const std::vector<const Json*>& choices) {
    const Json& choice = *choices.front();
    const auto index = count_of(choice, "index").value_or(0);
    if (choices.size() > 1 || choice_.value_or(index) != index) reply_.set_malformed("more than one choice");
    choice_ = index;
    return read_choice(choice);
  }

  bool read_choice(const Json& choice) {
    if (const auto error = error_in(choice)) reply_.set_error(*error);  // OpenRouter
    const Json* delta = member(choice, "delta");
    const Json* message = member(choice, "message");  // in whole answers, and from servers that confuse the two
    bool token = delta && read_delta(*delta);
    if (message) token = read_message(*message) || token;
    const std::string raw = word_of(choice, "finish_reason");
    unfinished_ = choice.is_object() && choice.contains("finish_reason") && raw.empty();
    finished_ = finished_ || !raw.empty();
    if (!raw.empty()) reply_.set_stop(stop_word(words_, raw).stop, raw);
    return token;
  }

  /// A message after pieces repeats all of them.
  bool read_message(const Json& message) {
    if (!in_pieces_) return read_delta(message, false);
    reply_.add_repetition(content_of(message), call_pieces(message));
    return false;
  }

  // `reasoning_content`, `reasoning` and the like are not part of the answer and do not count as its first token.
  bool read_delta(const Json& delta, bool piece = true) {
    const std::string content = content_of(delta);
    const std::string refusal = text_of(delta, "refusal");
    reply_.add_text(content);
    reply_.add_refusal(refusal);
    if (member(delta, "function_call")) reply_.set_malformed("a call in the deprecated form function_call");
    reply_.reserve_bytes(extras_.read_message(delta));
    const Json* listed = member(delta, "tool_calls");
    const auto calls = each_of(listed);
    if (listed && !listed->is_structured()) reply_.set_malformed("tool calls that are no list");
    for (const Json* call : calls) {
      const std::size_t number = reply_.add_call(call_piece(*call));
      reply_.reserve_bytes(extras_.read_call(number, *call));
    }
    const bool token = !calls.empty() || !content.empty() || !refusal.empty();
    in_pieces_ = in_pieces_ || (piece && token);
    return token;
  }

  ReplyBuilder reply_;
  StopTable words_;
  ChatExtras extras_;
  std::optional<std::int64_t> choice_;  // index of the choice
  bool in_pieces_ = false;              // content arrived in deltas
  bool ended_ = false;
  bool finished_ = false;  // a finish reason arrived
  bool counted_ = false;   // the usage is final
  bool unfinished_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_openai_chat_decoder(const ModelRequest& request, const StopTable& words) {
  return std::make_unique<ChatDecoder>(request, words);
}

}  // namespace nowd
