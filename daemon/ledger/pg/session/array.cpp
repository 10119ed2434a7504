#include "ledger/pg/session/array.hpp"

#include <algorithm>

#include "foundation/text/utf8.hpp"

namespace nowd::pg {
namespace {

/// Printable ASCII that needs no escape inside quotes.
bool is_ordinary(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

}  // namespace

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
    out += is_nul ? replacement_character : rest.substr(0, escape);
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
    for (char c : clean_utf8(text)) {
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
