#include "domain/prompt/model_text.hpp"

#include "domain/prompt/lenient_text.hpp"

// Invariant: every opening sign that is followed by "clock" is spelt `&lt;` in the result, and all other text is
// unchanged. clock_rule() calls that spelling quoted; it is not escaped again.

namespace nowd {
namespace {

constexpr std::string_view escaped_sign = "&lt;";

bool names_clock(std::string_view text, std::size_t at) {
  while (at < text.size() && is_filler(unit_at(text, at).code)) at += unit_at(text, at).length;
  for (const char want : std::string_view("clock")) {
    while (at < text.size() && is_invisible(unit_at(text, at).code)) at += unit_at(text, at).length;
    if (at >= text.size()) return false;
    const Unit unit = unit_at(text, at);
    if (clock_letter(unit.code) != want) return false;
    at += unit.length;
  }
  return true;
}

}  // namespace

std::string escape_clock(std::string_view outside) {
  std::string out;
  out.reserve(outside.size());
  for (std::size_t at = 0; at < outside.size();) {
    const Unit unit = unit_at(outside, at);
    const bool forged = looks_like_less_than(unit.code) && names_clock(outside, at + unit.length);
    out += forged ? escaped_sign : outside.substr(at, unit.length);
    at += unit.length;
  }
  return out;
}

}  // namespace nowd
