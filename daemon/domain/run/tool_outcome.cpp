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

}  // namespace nowd
