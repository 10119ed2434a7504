#include "providers/wire/tool_names.hpp"

#include <algorithm>
#include <set>

namespace nowd {
namespace {

constexpr std::size_t max_size = 64;  // https://platform.openai.com/docs/api-reference/chat/create, tools.function.name

bool allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool is_wire_name(const std::string& name) {
  return !name.empty() && name.size() <= max_size && std::all_of(name.begin(), name.end(), allowed);
}

std::string with_allowed_characters(std::string name) {
  std::replace_if(name.begin(), name.end(), [](char c) { return !allowed(c); }, '_');
  name.resize(std::min(name.size(), max_size));
  return name.empty() ? "_" : name;
}

}  // namespace

ToolNames::ToolNames(const ModelRequest& request) {
  // Names that stay unchanged come first: "crm.note" must not take the name of a tool that is called "crm_note".
  for (const ToolOffer& offer : request.tools)
    if (is_wire_name(offer.name)) add(offer.name);
  for (const ToolOffer& offer : request.tools) add(offer.name);
  for (const Message& message : request.messages)
    for (const ProposedCall& call : message.calls) add(call.tool);
}

void ToolNames::add(const std::string& tool) {
  if (wire_.contains(tool)) return;
  const std::string base = with_allowed_characters(tool);
  std::string wire = base;
  for (int n = 2; tool_.contains(wire); ++n) {
    const std::string suffix = "_" + std::to_string(n);
    wire = base.substr(0, max_size - suffix.size()) + suffix;
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

namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool fits(const std::string& id, const IdRule& rule) {
  const auto allowed = [&](char c) {
    return is_letter_or_digit(c) || rule.beside_letters_and_digits.find(c) != std::string_view::npos;
  };
  return !id.empty() && id.size() <= rule.max_size && std::ranges::all_of(id, allowed);
}

/// Nine letters and digits: Mistral requires them, and all others accept them. "call00012".
std::string generated_id(std::size_t number) {
  constexpr std::size_t digits = 5;
  std::string text = std::to_string(number);
  text.insert(0, digits - std::min(digits, text.size()), '0');
  return "call" + text;
}

}  // namespace

CallIds::CallIds(const ModelRequest& request, const IdRule& rule) {
  std::set<std::string> taken;
  for (const Message& message : request.messages)
    for (const ProposedCall& call : message.calls) taken.insert(call.id);
  std::set<std::string> sent;
  std::map<std::string, std::string> of_turn;  // id of a call → id on the wire
  std::size_t number = 0;
  for (const Message& message : request.messages) {
    if (message.role == Message::Role::assistant) of_turn.clear();
    for (const ProposedCall& call : message.calls) {
      ++number;
      std::string id = call.id;
      if (!fits(id, rule) || sent.contains(id)) {
        for (std::size_t n = number; taken.contains(id = generated_id(n)); n += request.messages.size()) continue;
        taken.insert(id);
        renamed_[&call] = id;
      }
      sent.insert(id);
      of_turn[call.id] = std::move(id);
    }
    if (message.role != Message::Role::tool) continue;
    if (const auto call = of_turn.find(message.call_id); call != of_turn.end() && call->second != message.call_id)
      renamed_[&message] = call->second;
  }
}

const std::string& CallIds::renamed(const void* item, const std::string& id) const {
  const auto found = renamed_.find(item);
  return found == renamed_.end() ? id : found->second;
}

}  // namespace nowd
