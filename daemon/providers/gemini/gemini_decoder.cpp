#include "providers/gemini/gemini.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "providers/reply/reply_builder.hpp"

namespace nowd {
namespace {

/// A member by its name in JSON, or by the one that it has in Google's other interfaces.
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

/// Nothing but text, and perhaps the mark of a thought.
bool is_plain_text(const Json& part) {
  const Json* text = member(part, "text");
  return text && text->is_string() && part.size() == (part.contains("thought") ? 2U : 1U);
}

class GeminiDecoder final : public Decoder {
 public:
  GeminiDecoder(const ModelRequest& request, const StopTable& words) : reply_(request), words_(words) {}

  bool event(const SseEvent& event) override {
    if (event.data.find_first_not_of(" \t\r\n") == std::string::npos || event.data == "[DONE]") return false;
    if (event.type == "error") {
      reply_.set_error(error_of_body(event.data));
      return false;
    }
    const Result<Json> chunk = reply_.parse(event.data);
    if (chunk) return read(*chunk);
    reply_.set_malformed("an event of the stream is " + chunk.error().message);
    return false;
  }

  // Without alt=sse a stream is one document too: the list of its chunks.
  void document(std::string_view body) override {
    const Result<Json> answer = reply_.parse(body);
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

  ModelReply finish(BodyEnd end) override {
    const bool plain = std::ranges::all_of(parts_, [](const Json& p) { return is_plain_text(p) && !is_thought(p); });
    if (!plain) reply_.carry({std::string(gemini_api), std::move(parts_)});
    if (!finished_ && !whole_) reply_.usage_is_partial();  // each chunk counts what had come by then
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

  // A prompt that is blocked has no candidates; what the reason is does not matter.
  void read_feedback(const Json& chunk) {
    const Json* feedback = member_of(chunk, "promptFeedback", "prompt_feedback");
    std::string raw = feedback ? text_of(*feedback, "blockReason") : "";
    if (feedback && raw.empty()) raw = text_of(*feedback, "block_reason");
    if (raw.empty()) return;
    finished_ = true;
    reply_.set_said(text_of(*feedback, "blockReasonMessage"));
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
    reply_.set_said(text_of(candidate, "finishMessage"));
    reply_.set_stop(stop_word(words_, raw).stop, raw);
    return token;
  }

  bool read_part(const Json& part) {
    if (is_again(part)) return false;
    keep(part);
    if (is_thought(part)) return false;
    const std::string text = text_of(part, "text");
    reply_.add_text(text);
    const Json* call = member_of(part, "functionCall", "function_call");
    if (call) read_call(*call);
    return call || !text.empty();
  }

  /// A call that an earlier chunk had, by its id and in all else: a server whose chunks are snapshots.
  bool is_again(const Json& part) {
    const Json* call = member_of(part, "functionCall", "function_call");
    if (!call || text_of(*call, "id").empty()) return false;
    return called_.emplace(dump_json(*call), chunk_).first->second < chunk_;
  }

  void read_call(const Json& call) {
    if (call.contains("partialArgs") || call.contains("willContinue"))
      reply_.set_malformed("a call in pieces, which was not asked for");
    const Json* args = member_of(call, "args", "arguments");
    reply_.add_call({.index = calls_++,
                     .id = text_of(call, "id"),
                     .name = text_of(call, "name"),
                     .arguments = !args               ? ""
                                  : args->is_string() ? args->get<std::string>()
                                                      : dump_json(*args)});
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
  StopTable words_;
  Json parts_ = Json::array();
  std::int64_t calls_ = 0;
  int chunk_ = 0;
  std::map<std::string, int> called_;      // calls with an id, and the chunk that had them first
  std::optional<std::int64_t> candidate_;  // the index of the one that is read
  bool finished_ = false;
  bool whole_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_gemini_decoder(const ModelRequest& request, const StopTable& words) {
  return std::make_unique<GeminiDecoder>(request, words);
}

}  // namespace nowd
