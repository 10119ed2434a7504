#include "domain/run/called_tools.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "domain/run/facts.hpp"

namespace nowd {
namespace {

constexpr std::size_t longest_words = 600;

std::string shortened(std::string_view words) {
  if (words.size() <= longest_words) return std::string(words);
  std::size_t end = longest_words;
  while (end > 0 && (static_cast<unsigned char>(words[end]) & 0xC0) == 0x80) --end;
  return std::string(words.substr(0, end)) + "…";
}

std::string told(const CalledTool& call) {
  return call.tool + " (call " + std::to_string(call.seq) +
         "): " + (call.words.empty() ? "it gave no reason" : shortened(call.words));
}

void add(std::string& list, const std::string& text) { list += (list.empty() ? "" : "; ") + text; }

using Last = std::map<std::string, const CalledTool*>;

std::optional<CallFault> failed_effects(const Last& last) {
  std::string all;
  for (const auto& [unused, call] : last)
    if (call->end == CalledTool::End::failed && !call->may_fail) add(all, told(*call));
  if (all.empty()) return std::nullopt;
  return CallFault{effect_failed, "not done, and not made good by a later call: " + all};
}

std::optional<CallFault> missing_effects(const std::vector<CalledTool>& calls, const Last& last,
                                         const std::vector<std::string>& must_call) {
  std::string all;
  for (const std::string& tool : must_call) {
    const bool done = std::any_of(calls.begin(), calls.end(), [&](const CalledTool& call) {
      return call.tool == tool && call.end != CalledTool::End::failed;
    });
    if (done) continue;
    const auto tried = last.find(tool);
    add(all, tried == last.end() ? tool + " was not called" : told(*tried->second));
  }
  if (all.empty()) return std::nullopt;
  return CallFault{effect_missing, "output.must_call: " + all};
}

}  // namespace

std::optional<CallFault> fault_in_calls(const std::vector<CalledTool>& calls,
                                        const std::vector<std::string>& must_call) {
  Last last;
  for (const CalledTool& call : calls) last[call.tool] = &call;
  if (auto fault = failed_effects(last)) return fault;
  return missing_effects(calls, last, must_call);
}

}  // namespace nowd
