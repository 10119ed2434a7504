#include "providers/gemini/gemini.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "providers/reply/reply_builder.hpp"

namespace nowd {
namespace {

/// A member by its JSON name, or by its name in Google's other interfaces.
const Json* member_of(const Json& value, const char* name, const char* other) {
  const Json* found = member(value, name);
  return found ? found : member(value, other);
}

TokenCounts usage_of(const Json& usage) {
  const auto add = [&](const char* one, const char* other) {
    auto sum = token_count(usage, one);
    if (const auto more = token_count(usage, other)) sum = sum.value_or(0) + *more;
    return sum;
  };
  return {.input = add("promptTokenCount", "toolUsePromptTokenCount"),
          .cached = token_count(usage, "cachedContentTokenCount"),
          .output = add("candidatesTokenCount", "thoughtsTokenCount"),
          .reasoning = token_count(usage, "thoughtsTokenCount"),
          .total = token_count(usage, "totalTokenCount")};
}

bool is_thought(const Json& part) {
  const Json* thought = member(part, "thought");
  return thought && *thought == Json(true);
}

/// True for a part with a text and at most the mark of a thought.
bool is_plain_text(const Json& part) {
  const Json* text = member(part, "text");
  return text && text->is_string() && part.size() == (part.contains("thought") ? 2U : 1U);
}

class GeminiDecoder final : public Decoder {
 public:
  GeminiDecoder(const ModelRequest& request, const StopTable& words) : reply_(request), words_(words) {}

  bool read_event(const SseEvent& event) override {
    if (event.data == "[DONE]") return false;
    const auto chunk = reply_.parse_event(event);
    return chunk && read(*chunk);
  }

  // Without alt=sse a stream is one document: the list of its chunks.
  void read_document(std::string_view body) override {
    const auto answer = reply_.parse_document(body);
    if (!answer) return;
    if (!answer->is_array()) {
      whole_ = true;
      read(*answer);
      return;
    }
    for (const Json& chunk : *answer) read(chunk);
  }

  bool ended() const override { return false; }
  bool full() const override { return reply_.full(); }

  ModelReply finish(BodyEnd end) override {
    const bool plain = std::ranges::all_of(parts_, [](const Json& p) { return is_plain_text(p) && !is_thought(p); });
    if (!plain) reply_.carry({std::string(gemini_api), std::move(parts_)});
    if (!finished_ && !whole_) reply_.usage_is_partial();  // each chunk has a running count
    return reply_.finish(finished_ || whole_, end, "a chunk with its finishReason");
  }

 private:
  bool read(const Json& chunk) {
    ++chunk_;
    if (const auto error = error_in(chunk)) {
      reply_.set_error(*error);
      return false;
    }
    if (!chunk.is_object()) reply_.set_malformed("a chunk that is no object");
    reply_.set_model(text_of(chunk, "modelVersion"));
    reply_.set_request_id(text_of(chunk, "responseId"));
    const Json* usage = member_of(chunk, "usageMetadata", "usage_metadata");
    if (usage) reply_.set_usage(usage_of(*usage));
    read_feedback(chunk);
    const auto candidates = each_of(member(chunk, "candidates"));
    if (candidates.empty()) {
      const auto error = error_instead(chunk);
      if (error && !usage) reply_.set_error(*error);
      return false;
    }
    const Json& candidate = *candidates.front();
    const auto index = count_of(candidate, "index").value_or(0);
    if (candidates.size() > 1 || candidate_.value_or(index) != index) reply_.set_malformed("more than one candidate");
    candidate_ = index;
    return read_candidate(candidate);
  }

  // A blocked prompt has no candidates. All reasons have the same meaning.
  void read_feedback(const Json& chunk) {
    const Json* feedback = member_of(chunk, "promptFeedback", "prompt_feedback");
    std::string raw = feedback ? text_of(*feedback, "blockReason") : "";
    if (feedback && raw.empty()) raw = text_of(*feedback, "block_reason");
    if (raw.empty()) return;
    finished_ = true;
    reply_.set_explanation(text_of(*feedback, "blockReasonMessage"));
    reply_.set_stop(Stop::prompt_blocked, raw);
  }

  bool read_candidate(const Json& candidate) {
    bool token = false;
    const Json* content = member(candidate, "content");
    for (const Json* part : each_of(content ? member(*content, "parts") : nullptr)) token = read_part(*part) || token;
    std::string raw = word_of(candidate, "finishReason");
    if (raw.empty()) raw = word_of(candidate, "finish_reason");
    if (raw.empty()) return token;
    finished_ = true;
    reply_.set_explanation(text_of(candidate, "finishMessage"));
    reply_.set_stop(stop_word(words_, raw).stop, raw);
    return token;
  }

  bool read_part(const Json& part) {
    if (is_repetition(part)) return false;
    keep_part(part);
    if (is_thought(part)) return false;
    const std::string text = text_of(part, "text");
    reply_.add_text(text);
    const Json* call = member_of(part, "functionCall", "function_call");
    if (call) read_call(*call);
    return call || !text.empty();
  }

  /// True for a call of an earlier chunk with the same id and content: some servers send snapshots.
  bool is_repetition(const Json& part) {
    const Json* call = member_of(part, "functionCall", "function_call");
    if (!call || text_of(*call, "id").empty()) return false;
    return called_.emplace(dump_json(*call), chunk_).first->second < chunk_;
  }

  void read_call(const Json& call) {
    if (call.contains("partialArgs") || call.contains("willContinue"))
      reply_.set_malformed("a call in pieces, which was not asked for");
    const Json* args = member_of(call, "args", "arguments");
    reply_.add_call(
        {.index = calls_++, .id = text_of(call, "id"), .name = text_of(call, "name"), .arguments = text_or_json(args)});
  }

  void keep_part(const Json& part) {
    reply_.reserve_bytes(size_of(part));
    if (reply_.full()) return;
    const bool joins = !parts_.empty() && is_plain_text(part) && is_plain_text(parts_.back()) &&
                       is_thought(part) == is_thought(parts_.back());
    if (joins)
      parts_.back()["text"].get_ref<std::string&>() += text_of(part, "text");
    else
      parts_.push_back(part);
  }

  ReplyBuilder reply_;
  StopTable words_;
  Json parts_ = Json::array();
  std::int64_t calls_ = 0;
  int chunk_ = 0;
  std::map<std::string, int> called_;      // call with an id → its first chunk
  std::optional<std::int64_t> candidate_;  // index of the candidate
  bool finished_ = false;
  bool whole_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_gemini_decoder(const ModelRequest& request, const StopTable& words) {
  return std::make_unique<GeminiDecoder>(request, words);
}

}  // namespace nowd
