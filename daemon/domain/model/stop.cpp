#include "domain/model/stop.hpp"

#include <array>

#include "foundation/text/enum_words.hpp"

namespace nowd {
namespace {

constexpr std::array<std::string_view, 7> action_words{"commit",      "run_tools", "retry_larger", "resume",
                                                       "repair_once", "fail",      "hold"};
static_assert(covers(action_words, StopAction::hold));

struct Row {
  Stop stop;
  std::string_view name;
  StopAction action;
};

// One row per class, in the order of the enum. The network's retries (overload, a cut stream) are no stop action: they
// belong to the one retry layer, and `fail` here applies after the last retry.
constexpr std::array rows{
    Row{Stop::complete, "complete", StopAction::commit},
    Row{Stop::stop_sequence, "stop_sequence", StopAction::fail},
    Row{Stop::tool_call, "tool_call", StopAction::run_tools},
    Row{Stop::truncated_output, "truncated_output", StopAction::retry_larger},
    Row{Stop::truncated_context, "truncated_context", StopAction::fail},
    Row{Stop::filtered, "filtered", StopAction::fail},
    Row{Stop::refused, "refused", StopAction::fail},
    Row{Stop::prompt_blocked, "prompt_blocked", StopAction::fail},
    Row{Stop::paused, "paused", StopAction::resume},
    Row{Stop::compacted, "compacted", StopAction::resume},
    Row{Stop::malformed, "malformed", StopAction::repair_once},
    Row{Stop::tool_misuse, "tool_misuse", StopAction::repair_once},
    Row{Stop::loop_limit, "loop_limit", StopAction::fail},
    Row{Stop::budget_exceeded, "budget_exceeded", StopAction::fail},
    Row{Stop::provider_error, "provider_error", StopAction::fail},
    Row{Stop::cancelled, "cancelled", StopAction::fail},
    Row{Stop::in_progress, "in_progress", StopAction::hold},
    Row{Stop::missing, "missing", StopAction::hold},
    Row{Stop::stream_cut, "stream_cut", StopAction::fail},
    Row{Stop::unknown, "unknown", StopAction::hold},
};

constexpr bool rows_follow_the_enum() {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (static_cast<std::size_t>(rows[i].stop) != i) return false;
  return rows.back().stop == Stop::unknown;
}
static_assert(rows_follow_the_enum());

const Row& row_of(Stop stop) {
  const auto index = static_cast<std::size_t>(stop);
  return index < rows.size() ? rows[index] : rows.back();
}

}  // namespace

std::string_view to_string(Stop stop) { return row_of(stop).name; }

std::optional<Stop> parse_stop(std::string_view name) {
  for (const Row& row : rows)
    if (row.name == name) return row.stop;
  return std::nullopt;
}

std::string quoted_word(std::string_view raw) {
  constexpr std::size_t longest = 60;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "'";
  for (const char c : raw.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'' || c == '\\')
      out += {'\\', c};
    else if (byte >= 0x20 && byte < 0x7F)
      out += c;
    else
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
  }
  return out + (raw.size() > longest ? "…'" : "'");
}

StopAction default_action(Stop stop) { return row_of(stop).action; }

std::optional<StopAction> parse_stop_action(std::string_view name) {
  return parse_word<StopAction>(action_words, name);
}

std::span<const StopAction> offered_actions(Stop stop) {
  static constexpr std::array ends{StopAction::fail, StopAction::hold};
  static constexpr std::array larger{StopAction::retry_larger, StopAction::fail, StopAction::hold};
  static constexpr std::array resumed{StopAction::resume, StopAction::fail, StopAction::hold};
  static constexpr std::array repaired{StopAction::repair_once, StopAction::fail, StopAction::hold};
  static constexpr std::array accepted{StopAction::commit, StopAction::fail, StopAction::hold};
  switch (stop) {
    case Stop::complete:
    case Stop::tool_call:
      return {};
    case Stop::stop_sequence:
      return accepted;
    case Stop::truncated_output:
      return larger;
    case Stop::paused:
    case Stop::compacted:
      return resumed;
    case Stop::malformed:
    case Stop::tool_misuse:
    case Stop::filtered:
      return repaired;
    default:
      return ends;
  }
}

std::string_view to_string(StopAction action) { return word_of(action_words, action); }

}  // namespace nowd
