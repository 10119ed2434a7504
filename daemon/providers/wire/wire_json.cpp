#include "providers/wire/wire_json.hpp"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "providers/wire/wire.hpp"

namespace nowd {
namespace {

// U+10D800 to U+10DFFF stand for the halves of UTF-16 pairs, U+10E080 to U+10E0FF for bytes.
constexpr char32_t half_mark = 0x100000;
constexpr char32_t byte_mark = 0x10E000;
constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

bool is_high(char32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low(char32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

void append(std::string& to, char32_t c) {
  const auto put = [&](char32_t byte) { to += static_cast<char>(byte); };
  if (c < 0x10000) {
    put(0xE0 | c >> 12);
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
  }
  put(0x80 | (c >> 6 & 0x3F));
  put(0x80 | (c & 0x3F));
}

/// The unit of a \uXXXX at the start of `text`; nothing if it is none.
std::optional<char32_t> unit_of(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return {};
  unsigned unit = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  return error == std::errc() && end == text.data() + 6 ? std::optional<char32_t>(unit) : std::nullopt;
}

/// Copies what begins with a backslash; a half that stands alone becomes its mark. Gives the bytes that were read.
std::size_t copy_escape(std::string_view rest, std::string& out) {
  const auto unit = unit_of(rest);
  if (!unit || !(is_high(*unit) || is_low(*unit))) {
    out += rest.substr(0, 2);
    return std::min<std::size_t>(rest.size(), 2);
  }
  const auto next = unit_of(rest.substr(6));
  if (is_high(*unit) && next && is_low(*next)) {
    out += rest.substr(0, 12);
    return 12;
  }
  append(out, half_mark + *unit);
  return 6;
}

/// Copies a character outside ASCII; a byte that is none becomes its mark.
std::size_t copy_character(std::string_view rest, std::string& out) {
  const std::size_t size = character_size(rest);
  if (size == 0)
    append(out, byte_mark + static_cast<unsigned char>(rest[0]));
  else
    out += rest.substr(0, size);
  return std::max<std::size_t>(size, 1);
}

/// Copies a number, or one that is as near as a double comes.
std::size_t copy_number(std::string_view rest, std::string& out) {
  const std::size_t size = std::min(rest.find_first_not_of("0123456789.eE+-"), rest.size());
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + size, value);
  const bool large = error == std::errc::result_out_of_range && end == rest.data() + size;
  out += !large ? rest.substr(0, size) : rest[0] == '-' ? "-1e300" : "1e300";
  return size;
}

std::string with_marks(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool quoted = false;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const std::string_view rest = text.substr(at);
    if (quoted && c == '\\') {
      at += copy_escape(rest, out);
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      at += copy_character(rest, out);
    } else if (!quoted && (c == '-' || (c >= '0' && c <= '9'))) {
      at += copy_number(rest, out);
    } else {
      if (c == '"') quoted = !quoted;
      out += c;
      ++at;
    }
  }
  return out;
}

/// The mark at the start of `text`, as the unit or the byte that it stands for; nothing if there is none.
std::optional<char32_t> mark_at(std::string_view text) {
  if (text.size() < 4 || text[0] != '\xF4') return {};
  const auto bits = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i]) & 0x3F); };
  const char32_t c = 4U << 18 | bits(1) << 12 | bits(2) << 6 | bits(3);
  const bool half = is_high(c - half_mark) || is_low(c - half_mark);
  const bool byte = c >= byte_mark + 0x80 && c <= byte_mark + 0xFF;
  if (half) return c - half_mark;
  return byte ? std::optional(c - byte_mark) : std::nullopt;
}

constexpr std::size_t mark_size = 4;

/// Replaces the marks; `single` is set if one of them has no partner.
std::string unmarked(std::string_view text, bool& single) {
  std::string out;
  for (std::size_t at = text.find('\xF4'); at != text.npos; at = text.find('\xF4')) {
    out += text.substr(0, at);
    text.remove_prefix(at);
    const auto unit = mark_at(text);
    if (!unit) {
      out += text[0];
      text.remove_prefix(1);
      continue;
    }
    text.remove_prefix(mark_size);
    if (*unit <= 0xFF) {
      out += static_cast<char>(*unit);
      continue;
    }
    const auto next = mark_at(text);
    if (is_high(*unit) && next && is_low(*next)) {
      append(out, 0x10000 + ((*unit - 0xD800) << 10) + (*next - 0xDC00));
      text.remove_prefix(mark_size);
    } else {
      single = true;
      out += replacement;
    }
  }
  return out += text;
}

}  // namespace

Result<Json> parse_wire_json(std::string_view text, bool& marked) {
  Result<Json> strict = parse_json(text);
  if (strict) return strict;
  const std::string mended = with_marks(text);
  if (mended == text) return strict;
  Result<Json> lenient = parse_json(mended);
  if (!lenient) return strict;
  marked = true;
  return lenient;
}

std::string join_halves(std::string_view text) {
  bool single = false;
  return clean_text(unmarked(text, single), 3 * text.size() + replacement.size());
}

void join_halves(Json& value) {
  if (value.is_string()) value = join_halves(value.get_ref<const std::string&>());
  if (value.is_structured())
    for (Json& each : value) join_halves(each);
}

bool loses_half(std::string_view text) {
  bool single = false;
  const std::string whole = unmarked(text, single);
  return single || clean_text(whole, 3 * whole.size() + replacement.size()) != whole;
}

}  // namespace nowd
