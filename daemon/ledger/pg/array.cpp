#include "ledger/pg/array.hpp"

#include <algorithm>

namespace nowd::pg {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Length of the well-formed UTF-8 sequence at the start of `text` (Unicode, table 3-7), or 0.
std::size_t well_formed(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto in = [](unsigned value, unsigned low, unsigned high) { return value >= low && value <= high; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (in(first, 0xC2, 0xDF)) return in(byte(1), 0x80, 0xBF) ? 2 : 0;
  if (in(first, 0xE0, 0xEF)) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return in(byte(1), low, high) && in(byte(2), 0x80, 0xBF) ? 3 : 0;
  }
  if (in(first, 0xF0, 0xF4)) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return in(byte(1), low, high) && in(byte(2), 0x80, 0xBF) && in(byte(3), 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

/// Printable ASCII that needs no escape inside quotes.
bool is_ordinary(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

}  // namespace

std::string storable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = text.front() == '\0' ? 0 : well_formed(text);
    if (length == 0)
      out += replacement;
    else
      out += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

Array& Array::add(std::string_view text) {
  if (size_++ > 0) body_ += ',';
  body_ += '"';
  if (std::all_of(text.begin(), text.end(), is_ordinary))  // nearly all there is: names, hashes, words
    body_ += text;
  else
    for (char c : storable(text)) {
      if (c == '"' || c == '\\') body_ += '\\';
      body_ += c;
    }
  body_ += '"';
  return *this;
}

Array& Array::plain(std::string_view text) {
  if (size_++ > 0) body_ += ',';
  body_ += text;
  return *this;
}

Array& Array::add_null() { return plain("NULL"); }

Array& Array::add(nanoseconds interval) {
  return add(
      std::string_view(std::to_string(std::chrono::duration_cast<microseconds>(interval).count()) + " microseconds"));
}

}  // namespace nowd::pg
