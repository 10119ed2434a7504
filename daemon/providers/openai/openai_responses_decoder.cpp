#include "providers/openai/openai_responses.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "providers/reply/reply_builder.hpp"

namespace nowd {
namespace {

TokenCounts responses_usage(const Json& usage) {
  TokenCounts out{.input = token_count(usage, "input_tokens"), .output = token_count(usage, "output_tokens")};
  if (const Json* details = member(usage, "input_tokens_details")) {
    out.cached = token_count(*details, "cached_tokens");
    out.cache_write = token_count(*details, "cache_write_tokens");
  }
  if (const Json* details = member(usage, "output_tokens_details"))
    out.reasoning = token_count(*details, "reasoning_tokens");
  out.total = token_count(usage, "total_tokens");
  return out;
}

/// Identifies the item of an event by its id, or else by its place.
std::string item_key(const Json& event, const std::string& id) {
  if (!id.empty()) return "id " + id;
  const auto place = count_of(event, "output_index");
  return place ? "place " + std::to_string(*place) : "";
}

/// Servers refuse reasoning without its encrypted form, unless they have stored it.
bool is_unencrypted_reasoning(const Json& item) {
  return text_of(item, "type") == "reasoning" && text_of(item, "encrypted_content").empty();
}

/// Models from gpt-5.3-codex on expect the phase of a message back.
bool is_plain(const Json& item) {
  const std::string type = text_of(item, "type");
  return (type == "message" && !member(item, "phase")) || type == "function_call";
}

/// Messages of the phase "commentary" are not part of an answer that has a final message.
bool has_final_answer(const Json& items) {
  return std::ranges::any_of(items, [](const Json& item) { return text_of(item, "phase") == "final_answer"; });
}

/// Arguments from events, and their item.
struct EventArguments {
  std::string id;
  std::optional<std::int64_t> place;
  std::string text;
  bool same_as(const EventArguments& other) const {
    return !id.empty() && !other.id.empty() ? id == other.id : place.has_value() && place == other.place;
  }
};

bool is_terminal(std::string_view type) {
  return type == "response.completed" || type == "response.incomplete" || type == "response.failed";
}

class ResponsesDecoder final : public Decoder {
 public:
  ResponsesDecoder(const ModelRequest& request, const StopTable& words) : reply_(request), words_(words) {}

