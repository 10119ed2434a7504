#include "foundation/text/utf8.hpp"

#include <algorithm>

namespace nowd {
namespace {

/// How a first byte continues (Unicode 15, table 3-7). The bounds of the second byte exclude overlong forms, surrogates
/// and codes above U+10FFFF.
struct Lead {
  std::size_t length = 0;  ///< 0: no character begins with this byte
  unsigned char min_second = 0x80;
  unsigned char max_second = 0xBF;
};

Lead lead_of(unsigned char byte) {
  if (byte < 0x80) return {1};
  if (byte < 0xC2) return {};
  if (byte < 0xE0) return {2};
  if (byte == 0xE0) return {3, 0xA0};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3};
  if (byte == 0xF0) return {4, 0x90};
  if (byte < 0xF4) return {4};
  return byte == 0xF4 ? Lead{4, 0x80, 0x8F} : Lead{};
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

Utf8Character utf8_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const Lead lead = lead_of(byte(0));
  if (lead.length == 0) return {};
  if (lead.length == 1) return {byte(0), 1, true};
  char32_t code = byte(0) & (0xFFU >> (lead.length + 1));
  for (std::size_t i = 1; i < lead.length; ++i) {
    if (at + i == text.size()) return {0xFFFD, i, false};
    const bool in_range = i > 1 || (byte(1) >= lead.min_second && byte(1) <= lead.max_second);
    if (!is_continuation(text[at + i]) || !in_range) return {0xFFFD, i, false};
    code = code << 6 | (byte(i) & 0x3FU);
  }
  return {code, lead.length, true};
}

std::string_view first_character(std::string_view text) {
  return text.empty() ? text : text.substr(0, utf8_at(text, 0).length);
}

std::string clean_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const Utf8Character c = utf8_at(bytes, at);
    out += c.valid && c.code != 0 ? bytes.substr(at, c.length) : replacement_character;
    at += c.length;
  }
  return out;
}

bool is_clean_utf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const Utf8Character c = utf8_at(bytes, at);
    if (!c.valid || c.code == 0) return false;
    at += c.length;
  }
  return true;
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  const std::size_t min_bytes = max_bytes - std::min<std::size_t>(max_bytes, 4);
  while (max_bytes > min_bytes && is_continuation(text[max_bytes])) --max_bytes;
  return text.substr(0, max_bytes);
}

std::string clipped(std::string_view text, std::size_t max_bytes) {
  return text.size() <= max_bytes ? std::string(text) : std::string(utf8_prefix(text, max_bytes)) + "…";
}

void append_utf8(std::string& to, char32_t code) {
  const auto put = [&](char32_t byte) { to += static_cast<char>(byte); };
  const auto put_rest = [&](unsigned shift) { put(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put_rest(6);
  } else {
    put(0xF0 | code >> 18);
    put_rest(12);
    put_rest(6);
  }
  put_rest(0);
}

}  // namespace nowd
