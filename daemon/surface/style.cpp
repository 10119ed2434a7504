#include "surface/style.hpp"

#include <algorithm>
#include <array>

namespace nowd {
namespace {

constexpr std::array<std::string_view, 4> good{"succeeded", "aligned", "done", "active"};
constexpr std::array<std::string_view, 9> bad{"failed",       "interrupted",     "orphaned", "denied", "cancelled",
                                              "contradicted", "aborted_partial", "expired",  "missed"};
constexpr std::array<std::string_view, 9> look{"late",  "unobserved", "unsynchronised", "rolled_over", "skewed",
                                               "stale", "skipped",    "superseded",     "paused"};

template <std::size_t N>
bool holds(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string_view code_of(Ink ink) {
  switch (ink) {
    case Ink::plain:
      return "";
    case Ink::dim:
      return "\x1b[2m";
    case Ink::bold:
      return "\x1b[1m";
    case Ink::good:
      return "\x1b[32m";
    case Ink::warn:
      return "\x1b[33m";
    case Ink::bad:
      return "\x1b[31m";
  }
  return "";
}

}  // namespace

std::string paint(const Style& style, Ink ink, std::string_view text) {
  if (!style.colour || ink == Ink::plain || text.empty()) return std::string(text);
  return std::string(code_of(ink)) + std::string(text) + "\x1b[0m";
}

Ink ink_of(std::string_view state_or_verdict) {
  if (holds(good, state_or_verdict)) return Ink::good;
  if (holds(bad, state_or_verdict)) return Ink::bad;
  if (holds(look, state_or_verdict)) return Ink::warn;
  return Ink::plain;
}

}  // namespace nowd
