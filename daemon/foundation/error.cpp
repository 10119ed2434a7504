#include "foundation/error.hpp"

namespace nowd {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::refused:
      return "refused";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::in_doubt:
      return "in doubt";
    case ErrorKind::budget_spent:
      return "budget spent";
  }
  return "invalid";
}

}  // namespace nowd
