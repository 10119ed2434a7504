#include "delivery/mail/encoded_words.hpp"

#include <algorithm>

namespace nowd {
namespace {

constexpr std::size_t longest_plain = 200;
constexpr std::size_t bytes_in_word = 45;  // 60 characters of base64 and 12 around them

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

bool may_stand_plain(std::string_view line) {
  return line.size() <= longest_plain && line.find("=?") == std::string_view::npos &&
         std::all_of(line.begin(), line.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

/// The next word's bytes: whole characters, where the text is UTF-8.
std::string_view next_word(std::string_view text) {
  if (text.size() <= bytes_in_word) return text;
  std::size_t size = bytes_in_word;
  while (size > bytes_in_word - 4 && is_continuation(text[size])) --size;
  return text.substr(0, size);
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return line;
}

std::string encoded_words(std::string_view text, std::string_view between) {
  const std::string line = one_line(text);
  if (may_stand_plain(line)) return line;
  std::string out;
  for (std::string_view rest = line; !rest.empty();) {
    const std::string_view word = next_word(rest);
    if (!out.empty()) out += between;
    out += "=?UTF-8?B?" + base64(word) + "?=";
    rest.remove_prefix(word.size());
  }
  return out;
}

std::string base64(std::string_view bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view three = bytes.substr(at, 3);
    unsigned group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < three.size() ? static_cast<unsigned char>(three[i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) out += i <= three.size() ? digits[group >> (18 - 6 * i) & 63U] : '=';
  }
  return out;
}

}  // namespace nowd
