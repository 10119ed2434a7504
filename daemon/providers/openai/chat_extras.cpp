#include "providers/openai/chat_extras.hpp"

#include <nlohmann/json.hpp>

#include "providers/wire/wire.hpp"

namespace nowd {
namespace {

/// Pieces of one detail share its index and type; texts go on, all else is said once, or again.
void extend(Json& detail, const Json& piece) {
  for (const auto& [key, value] : piece.items()) {
    const bool grows = key == "text" || key == "summary" || key == "data";
    if (grows && value.is_string() && detail[key].is_string())
      detail[key].get_ref<std::string&>() += value.get_ref<const std::string&>();
    else if (!value.is_null())
      detail[key] = value;
  }
}

}  // namespace

std::size_t ChatExtras::read(const Json& delta) {
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
    extend(details_.back(), detail);
  else
    details_.push_back(detail);
}

std::size_t ChatExtras::read_call(std::size_t number, const Json& call) {
  const Json* extra = member(call, "extra_content");
  if (!extra) return 0;
  calls_[number] = *extra;
  return size_of(*extra);
}

std::optional<Carried> ChatExtras::take() {
  Json value = Json::object();
  if (!reasoning_content_.empty()) value["reasoning_content"] = std::move(reasoning_content_);
  if (!details_.empty()) value["reasoning_details"] = std::move(details_);
  // A server that has another form of it as well wants that one.
  if (value.empty() && !reasoning_.empty()) value["reasoning"] = std::move(reasoning_);
  for (auto& [number, extra] : calls_) value["calls"][std::to_string(number)] = std::move(extra);
  if (value.empty()) return {};
  return Carried{std::string(openai_chat_api), std::move(value)};
}

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

}  // namespace nowd