  bool read_event(const SseEvent& event) override {
    if (ended_ || event.data == "[DONE]") return false;
    const auto data = reply_.parse_event(event);
    if (!data) return false;
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

  void read_document(std::string_view body) override {
    const auto answer = reply_.parse_document(body);
    if (!answer) return;
    ended_ = true;
    read(*answer, text_of(*answer, "status"));
  }

  bool ended() const override { return ended_; }
  bool full() const override { return reply_.full(); }

  ModelReply finish(BodyEnd end) override {
    // A cut answer, or an end without the output: use the parts that arrived before.
    if (!answered_ && !items_.empty()) add_items(items_);
    if (!reply_.has_text()) reply_.add_text(partial_.empty() ? done_text_ : partial_);
    return reply_.finish(ended_, end, "response.completed");
  }

 private:
  bool end(const std::string& type, const Json& event) {
    ended_ = true;
    const Json* response = member(event, "response");
    const std::string status = response ? text_of(*response, "status") : "";
    const std::string said = type.substr(type.find('.') + 1);
    // The event may be more final than its response, but not less.
    const bool fits = status.empty() || status == said || (said == "completed" && status != "in_progress");
    if (response) read(*response, status.empty() ? said : status);
    if (!response || !fits) reply_.set_malformed("a last event, " + type + ", without a response of that status");
    return false;
  }

  bool keep_item(const Json& event, std::size_t size) {
    reply_.reserve_bytes(size);
    const Json* item = member(event, "item");
    if (!item || reply_.full()) return false;
    // An item may be completed twice.
    const std::string key = item_key(event, text_of(*item, "id"));
    const auto known = key.empty() ? item_at_.end() : item_at_.find(key);
    if (known != item_at_.end()) {
      items_[known->second] = *item;
      return false;
    }
    if (!key.empty()) item_at_[key] = items_.size();
    items_.push_back(*item);
    return text_of(*item, "type") == "function_call";
  }

  // Keeps the text of deltas for a cut answer. A completed item repeats it.
  bool delta(const std::string& type, const Json& event) {
    const std::string piece = text_of(event, "delta");
    const bool text = type == "response.output_text.delta";
    if (text) {
      reply_.reserve_bytes(piece.size());
      if (!reply_.full()) partial_ += piece;
    }
    if (type == "response.output_text.done") {
      const std::string whole = text_of(event, "text");
      reply_.reserve_bytes(whole.size());
      if (!reply_.full()) done_text_ += whole;
    }
    if (type.starts_with("response.function_call_arguments.")) keep_arguments(type, event);
    if (type == "response.output_item.added") {
      const Json* item = member(event, "item");
      return item && text_of(*item, "type") == "function_call";
    }
    const bool content = text || type == "response.refusal.delta" || type == "response.function_call_arguments.delta";
    return content && !piece.empty();
  }

  /// For servers that omit the arguments in the item.
  void keep_arguments(const std::string& type, const Json& event) {
    const bool whole = type.ends_with(".done");
    const Json* value = member(event, whole ? "arguments" : "delta");
    if (!value) return;
    const std::string text = text_or_json(value);
    reply_.reserve_bytes(text.size());
    if (reply_.full()) return;
    const EventArguments about{text_of(event, "item_id"), count_of(event, "output_index"), ""};
    auto known = std::ranges::find_if(event_arguments_, [&](const auto& each) { return each.same_as(about); });
    if (known == event_arguments_.end()) known = event_arguments_.insert(event_arguments_.end(), about);
    known->text = whole ? text : known->text + text;
  }

  /// The arguments for a call whose item has none: those of the item's events, or else unassigned ones, if this is the
  /// only call.
  std::string arguments_of(const Json& items, std::size_t place) {
    const auto item_at = [&](std::size_t at) {
      return EventArguments{text_of(items[at], "id"), static_cast<std::int64_t>(at), ""};
    };
    const auto is_call = [&](std::size_t at) { return text_of(items[at], "type") == "function_call"; };
    std::vector<const EventArguments*> left;
    for (const EventArguments& each : event_arguments_) {
      if (each.same_as(item_at(place))) return each.text;
      bool claimed = false;
      for (std::size_t at = 0; at < items.size(); ++at) claimed = claimed || (is_call(at) && each.same_as(item_at(at)));
      if (!claimed) left.push_back(&each);
    }
    if (left.empty()) return "";
    std::size_t calls = 0;
    for (std::size_t at = 0; at < items.size(); ++at) calls += is_call(at) ? 1 : 0;
    if (left.size() == 1 && calls == 1) return left[0]->text;
    reply_.set_malformed("arguments of tool calls came in events that do not say which call they belong to");
    return "";
  }

  void read(const Json& response, const std::string& status) {
    reply_.set_model(text_of(response, "model"));
    reply_.set_request_id(text_of(response, "id"));
    if (const Json* found = member(response, "usage")) reply_.set_usage(responses_usage(*found));
    Json output = Json::array();
    for (const Json* item : each_of(member(response, "output"))) output.push_back(*item);
    if (!output.empty()) {
      answered_ = true;
      add_items(output);
    } else if (status.empty()) {
      if (const auto error = error_instead(response)) reply_.set_error(*error);
    }
    read_status(response, status);
  }

  void read_status(const Json& response, const std::string& status) {
    std::string raw = status;
    if (const auto error = error_in(response)) {
      const Stop stop = stop_word(openai_responses_api, error->code).stop;
      if (stop != Stop::prompt_blocked) return reply_.set_error(*error);
      reply_.set_explanation(error->text);
      raw = error->code;
    }
    if (status == "incomplete")
      if (const Json* details = member(response, "incomplete_details"))
        if (std::string reason = text_of(*details, "reason"); !reason.empty()) raw = reason;
    if (raw.empty()) return;
    Stop stop = stop_word(words_, raw).stop;
    // "completed" as the reason of an incomplete answer is no completion.
    if (stop == Stop::complete && status != "completed") stop = Stop::unknown;
    reply_.set_stop(stop, raw);
  }

  void add_items(const Json& items) {
    Json kept = Json::array();
    bool plain = true;
    const bool final_only = has_final_answer(items);
    for (std::size_t place = 0; place < items.size(); ++place) {
      const Json& item = items[place];
      const bool said = std::find(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(place), item) !=
                        items.begin() + static_cast<std::ptrdiff_t>(place);
      if (said && !text_of(item, "id").empty()) continue;  // a repeated item
      const bool aside = final_only && text_of(item, "phase") == "commentary";
      if (text_of(item, "type") == "message" && !aside) add_parts(item);
      if (text_of(item, "type") == "function_call") add_call(items, place);
      if (is_unencrypted_reasoning(item)) continue;
      plain = plain && is_plain(item);
      kept.push_back(item);
    }
    if (!plain) reply_.carry({std::string(openai_responses_api), std::move(kept)});
  }

  void add_parts(const Json& item) {
    const Json* content = member(item, "content");
    if (!content || !content->is_structured()) return reply_.add_text(text_of(item, "content"));
    for (const Json* part : each_of(content)) {
      const std::string type = text_of(*part, "type");
      if (type == "output_text" || type == "text") reply_.add_text(text_of(*part, "text"));
      if (type == "refusal") reply_.add_refusal(text_of(*part, "refusal"));
    }
  }

  void add_call(const Json& items, std::size_t place) {
    const Json& item = items[place];
    const std::string id = text_of(item, "call_id");
    if (id.empty()) reply_.set_malformed("a tool call without its call_id");
    std::string arguments = text_or_json(member(item, "arguments"));
    if (arguments.find_first_not_of(" \t\r\n") == std::string::npos) arguments = arguments_of(items, place);
    reply_.add_call({.index = calls_++, .id = id, .name = text_of(item, "name"), .arguments = std::move(arguments)});
  }

  ReplyBuilder reply_;
  StopTable words_;
  Json items_ = Json::array();
  std::map<std::string, std::size_t> item_at_;
  std::string partial_;
  std::string done_text_;
  std::vector<EventArguments> event_arguments_;
  std::int64_t calls_ = 0;
  bool answered_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_openai_responses_decoder(const ModelRequest& request, const StopTable& words) {
  return std::make_unique<ResponsesDecoder>(request, words);
}

}  // namespace nowd
