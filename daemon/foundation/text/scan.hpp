// Reads fixed text formats from left to right. Each call removes its text from the front, or returns false and removes
// no text.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace nowd {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// A view that shrinks from the front. Requires: the text outlives it.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  std::string_view rest() const { return rest_; }

  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool take_one_of(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// The longest run of characters that satisfy the predicate; may be empty.
  template <class Predicate>
  std::string_view take_while(Predicate wanted) {
    std::size_t count = 0;
    while (count < rest_.size() && wanted(rest_[count])) ++count;
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  /// A number of `min_digits` to `max_digits` digits (at most 9, so that it fits into an int).
  bool number(std::size_t min_digits, std::size_t max_digits, int& out) {
    std::size_t count = 0;
    int value = 0;
    while (count < max_digits && count < rest_.size() && is_digit(rest_[count]))
      value = value * 10 + (rest_[count++] - '0');
    if (count < min_digits) return false;
    rest_.remove_prefix(count);
    out = value;
    return true;
  }

  /// Exactly `count` digits.
  bool digits(std::size_t count, int& out) { return number(count, count, out); }

 private:
  std::string_view rest_;
};

// Writes numbers of fixed width, for dates and times.

/// Appends a value, padded on the left to `width`. Wider values are written whole; negative ones keep their sign.
inline void append_padded(std::string& out, std::int64_t value, std::size_t width, char pad = '0') {
  char text[20];
  const char* end = std::to_chars(text, text + sizeof text, value < 0 ? -value : value).ptr;
  const auto size = static_cast<std::size_t>(end - text);
  if (value < 0) out += '-';
  if (size < width) out.append(width - size, pad);
  out.append(text, size);
}

}  // namespace nowd
