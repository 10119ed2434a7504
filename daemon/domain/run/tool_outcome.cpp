#include "domain/run/tool_outcome.hpp"

#include <nlohmann/json.hpp>

namespace nowd {

std::string_view to_string(CallState state) {
  switch (state) {
    case CallState::refused:
      return "refused";
    case CallState::confirmed:
      return "confirmed";
    case CallState::failed:
      return "failed";
    case CallState::unknown:
      return "unknown";
  }
  return "unknown";
}

bool effect_may_have_happened(CallState state, bool started) {
  return state == CallState::confirmed || state == CallState::unknown || (state == CallState::failed && started);
}

namespace {

bool is_yes(const Json& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.empty();
}

}  // namespace

Answer anything_to_do(const std::variant<ExecAction, SqlAction>& asked, const ToolOutcome& outcome) {
  if (std::holds_alternative<ExecAction>(asked)) {
    if (!outcome.exit_code) return Answer::none;
    return *outcome.exit_code == 0 ? Answer::yes : *outcome.exit_code == 1 ? Answer::no : Answer::none;
  }
  if (outcome.state != CallState::confirmed) return Answer::none;
  const auto rows = parse_json(outcome.result);
  if (!rows || !rows->is_array()) return Answer::none;
  if (rows->empty()) return Answer::no;
  const Json& row = rows->front();
  return row.size() != 1 || is_yes(row.front()) ? Answer::yes : Answer::no;
}

}  // namespace nowd
