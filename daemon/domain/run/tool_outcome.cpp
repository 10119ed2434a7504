#include "domain/run/tool_outcome.hpp"

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

}  // namespace nowd
