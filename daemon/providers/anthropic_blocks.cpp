#include "providers/anthropic_blocks.hpp"

#include "providers/wire.hpp"

namespace nowd {

std::optional<std::size_t> AnthropicBlocks::start(const Json& block, std::optional<std::int64_t> index) {
  if (!block.is_object() || (index && at_.contains(*index))) return {};
  const std::string type = text_of(block, "type");
  plain_ = plain_ && (type == "text" || type == "tool_use");
  const std::size_t number = blocks_.size();
  if (index) at_[*index] = number;
  blocks_.push_back({block, {}});
  return number;
}

std::optional<std::size_t> AnthropicBlocks::find(std::optional<std::int64_t> index) const {
  const auto found = index ? at_.find(*index) : at_.end();
  return found == at_.end() ? std::nullopt : std::optional(found->second);
}

// A delta's members continue those of the block that have their names, but for these two.
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

std::optional<Json> AnthropicBlocks::take() {
  Json content = Json::array();
  for (Block& block : blocks_) {
    if (!block.input.empty()) {
      Result<Json> input = parse_json(block.input);
      if (!input) return {};
      block.value["input"] = std::move(*input);
    }
    content.push_back(std::move(block.value));
  }
  blocks_.clear();
  return content.empty() ? std::nullopt : std::optional(std::move(content));
}

}  // namespace nowd
