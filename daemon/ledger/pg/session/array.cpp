#include "ledger/pg/session/array.hpp"

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

/// The same for a text that may be stored: no NUL.
std::size_t storable_length(std::string_view text) { return text.front() == '\0' ? 0 : well_formed(text); }

/// Printable ASCII that needs no escape inside quotes.
bool is_ordinary(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

}  // namespace

std::string storable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = storable_length(text);
    out += length == 0 ? replacement : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

bool is_storable(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = storable_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string clipped(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0u) == 0x80u) --most;
  return std::string(text.substr(0, most)) + "…";
}

std::string storable(const JsonText& json) {
  constexpr std::string_view nul = "\\u0000";
  std::string out;
  out.reserve(json.text.size());
  for (std::string_view rest = json.text; !rest.empty();) {
    const std::size_t plain = std::min(rest.find('\\'), rest.size());
    out += rest.substr(0, plain);
    rest.remove_prefix(plain);
    const bool is_nul = rest.starts_with(nul);
    const std::size_t escape = is_nul ? nul.size() : std::min<std::size_t>(2, rest.size());
    out += is_nul ? replacement : rest.substr(0, escape);
    rest.remove_prefix(escape);
  }
  return out;
}

std::string timestamptz(Instant at) {
  constexpr auto midnight = [](int year) { return std::chrono::sys_days{std::chrono::year{year} / 1 / 1}; };
  constexpr Instant first{midnight(1)}, last{Instant{midnight(10'000)} - microseconds{1}};
  return rfc3339(std::clamp(at, first, last));
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

}  // namespace nowd::pg
