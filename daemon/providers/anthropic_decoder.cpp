#include "providers/anthropic_decoder.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "providers/anthropic.hpp"
#include "providers/anthropic_blocks.hpp"
#include "providers/reply_builder.hpp"
#include "providers/stop_words.hpp"

namespace nowd {
namespace {

class AnthropicDecoder final : public Decoder {
 public:
  explicit AnthropicDecoder(const ModelRequest& request) : reply_(request) {}

  bool event(const SseEvent& event) override {
    if (ended_ || event.data.find_first_not_of(" \t\r\n") == std::string::npos) return false;
    const Result<Json> data = parse_json(event.data);
    if (!data) {
      reply_.set_malformed("an event of the stream is " + data.error().message);
      return false;
    }
    const std::string named = text_of(*data, "type");
    const std::string& type = named.empty() ? event.type : named;
    if (type == "error" || event.type == "error") {
      reply_.set_error(error_of_body(event.data));
      return false;
    }
    return read(type, *data);
  }

  void document(std::string_view body) override {
    const Result<Json> answer = parse_json(body);
    if (!answer) return reply_.set_malformed("the answer is " + answer.error().message);
    ended_ = true;
    if (const auto error = error_in(*answer)) return reply_.set_error(*error);
    start_message(*answer);
    if (const Json* content = member(*answer, "content"); content && content->is_array())
      for (const Json& block : *content) start_block(block, {});
    read_stop(*answer);
  }

  bool ended() const override { return ended_; }
  bool full() const override { return reply_.full(); }

  ModelReply finish() override {
    if (stop_ == Stop::complete && reply_.has_calls()) reply_.set_malformed("the turn ended, and there is a tool call");
    const bool resumed = stop_ == Stop::paused || stop_ == Stop::compacted;
    if (!ended_ && !counted_) reply_.usage_is_partial();  // message_start counts the first token of the answer only
    if (!blocks_.is_plain() || resumed)
      if (auto content = blocks_.take()) reply_.carry({std::string(anthropic_api), std::move(*content)});
    return reply_.finish(ended_);
  }

 private:
  bool read(const std::string& type, const Json& data) {
    if (type == "message_start") {
      if (const Json* message = member(data, "message")) start_message(*message);
    } else if (type == "content_block_start") {
      const Json* block = member(data, "content_block");
      return block && start_block(*block, count_of(data, "index"));
    } else if (type == "content_block_delta") {
      const Json* delta = member(data, "delta");
      return delta && read_delta(count_of(data, "index"), *delta);
    } else if (type == "message_delta") {
      read_usage(data);
      counted_ = counted_ || member(data, "usage") != nullptr;
      if (const Json* delta = member(data, "delta")) read_stop(*delta);
    } else if (type == "message_stop") {
      ended_ = true;
    }
    return false;  // ping, content_block_stop, and whatever is new
  }

  void start_message(const Json& message) {
    reply_.set_model(text_of(message, "model"));
    reply_.set_request_id(text_of(message, "id"));
    read_usage(message);
  }

  bool start_block(const Json& block, std::optional<std::int64_t> index) {
    reply_.hold(size_of(block));
    if (reply_.full()) return false;
    const auto number = blocks_.start(block, index);
    if (!number) {
      reply_.set_malformed("a block that is no object, or has another's index");
      return false;
    }
    const std::string type = text_of(block, "type");
    const std::string text = type == "text" ? text_of(block, "text") : "";
    reply_.add_text(text);
    if (type == "tool_use") start_call(block, static_cast<std::int64_t>(*number));
    return type == "tool_use" || !text.empty();
  }

  void start_call(const Json& block, std::int64_t number) {
    const std::string id = text_of(block, "id");
    if (id.empty()) reply_.set_malformed("a tool call without an id");
    const Json* input = member(block, "input");
    const bool given = input && (!input->is_object() || !input->empty());
    reply_.add_call(
        {.index = number, .id = id, .name = text_of(block, "name"), .arguments = given ? dump_json(*input) : ""});
  }

  bool read_delta(std::optional<std::int64_t> index, const Json& delta) {
    const auto number = blocks_.find(index);
    if (!number) {
      reply_.set_malformed("a piece of a block that never began");
      return false;
    }
    reply_.hold(size_of(delta));
    if (reply_.full()) return false;
    blocks_.extend(*number, delta);
    const std::string type = text_of(delta, "type");
    const bool tool = type == "input_json_delta" && text_of(blocks_[*number], "type") == "tool_use";
    const std::string input = tool ? text_of(delta, "partial_json") : "";
    const std::string text = type == "text_delta" ? text_of(delta, "text") : "";
    reply_.add_text(text);
    if (tool) reply_.add_call({.index = static_cast<std::int64_t>(*number), .arguments = input});
    return !input.empty() || !text.empty();
  }

  void read_usage(const Json& holder) {
    const Json* usage = member(holder, "usage");
    if (!usage) return;
    for (const char* name : {"input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"})
      if (const auto count = count_of(*usage, name)) counts_[name] = *count;
    if (const Json* details = member(*usage, "output_tokens_details"))
      if (const auto count = count_of(*details, "thinking_tokens")) counts_["thinking_tokens"] = *count;
    if (counts_.empty()) return;
    Usage out{.cached = counts_["cache_read_input_tokens"],
              .output = counts_["output_tokens"],
              .reasoning = counts_["thinking_tokens"],
              .cache_write = counts_["cache_creation_input_tokens"]};
    out.input = counts_["input_tokens"] + out.cached + out.cache_write;
    reply_.set_usage(out);
  }

  void read_stop(const Json& delta) {
    const Json* reason = member(delta, "stop_reason");
    if (!reason) return;
    const std::string raw = reason->is_string() ? reason->get<std::string>() : dump_json(*reason);
    stop_ = stop_word(anthropic_api, raw).stop;
    if (stop_ == Stop::stop_sequence && text_of(delta, "stop_sequence").empty())
      reply_.set_malformed("stopped at a stop sequence, and it is not said which");
    if (const Json* details = member(delta, "stop_details")) {
      const std::string words = text_of(*details, "explanation");
      reply_.set_said(words.empty() ? text_of(*details, "category") : words);
    }
    reply_.set_stop(stop_, raw);
  }

  ReplyBuilder reply_;
  AnthropicBlocks blocks_;
  std::map<std::string, std::int64_t> counts_;
  Stop stop_ = Stop::missing;
  bool counted_ = false;  // by the end of the answer
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_anthropic_decoder(const ModelRequest& request) {
  return std::make_unique<AnthropicDecoder>(request);
}

}  // namespace nowd
