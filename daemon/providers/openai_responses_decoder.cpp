#include "providers/openai_responses_decoder.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "providers/openai_responses.hpp"
#include "providers/reply_builder.hpp"
#include "providers/stop_words.hpp"

namespace nowd {
namespace {

std::optional<Usage> usage_of(const Json& usage) {
  const auto input = count_of(usage, "input_tokens");
  const auto output = count_of(usage, "output_tokens");
  if (!input && !output) return {};
  Usage out{.input = input.value_or(0), .output = output.value_or(0)};
  if (const Json* details = member(usage, "input_tokens_details")) {
    out.cached = count_of(*details, "cached_tokens").value_or(0);
    out.cache_write = count_of(*details, "cache_write_tokens").value_or(0);
  }
  if (const Json* details = member(usage, "output_tokens_details"))
    out.reasoning = count_of(*details, "reasoning_tokens").value_or(0);
  return out;
}

/// Reasoning without its encrypted form is known to a server that stores it, and refused by all others.
bool is_useless(const Json& item) {
  return text_of(item, "type") == "reasoning" && text_of(item, "encrypted_content").empty();
}

/// A message says which phase it belongs to: models from gpt-5.3-codex on want that back.
bool is_plain(const Json& item) {
  const std::string type = text_of(item, "type");
  return (type == "message" && !member(item, "phase")) || type == "function_call";
}

/// What is said on the way ("commentary") is no part of the answer where there is a final one.
bool has_final_answer(const Json& items) {
  return std::ranges::any_of(items, [](const Json& item) { return text_of(item, "phase") == "final_answer"; });
}

bool is_terminal(std::string_view type) {
  return type == "response.completed" || type == "response.incomplete" || type == "response.failed";
}

class ResponsesDecoder final : public Decoder {
 public:
  explicit ResponsesDecoder(const ModelRequest& request) : reply_(request) {}

  bool event(const SseEvent& event) override {
    if (ended_ || event.data.find_first_not_of(" \t\r\n") == std::string::npos || event.data == "[DONE]") return false;
    const Result<Json> data = parse_json(event.data);
    if (!data) {
      reply_.set_malformed("an event of the stream is " + data.error().message);
      return false;
    }
    std::string type = text_of(*data, "type");
    if (type.empty()) type = event.type;
    if (type == "error") {  // {"type": "error", "code", "message"}, or with an "error" inside
      reply_.set_error(error_of_body(event.data));
      return false;
    }
    if (is_terminal(type)) return end(type, *data);
    if (type == "response.output_item.done") return keep_item(*data, event.data.size());
    return delta(type, *data);
  }

  void document(std::string_view body) override {
    const Result<Json> answer = parse_json(body);
    if (!answer) return reply_.set_malformed("the answer is " + answer.error().message);
    ended_ = true;
    read(*answer);
  }

  bool ended() const override { return ended_; }
  bool full() const override { return reply_.full(); }

  ModelReply finish() override {
    // Of an answer that broke off, or whose end does not repeat it: what came on the way.
    if (!answered_ && !items_.empty()) add_items(items_);
    if (!answered_ && items_.empty()) reply_.add_text(partial_);
    return reply_.finish(ended_);
  }

 private:
  bool end(const std::string& type, const Json& event) {
    ended_ = true;
    const Json* response = member(event, "response");
    if (response) read(*response);
    if (!response || type != "response." + text_of(*response, "status"))
      reply_.set_malformed("a last event, " + type + ", without a response of that status");
    return false;
  }

  bool keep_item(const Json& event, std::size_t size) {
    reply_.hold(size);
    const Json* item = member(event, "item");
    if (!item || reply_.full()) return false;
    items_.push_back(*item);
    return text_of(*item, "type") == "function_call";
  }

  // The text of a delta is kept for answers that break off; it comes again when its item is done.
  bool delta(const std::string& type, const Json& event) {
    const std::string piece = text_of(event, "delta");
    const bool text = type == "response.output_text.delta";
    if (text) {
      reply_.hold(piece.size());
      if (!reply_.full()) partial_ += piece;
    }
    if (type == "response.output_item.added") {
      const Json* item = member(event, "item");
      return item && text_of(*item, "type") == "function_call";
    }
    const bool content = text || type == "response.refusal.delta" || type == "response.function_call_arguments.delta";
    return content && !piece.empty();
  }

  void read(const Json& response) {
    reply_.set_model(text_of(response, "model"));
    reply_.set_request_id(text_of(response, "id"));
    if (const Json* found = member(response, "usage"))
      if (const auto usage = usage_of(*found)) reply_.set_usage(*usage);
    const Json* output = member(response, "output");
    if (output && output->is_array() && !output->empty()) {
      answered_ = true;
      add_items(*output);
    }
    read_status(response);
  }

  void read_status(const Json& response) {
    const std::string status = text_of(response, "status");
    std::string raw = status;
    if (const auto error = error_in(response)) {
      const Stop stop = stop_word(openai_responses_api, error->code).stop;
      if (stop != Stop::prompt_blocked) return reply_.set_error(*error);
      reply_.set_said(error->text);
      raw = error->code;
    }
    if (status == "incomplete")
      if (const Json* details = member(response, "incomplete_details"))
        if (std::string reason = text_of(*details, "reason"); !reason.empty()) raw = reason;
    if (raw.empty()) return;
    Stop stop = stop_word(openai_responses_api, raw).stop;
    // "completed" as the reason of an incomplete answer is no completion.
    if (stop == Stop::complete && status != "completed") stop = Stop::unknown;
    reply_.set_stop(stop, raw);
  }

  void add_items(const Json& items) {
    Json kept = Json::array();
    bool plain = true;
    const bool final_only = has_final_answer(items);
    for (const Json& item : items) {
      const bool aside = final_only && text_of(item, "phase") == "commentary";
      if (text_of(item, "type") == "message" && !aside) add_parts(item);
      if (text_of(item, "type") == "function_call") add_call(item);
      if (is_useless(item)) continue;
      plain = plain && is_plain(item);
      kept.push_back(item);
    }
    if (!plain) reply_.carry({std::string(openai_responses_api), std::move(kept)});
  }

  void add_parts(const Json& item) {
    const Json* content = member(item, "content");
    if (!content || !content->is_array()) return reply_.add_text(text_of(item, "content"));
    for (const Json& part : *content) {
      const std::string type = text_of(part, "type");
      if (type == "output_text") reply_.add_text(text_of(part, "text"));
      if (type == "refusal") reply_.add_refusal(text_of(part, "refusal"));
    }
  }

  void add_call(const Json& item) {
    const std::string id = text_of(item, "call_id");
    if (id.empty()) reply_.set_malformed("a tool call without its call_id");
    reply_.add_call(
        {.index = calls_++, .id = id, .name = text_of(item, "name"), .arguments = text_of(item, "arguments")});
  }

  ReplyBuilder reply_;
  Json items_ = Json::array();
  std::string partial_;
  std::int64_t calls_ = 0;
  bool answered_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_openai_responses_decoder(const ModelRequest& request) {
  return std::make_unique<ResponsesDecoder>(request);
}

}  // namespace nowd
