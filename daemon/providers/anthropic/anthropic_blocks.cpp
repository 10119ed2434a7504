#include "providers/anthropic/anthropic_blocks.hpp"

#include "providers/reply/call_pieces.hpp"
#include "providers/wire/wire.hpp"

namespace nowd {
namespace {

bool is_tool(const Json& block) { return text_of(block, "type") == "tool_use"; }

}  // namespace

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
      Result<Json> input = parse_json(once(block.input));
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

}  // namespace nowd
