#include "providers/wire/tool_names.hpp"

#include <algorithm>

namespace nowd {
namespace {

constexpr std::size_t longest = 64;  // https://platform.openai.com/docs/api-reference/chat/create, tools.function.name

bool allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool is_wire_name(const std::string& name) {
  return !name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), allowed);
}

std::string made_allowed(std::string name) {
  std::replace_if(name.begin(), name.end(), [](char c) { return !allowed(c); }, '_');
  name.resize(std::min(name.size(), longest));
  return name.empty() ? "_" : name;
}

}  // namespace

ToolNames::ToolNames(const ModelRequest& request) {
  // Names that are fine as they are come first: "crm.note" must not take the name of a tool that is called "crm_note".
  for (const ToolOffer& offer : request.tools)
    if (is_wire_name(offer.name)) add(offer.name);
  for (const ToolOffer& offer : request.tools) add(offer.name);
  for (const Message& message : request.messages)
    for (const ProposedCall& call : message.calls) add(call.tool);
}

void ToolNames::add(const std::string& tool) {
  if (wire_.contains(tool)) return;
  const std::string base = made_allowed(tool);
  std::string wire = base;
  for (int n = 2; tool_.contains(wire); ++n) {
    const std::string suffix = "_" + std::to_string(n);
    wire = base.substr(0, longest - suffix.size()) + suffix;
  }
  wire_[tool] = wire;
  tool_[wire] = tool;
}

const std::string& ToolNames::to_wire(const std::string& tool) const {
  const auto found = wire_.find(tool);
  return found == wire_.end() ? tool : found->second;
}

const std::string& ToolNames::from_wire(const std::string& wire) const {
  const auto found = tool_.find(wire);
  return found == tool_.end() ? wire : found->second;
}

}  // namespace nowd
