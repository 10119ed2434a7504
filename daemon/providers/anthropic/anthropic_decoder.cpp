#include "providers/anthropic/anthropic.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "providers/reply/call_pieces.hpp"
#include "providers/reply/reply_builder.hpp"

namespace nowd {
namespace {

/// The content blocks of an answer, assembled from the pieces of a stream; the next request sends them back unchanged.
class AnthropicBlocks {
 public:
  /// Returns the block's number, from 0. Nothing if it is not an object, or if an open block of its type has its index.
  std::optional<std::size_t> start(const Json& block, std::optional<std::int64_t> index);
  /// The number of the block with that index, or nothing.
  std::optional<std::size_t> find(std::optional<std::int64_t> index) const;
  /// Ends the block with that index, if any: another block may use the index.
  void stop(std::optional<std::int64_t> index);
  const Json& operator[](std::size_t number) const { return blocks_[number].value; }

  /// Appends the piece of a delta to a tool's input, a text, a thought or a signature; adds a citation to its list.
  void extend(std::size_t number, const Json& delta);

  /// True if the answer consists of text and calls only.
  bool is_plain() const { return plain_; }
  /// The list of all blocks; nothing without blocks. An input that does not parse becomes {}: the result of the call
  /// reports it to the model. Call it once.
  std::optional<Json> take_list();

 private:
  struct Block {
    Json value;
    std::string input{};  ///< pieces of a tool's input
    bool stopped = false;
  };

  std::vector<Block> blocks_;
  std::map<std::int64_t, std::size_t> at_;  ///< index on the wire → number
  bool plain_ = true;
};

bool is_tool(const Json& block) { return text_of(block, "type") == "tool_use"; }

std::optional<std::size_t> AnthropicBlocks::start(const Json& block, std::optional<std::int64_t> index) {
  if (!block.is_object()) return {};
  const std::string type = text_of(block, "type");
  if (const auto before = find(index))
    if (!blocks_[*before].stopped && text_of(blocks_[*before].value, "type") == type) return {};
  plain_ = plain_ && (type == "text" || type == "tool_use");
  const std::size_t number = blocks_.size();
  if (index) at_[*index] = number;
  blocks_.push_back({.value = block});
  return number;
}

std::optional<std::size_t> AnthropicBlocks::find(std::optional<std::int64_t> index) const {
  const auto found = index ? at_.find(*index) : at_.end();
  return found == at_.end() ? std::nullopt : std::optional(found->second);
}

void AnthropicBlocks::stop(std::optional<std::int64_t> index) {
  if (const auto number = find(index)) blocks_[*number].stopped = true;
}

// The members of a delta continue the members of the block with the same names, except these two.
void AnthropicBlocks::extend(std::size_t number, const Json& delta) {
  Json& block = blocks_[number].value;
  if (!delta.is_object()) return;
  for (const auto& [key, value] : delta.items()) {
    if (key == "partial_json") {
      blocks_[number].input += text_of(delta, "partial_json");
    } else if (key == "citation") {
      if (!block["citations"].is_array()) block["citations"] = Json::array();
      block["citations"].push_back(value);
    } else if (key != "type" && value.is_string()) {
      if (!block[key].is_string()) block[key] = "";
      block[key].get_ref<std::string&>() += value.get_ref<const std::string&>();
    }
  }
}

std::optional<Json> AnthropicBlocks::take_list() {
  Json content = Json::array();
  for (Block& block : blocks_) {
    if (!block.input.empty()) {
      Result<Json> input = parse_json(without_repetition(block.input));
      block.value["input"] = input && input->is_object() ? std::move(*input) : Json::object();
    }
    if (Json* input = is_tool(block.value) ? &block.value["input"] : nullptr; input && !input->is_object()) {
      Result<Json> inner = parse_json(input->is_string() ? input->get<std::string>() : "");
      *input = inner && inner->is_object() ? std::move(*inner) : Json::object();
    }
    content.push_back(std::move(block.value));
  }
  blocks_.clear();
  return content.empty() ? std::nullopt : std::optional(std::move(content));
}

class AnthropicDecoder final : public Decoder {
 public:
  AnthropicDecoder(const ModelRequest& request, const StopTable& words) : reply_(request), words_(words) {}

  bool read_event(const SseEvent& event) override {
    if (ended_) return false;
    const auto data = reply_.parse_event(event);
    if (!data) return false;
    const std::string named = text_of(*data, "type");
    if (named != "error") return read(named.empty() ? event.type : named, *data);
    reply_.set_error(error_of_body(event.data));
    return false;
  }

