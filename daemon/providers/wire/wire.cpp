#include "providers/wire/wire.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "foundation/text/utf8.hpp"
#include "foundation/text/words.hpp"

namespace nowd {
namespace {

/// The code of an error, in the order of what says most: {"code": "x"}, {"status": "X"} (Gemini), {"type": "x"},
/// number.
std::string code_of(const Json& error) {
  for (const char* name : {"code", "status", "type"})
    if (std::string code = text_of(error, name); !code.empty()) return one_line(code, 100);
  const auto number = count_of(error, "code");
  return number ? std::to_string(*number) : "";
}

/// The field in FastAPI's {"loc": ["body", "stream_options"], "msg": …}.
std::string place_of(const Json& fault) {
  std::string place;
  for (const Json* part : each_of(member(fault, "loc")))
    place += (place.empty() ? "" : ".") + (part->is_string() ? part->get<std::string>() : dump_json(*part));
  return place.empty() ? "" : place + ": ";
}

/// {"message": …} and its other names; of a list of faults ("detail" of FastAPI, "errors") the first few.
std::string message_of(const Json& error) {
  constexpr std::size_t max_faults = 3;
  for (const char* name : {"message", "msg", "detail", "status_msg", "error_msg", "errorMessage", "error_description"})
    if (std::string text = text_of(error, name); !text.empty()) return one_line(text);
  std::string all;
  std::size_t count = 0;
  for (const char* name : {"detail", "errors"})
    for (const Json* fault : each_of(member(error, name)))
      if (const std::string text = message_of(*fault); !text.empty() && count++ < max_faults)
        all += (all.empty() ? "" : "; ") + place_of(*fault) + text;
  return one_line(all);
}

/// Some servers put an empty error into every answer: "", {}, false, {"code": 0, "message": ""}.
bool is_empty_error(const Json& error) {
  if (error.is_string()) return error.get_ref<const std::string&>().empty();
  if (error.is_object()) {
    const std::string code = code_of(error);
    return message_of(error).empty() && (code.empty() || code == "0");
  }
  return error.is_array() ? error.empty() : error == Json(false) || error == Json(0);
}

}  // namespace

const Json* member(const Json& value, const char* name) {
  if (!value.is_object()) return nullptr;
  const auto found = value.find(name);
  return found == value.end() || found->is_null() ? nullptr : &*found;
}

std::string text_of(const Json& value, const char* name) {
  const Json* found = member(value, name);
  return found && found->is_string() ? found->get<std::string>() : "";
}

std::string word_of(const Json& value, const char* name) {
  const Json* found = member(value, name);
  if (!found) return "";
  std::string word = text_or_json(found);
  return word == "null" ? "" : word;
}

std::string text_or_json(const Json* value) {
  return !value ? "" : value->is_string() ? value->get<std::string>() : dump_json(*value);
}

std::vector<const Json*> each_of(const Json* value) {
  std::vector<const Json*> out;
  if (value && value->is_object()) out.push_back(value);
  if (value && value->is_array())
    for (const Json& each : *value) out.push_back(&each);
  return out;
}

std::optional<std::int64_t> count_of(const Json& value, const char* name) {
  constexpr double largest = 9007199254740992.0;  // 2^53: past it a JSON number is no longer exact everywhere
  const Json* found = member(value, name);
  if (!found || !found->is_number()) return {};
  const double number = found->get<double>();
  if (!(number >= 0 && number <= largest)) return {};
  return static_cast<std::int64_t>(number);
}

std::size_t size_of(const Json& object) {
  if (!object.is_object()) return dump_json(object).size();
  std::size_t size = 0;
  for (const auto& [key, value] : object.items())
    size += key.size() + (value.is_string() ? value.get_ref<const std::string&>().size() : dump_json(value).size());
  return size;
}

std::string clean_text(std::string_view bytes, std::size_t max) {
  std::string out;
  std::size_t copied = 0;  // bytes[copied, at) is valid and not yet copied
  std::size_t at = 0;
  std::size_t size = 0;
  while (at < bytes.size()) {
    if (bytes[at] > 0 && size < max) {  // the fast path for ASCII
      ++at;
      ++size;
      continue;
    }
    const Utf8Character c = utf8_at(bytes, at);
    const bool good = c.valid && c.code != 0;
    const std::size_t length = good ? c.length : replacement_character.size();
    if (size + length > max) break;
    size += length;
    if (!good) {
      out.append(bytes.substr(copied, at - copied)).append(replacement_character);
      copied = at + 1;
    }
    at += good ? c.length : 1;
  }
  return out.append(bytes.substr(copied, at - copied));
}

std::string one_line(std::string_view bytes, std::size_t max) {
  std::string out = clean_text(bytes, max + 4);
  if (out.size() > max) out = clean_text(out, max) + "…";
  return on_one_line(out);
}

std::optional<WireError> error_in(const Json& value) {
  const Json* error = member(value, "error");
  if (error && is_empty_error(*error)) error = nullptr;
  if (error && error->is_string()) return WireError{code_of(value), one_line(error->get<std::string>())};
  if (error) return WireError{code_of(*error), message_of(*error)};
  if (text_of(value, "object") == "error") return WireError{code_of(value), message_of(value)};
  return {};
}

std::optional<WireError> error_instead(const Json& value) {
  const Json* base = member(value, "base_resp");
  WireError error{code_of(value), message_of(base ? *base : value)};
  const auto status = base ? count_of(*base, "status_code") : std::nullopt;
  if (status) error.code = std::to_string(*status);
  return error.text.empty() || status == 0 ? std::nullopt : std::optional(std::move(error));
}

WireError error_of_body(std::string_view body) {
  const Result<Json> parsed = parse_json(body);
  if (!parsed) return {"", one_line(body)};
  // Gemini's streaming endpoint wraps its error in an array.
  const Json& value = parsed->is_array() && !parsed->empty() ? parsed->front() : *parsed;
  if (auto error = error_in(value)) return *error;
  return {code_of(value), message_of(value)};
}

namespace {

// U+10D800 to U+10DFFF stand for the halves of UTF-16 pairs, U+10E080 to U+10E0FF for bytes.
constexpr char32_t half_mark = 0x100000;
constexpr char32_t byte_mark = 0x10E000;

bool is_high(char32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low(char32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

/// The unit of a \uXXXX at the start of `text`; nothing if it is none.
std::optional<char32_t> unit_of(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return {};
  unsigned unit = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  return error == std::errc() && end == text.data() + 6 ? std::optional<char32_t>(unit) : std::nullopt;
}

/// Copies an escape sequence; a half without a partner becomes its mark. Returns the number of bytes read.
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
  append_utf8(out, half_mark + *unit);
  return 6;
}

/// Copies a character outside ASCII; an invalid byte becomes its mark.
std::size_t copy_character(std::string_view rest, std::string& out) {
  const Utf8Character c = utf8_at(rest, 0);
  if (!c.valid) {
    append_utf8(out, byte_mark + static_cast<unsigned char>(rest[0]));
    return 1;
  }
  out += rest.substr(0, c.length);
  return c.length;
}

/// Copies a number, or the nearest one that a double can have.
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

/// The unit or the byte of the mark at the start of `text`, or nothing.
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

/// Replaces the marks; sets `single` if one of them has no partner.
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
      append_utf8(out, 0x10000 + ((*unit - 0xD800) << 10) + (*next - 0xDC00));
      text.remove_prefix(mark_size);
    } else {
      single = true;
      out += replacement_character;
    }
  }
  return out += text;
}

}  // namespace

Result<Json> parse_wire_json(std::string_view text, bool& marked) {
  Result<Json> strict = parse_json(text);
  if (strict) return strict;
  const std::string repaired = with_marks(text);
  if (repaired == text) return strict;
  Result<Json> lenient = parse_json(repaired);
  if (!lenient) return strict;
  marked = true;
  return lenient;
}

std::string join_halves(std::string_view text) {
  bool single = false;
  return clean_text(unmarked(text, single), 3 * text.size() + replacement_character.size());
}

void join_halves(Json& value) {
  if (value.is_string()) value = join_halves(value.get_ref<const std::string&>());
  if (value.is_structured())
    for (Json& each : value) join_halves(each);
}

bool loses_half(std::string_view text) {
  bool single = false;
  const std::string whole = unmarked(text, single);
  return single || clean_text(whole, 3 * whole.size() + replacement_character.size()) != whole;
}

}  // namespace nowd
