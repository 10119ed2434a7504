#include "providers/failure/told_wait.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace nowd {
namespace {

constexpr std::size_t most_read = 8 * 1024;
constexpr std::size_t longest_number = 16;
constexpr double longest_ms = 24.0 * 3600 * 1000;

constexpr std::array<std::string_view, 2> phrases{"Please try again in ", "Please retry in "};

/// In the order in which they are tried: "m" would take the letter of "ms". By rank the largest comes first.
struct Unit {
  std::string_view name;
  double ms;
  int rank;
};
constexpr std::array<Unit, 4> units{{{"ms", 1, 3}, {"h", 3'600'000, 0}, {"m", 60'000, 1}, {"s", 1000, 2}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "34", "34.07": digits, and perhaps a point between digits. The point at a sentence's end stays.
std::optional<double> take_number(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && is_digit(text[size])) ++size;
  if (size == 0) return std::nullopt;
  if (size + 1 < text.size() && text[size] == '.' && is_digit(text[size + 1]))
    for (++size; size < text.size() && is_digit(text[size]);) ++size;
  double value = 0;
  if (size > longest_number) return std::nullopt;
  std::from_chars(text.data(), text.data() + size, value, std::chars_format::fixed);
  text.remove_prefix(size);
  return value;
}

const Unit* take_unit(std::string_view& text) {
  for (const Unit& unit : units) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return &unit;
  }
  return nullptr;
}

/// What may follow a duration: the end of the text or of the sentence, or another word.
bool ends_word(std::string_view rest) {
  if (rest.empty() || rest[0] == ' ' || rest[0] == '\n') return true;
  if (rest[0] != '.' && rest[0] != ',' && rest[0] != ';' && rest[0] != '!') return false;
  return rest.size() == 1 || rest[1] == ' ' || rest[1] == '\n';
}

std::optional<milliseconds> duration_at(std::string_view text) {
  double ms = 0;
  int rank = -1;
  while (!text.empty() && is_digit(text[0])) {
    const auto number = take_number(text);
    const Unit* unit = number ? take_unit(text) : nullptr;
    if (unit == nullptr || unit->rank <= rank) return std::nullopt;
    rank = unit->rank;
    ms += *number * unit->ms;
  }
  if (rank < 0 || !ends_word(text) || !(ms <= longest_ms)) return std::nullopt;
  return milliseconds{static_cast<std::int64_t>(std::ceil(ms))};
}

}  // namespace

std::optional<milliseconds> told_wait(std::string_view message) {
  message = message.substr(0, most_read);
  std::optional<std::string_view> after;
  for (const std::string_view phrase : phrases)
    for (std::size_t at = message.find(phrase); at != message.npos; at = message.find(phrase, at + phrase.size())) {
      if (after) return std::nullopt;
      after = message.substr(at + phrase.size());
    }
  return after ? duration_at(*after) : std::nullopt;
}

}  // namespace nowd