  void read_document(std::string_view body) override {
    const auto answer = reply_.parse_document(body);
    if (!answer) return;
    ended_ = true;
    if (const auto error = error_in(*answer)) return reply_.set_error(*error);
    start_message(*answer);
    const Json* content = member(*answer, "content");
    if (!content && !member(*answer, "stop_reason"))
      if (const auto error = error_instead(*answer)) return reply_.set_error(*error);
    if (content && content->is_string()) reply_.add_text(content->get<std::string>());
    for (const Json* block : each_of(content)) start_block(*block, {});
    if (content && !content->is_string() && !content->is_structured())
      reply_.set_malformed("a content that is no list of blocks");
    read_stop(*answer);
  }

  bool ended() const override { return ended_; }
  bool full() const override { return reply_.full(); }

  ModelReply finish(BodyEnd end) override {
    const bool resumed = stop_ == Stop::paused || stop_ == Stop::compacted;
    if (!ended_ && !counted_) reply_.usage_is_partial();  // message_start only counts the first token of the answer
    if (!blocks_.is_plain() || resumed)
      if (auto content = blocks_.take_list()) reply_.carry({std::string(anthropic_api), std::move(*content)});
    return reply_.finish(ended_, end, "message_stop");
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
    } else if (type == "content_block_stop") {
      blocks_.stop(count_of(data, "index"));
    } else if (type == "message_delta") {
      read_usage(data);
      counted_ = counted_ || member(data, "usage") != nullptr;
      if (const Json* delta = member(data, "delta")) read_stop(*delta);
    } else if (type == "message_stop") {
      ended_ = true;
    }
    return false;  // ping, and new kinds of events
  }

  void start_message(const Json& message) {
    reply_.set_model(text_of(message, "model"));
    reply_.set_request_id(text_of(message, "id"));
    read_usage(message);
  }

  bool start_block(const Json& block, std::optional<std::int64_t> index) {
    reply_.reserve_bytes(size_of(block));
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
    const bool has_input = input && (!input->is_object() || !input->empty());
    reply_.add_call(
        {.index = number, .id = id, .name = text_of(block, "name"), .arguments = has_input ? text_or_json(input) : ""});
  }

  bool read_delta(std::optional<std::int64_t> index, const Json& delta) {
    auto number = blocks_.find(index);
    if (!number && text_of(delta, "type") == "text_delta")  // a text may lack its start event
      number = blocks_.start({{"type", "text"}, {"text", ""}}, index);
    if (!number) {
      reply_.set_malformed("a piece of a block that never began");
      return false;
    }
    reply_.reserve_bytes(size_of(delta));
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
    keep_larger(counts_, {.input = token_count(*usage, "input_tokens"),
                          .cached = token_count(*usage, "cache_read_input_tokens"),
                          .output = token_count(*usage, "output_tokens"),
                          .cache_write = token_count(*usage, "cache_creation_input_tokens")});
    if (const Json* details = member(*usage, "output_tokens_details"))
      keep_larger(counts_, {.reasoning = token_count(*details, "thinking_tokens")});
    TokenCounts all = counts_;
    if (all.input)
      *all.input +=
          all.cached.value_or(0) + all.cache_write.value_or(0);  // this API counts them in addition to the input
    reply_.set_usage(all);
  }

  void read_stop(const Json& delta) {
    const std::string raw = word_of(delta, "stop_reason");
    if (raw.empty()) return;
    stop_ = stop_word(words_, raw).stop;
    if (stop_ == Stop::stop_sequence && text_of(delta, "stop_sequence").empty())
      reply_.set_malformed("stopped at a stop sequence, and it is not said which");
    if (const Json* details = member(delta, "stop_details")) {
      const std::string words = text_of(*details, "explanation");
      reply_.set_explanation(words.empty() ? text_of(*details, "category") : words);
    }
    reply_.set_stop(stop_, raw);
  }

  ReplyBuilder reply_;
  StopTable words_;
  AnthropicBlocks blocks_;
  TokenCounts counts_;  // in the API's terms: cached tokens are not part of the input
  Stop stop_ = Stop::missing;
  bool counted_ = false;  // the final usage arrived
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_anthropic_decoder(const ModelRequest& request, const StopTable& words) {
  return std::make_unique<AnthropicDecoder>(request, words);
}

}  // namespace nowd
