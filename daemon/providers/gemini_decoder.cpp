#include "providers/gemini_decoder.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "providers/gemini.hpp"
#include "providers/reply_builder.hpp"
#include "providers/stop_words.hpp"

namespace nowd {
namespace {

std::optional<Usage> usage_of(const Json& usage) {
  const auto prompt = count_of(usage, "promptTokenCount");
  const auto answer = count_of(usage, "candidatesTokenCount");
  const auto thoughts = count_of(usage, "thoughtsTokenCount");
  if (!prompt && !answer && !thoughts) return {};
  return Usage{.input = prompt.value_or(0) + count_of(usage, "toolUsePromptTokenCount").value_or(0),
               .cached = count_of(usage, "cachedContentTokenCount").value_or(0),
               .output = answer.value_or(0) + thoughts.value_or(0),
               .reasoning = thoughts.value_or(0)};
}

bool is_thought(const Json& part) {
  const Json* thought = member(part, "thought");
  return thought && *thought == Json(true);
}

/// Nothing but text, and perhaps the mark of a thought.
bool is_plain_text(const Json& part) {
  const Json* text = member(part, "text");
  return text && text->is_string() && part.size() == (part.contains("thought") ? 2U : 1U);
}

class GeminiDecoder final : public Decoder {
 public:
  explicit GeminiDecoder(const ModelRequest& request) : reply_(request) {}

  bool event(const SseEvent& event) override {
    if (event.data.find_first_not_of(" \t\r\n") == std::string::npos || event.data == "[DONE]") return false;
    const Result<Json> chunk = parse_json(event.data);
    if (chunk && event.type != "error") return read(*chunk);
    if (chunk)
      reply_.set_error(error_of_body(event.data));
    else
      reply_.set_malformed("an event of the stream is " + chunk.error().message);
    return false;
  }

  // Without alt=sse a stream is one document too: the list of its chunks.
  void document(std::string_view body) override {
    const Result<Json> answer = parse_json(body);
    if (!answer) return reply_.set_malformed("the answer is " + answer.error().message);
    if (!answer->is_array()) {
      whole_ = true;
      read(*answer);
      return;
    }
    for (const Json& chunk : *answer) read(chunk);
  }

  bool ended() const override { return false; }
  bool full() const override { return reply_.full(); }

  ModelReply finish() override {
    const bool plain = std::ranges::all_of(parts_, [](const Json& p) { return is_plain_text(p) && !is_thought(p); });
    if (!plain) reply_.carry({std::string(gemini_api), std::move(parts_)});
    if (!finished_ && !whole_) reply_.usage_is_partial();  // each chunk counts what had come by then
    return reply_.finish(finished_ || whole_);
  }

 private:
  bool read(const Json& chunk) {
    if (const auto error = error_in(chunk)) {
      reply_.set_error(*error);
      return false;
    }
    if (!chunk.is_object()) reply_.set_malformed("a chunk that is no object");
    reply_.set_model(text_of(chunk, "modelVersion"));
    reply_.set_request_id(text_of(chunk, "responseId"));
    if (const Json* found = member(chunk, "usageMetadata"))
      if (const auto usage = usage_of(*found)) reply_.set_usage(*usage);
    read_feedback(chunk);
    const Json* candidates = member(chunk, "candidates");
    if (!candidates || !candidates->is_array() || candidates->empty()) return false;
    const Json& candidate = candidates->front();
    if (candidates->size() > 1 || count_of(candidate, "index").value_or(0) != 0)
      reply_.set_malformed("more than one candidate");
    return read_candidate(candidate);
  }

  // A prompt that is blocked has no candidates; what the reason is does not matter.
  void read_feedback(const Json& chunk) {
    const Json* feedback = member(chunk, "promptFeedback");
    const std::string raw = feedback ? text_of(*feedback, "blockReason") : "";
    if (raw.empty()) return;
    finished_ = true;
    reply_.set_said(text_of(*feedback, "blockReasonMessage"));
    reply_.set_stop(Stop::prompt_blocked, raw);
  }

  bool read_candidate(const Json& candidate) {
    bool token = false;
    const Json* content = member(candidate, "content");
    const Json* parts = content ? member(*content, "parts") : nullptr;
    if (parts && parts->is_array())
      for (const Json& part : *parts) token = read_part(part) || token;
    const Json* reason = member(candidate, "finishReason");
    if (!reason) return token;
    finished_ = true;
    const std::string raw = reason->is_string() ? reason->get<std::string>() : dump_json(*reason);
    reply_.set_said(text_of(candidate, "finishMessage"));
    reply_.set_stop(stop_word(gemini_api, raw).stop, raw);
    return token;
  }

  bool read_part(const Json& part) {
    keep(part);
    if (is_thought(part)) return false;
    const std::string text = text_of(part, "text");
    reply_.add_text(text);
    const Json* call = member(part, "functionCall");
    if (call) read_call(*call);
    return call || !text.empty();
  }

  void read_call(const Json& call) {
    if (call.contains("partialArgs") || call.contains("willContinue"))
      reply_.set_malformed("a call in pieces, which was not asked for");
    const Json* args = member(call, "args");
    reply_.add_call({.index = calls_++,
                     .id = text_of(call, "id"),
                     .name = text_of(call, "name"),
                     .arguments = args ? dump_json(*args) : ""});
  }

  void keep(const Json& part) {
    reply_.hold(size_of(part));
    if (reply_.full()) return;
    const bool joins = !parts_.empty() && is_plain_text(part) && is_plain_text(parts_.back()) &&
                       is_thought(part) == is_thought(parts_.back());
    if (joins)
      parts_.back()["text"].get_ref<std::string&>() += text_of(part, "text");
    else
      parts_.push_back(part);
  }

  ReplyBuilder reply_;
  Json parts_ = Json::array();
  std::int64_t calls_ = 0;
  bool finished_ = false;
  bool whole_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_gemini_decoder(const ModelRequest& request) {
  return std::make_unique<GeminiDecoder>(request);
}

}  // namespace nowd
