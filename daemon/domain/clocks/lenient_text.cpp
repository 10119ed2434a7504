#include "domain/clocks/lenient_text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace nowd {
namespace {

constexpr char32_t broken = 0xFFFD;
constexpr char32_t greatest = 0x10FFFF;
constexpr std::size_t most_digits = 12;  // of a character reference, zeros in front included

std::optional<unsigned> digit_value(char c, unsigned base) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (base != 16) return std::nullopt;
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

/// A number at the start of `text`: its value (beyond Unicode: U+FFFD) and how many digits it had.
Unit number(std::string_view text, unsigned base, std::size_t limit) {
  char32_t value = 0;
  std::size_t length = 0;
  for (; length < std::min(limit, text.size()); ++length) {
    const auto digit = digit_value(text[length], base);
    if (!digit) break;
    value = std::min<char32_t>(value * base + *digit, greatest + 1);
  }
  return {value > greatest ? broken : value, length};
}

std::optional<Unit> named_reference(std::string_view text) {
  struct Name {
    std::string_view spelling;  // lower case; readers take it in any case
    char32_t code;
  };
  static constexpr std::array names{Name{"&lt", '<'},
                                    Name{"&nbsp", 0xA0},
                                    Name{"&tab", '\t'},
                                    Name{"&newline", '\n'},
                                    Name{"&sol", '/'},
                                    Name{"&ensp", 0x2002},
                                    Name{"&emsp", 0x2003},
                                    Name{"&thinsp", 0x2009},
                                    Name{"&zwnj", 0x200C},
                                    Name{"&zwj", 0x200D},
                                    Name{"&shy", 0xAD},
                                    Name{"&lang", 0x27E8},
                                    Name{"&zerowidthspace", 0x200B}};
  for (const Name& name : names) {
    if (text.size() < name.spelling.size()) continue;
    const bool same = std::equal(name.spelling.begin(), name.spelling.end(), text.begin(), [](char want, char have) {
      return want == (have >= 'A' && have <= 'Z' ? static_cast<char>(have + ('a' - 'A')) : have);
    });
    const std::size_t size = name.spelling.size();
    if (same) return Unit{name.code, text.substr(size, 1) == ";" ? size + 1 : size};
  }
  return std::nullopt;
}

std::optional<Unit> character_reference(std::string_view text) {
  if (text.substr(0, 2) != "&#") return named_reference(text);
  const bool hexadecimal = text.substr(2, 1) == "x" || text.substr(2, 1) == "X";
  const std::size_t prefix = hexadecimal ? 3 : 2;
  if (prefix >= text.size()) return std::nullopt;
  Unit unit = number(text.substr(prefix), hexadecimal ? 16 : 10, most_digits);
  if (unit.length == 0) return std::nullopt;
  unit.length += prefix;
  if (text.substr(unit.length, 1) == ";") ++unit.length;
  return unit;
}

std::optional<Unit> fixed_digits(std::string_view text, std::size_t prefix, std::size_t digits) {
  if (text.size() < prefix + digits) return std::nullopt;
  const Unit unit = number(text.substr(prefix), 16, digits);
  if (unit.length != digits) return std::nullopt;
  return Unit{unit.code, prefix + digits};
}

std::optional<Unit> json_escape(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  switch (text[1]) {
    case 'n':
      return Unit{'\n', 2};
    case 't':
      return Unit{'\t', 2};
    case 'r':
      return Unit{'\r', 2};
    case 'b':
      return Unit{'\b', 2};
    case 'f':
      return Unit{'\f', 2};
    case '/':
      return Unit{'/', 2};
    case 'u':
      return fixed_digits(text, 2, 4);
    default:
      return std::nullopt;
  }
}

Unit utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = byte(0) < 0x80       ? 1
                             : byte(0) >> 5 == 6  ? 2
                             : byte(0) >> 4 == 14 ? 3
                             : byte(0) >> 3 == 30 ? 4
                                                  : 0;
  if (length == 0 || text.size() < length) return {broken, 1};
  char32_t code = length == 1 ? byte(0) : byte(0) & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (byte(i) >> 6 != 2) return {broken, 1};
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  // An overlong form of "<" is read by some as "<": it counts as what it stands for.
  return {code > greatest ? broken : code, length};
}

struct Range {
  char32_t first;
  char32_t last;
};

template <std::size_t N>
bool within(char32_t code, const std::array<Range, N>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [&](Range r) { return r.first <= code && code <= r.last; });
}

}  // namespace

Unit unit_at(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  std::optional<Unit> escaped;
  if (rest[0] == '&') escaped = character_reference(rest);
  if (rest[0] == '\\') escaped = json_escape(rest);
  if (rest[0] == '%') escaped = fixed_digits(rest, 1, 2);
  return escaped ? *escaped : utf8(rest);
}

bool looks_like_less_than(char32_t code) {
  static constexpr std::array<char32_t, 14> signs{'<',    0x02C2, 0x1438, 0x2039, 0x2329, 0x276C, 0x276E,
                                                  0x2770, 0x27E8, 0x227A, 0x29FC, 0x3008, 0xFE64, 0xFF1C};
  return std::find(signs.begin(), signs.end(), code) != signs.end();
}

bool is_invisible(char32_t code) {
  static constexpr std::array ranges{Range{0x00, 0x08},     Range{0x0E, 0x1F},     Range{0x7F, 0x9F},
                                     Range{0xAD, 0xAD},     Range{0x34F, 0x34F},   Range{0x61C, 0x61C},
                                     Range{0x115F, 0x1160}, Range{0x17B4, 0x17B5}, Range{0x180B, 0x180F},
                                     Range{0x200B, 0x200F}, Range{0x202A, 0x202E}, Range{0x2060, 0x206F},
                                     Range{0x3164, 0x3164}, Range{0xFE00, 0xFE0F}, Range{0xFEFF, 0xFEFF},
                                     Range{0xFFA0, 0xFFA0}, Range{0xFFF0, 0xFFFD}, Range{0xE0000, 0xE0FFF}};
  return within(code, ranges);
}

bool is_filler(char32_t code) {
  static constexpr std::array ranges{
      Range{0x09, 0x0D},     Range{' ', ' '},       Range{'/', '/'},       Range{'\\', '\\'},     Range{0xA0, 0xA0},
      Range{0x1680, 0x1680}, Range{0x2000, 0x200A}, Range{0x2028, 0x2029}, Range{0x202F, 0x202F}, Range{0x205F, 0x205F},
      Range{0x3000, 0x3000}, Range{0x2044, 0x2044}, Range{0x2215, 0x2215}, Range{0xFF0F, 0xFF0F}};
  return within(code, ranges) || is_invisible(code);
}

char clock_letter(char32_t code) {
  const auto letter = [](char32_t index) { return static_cast<char>('a' + index % 26); };
  if (code >= 'a' && code <= 'z') return letter(code - 'a');
  if (code >= 'A' && code <= 'Z') return letter(code - 'A');
  if (code >= 0xFF41 && code <= 0xFF5A) return letter(code - 0xFF41);  // full width
  if (code >= 0xFF21 && code <= 0xFF3A) return letter(code - 0xFF21);
  if (code >= 0x24B6 && code <= 0x24E9) return letter(code - 0x24B6);     // circled
  if (code >= 0x1F130 && code <= 0x1F149) return letter(code - 0x1F130);  // squared
  if (code >= 0x1D400 && code <= 0x1D6A3) return letter(code - 0x1D400);  // mathematical alphabets, 26 letters each
  struct Twin {
    char32_t code;
    char letter;
  };
  static constexpr std::array twins{
      Twin{0x0421, 'c'}, Twin{0x0441, 'c'}, Twin{0x03F9, 'c'}, Twin{0x03F2, 'c'}, Twin{0x216D, 'c'}, Twin{0x217D, 'c'},
      Twin{0x2102, 'c'}, Twin{0x212D, 'c'}, Twin{0x1D04, 'c'}, Twin{0x04C0, 'l'}, Twin{0x04CF, 'l'}, Twin{0x216C, 'l'},
      Twin{0x217C, 'l'}, Twin{0x2112, 'l'}, Twin{0x2113, 'l'}, Twin{0x0406, 'l'}, Twin{0x0399, 'l'}, Twin{'1', 'l'},
      Twin{'|', 'l'},    Twin{0x029F, 'l'}, Twin{0x041E, 'o'}, Twin{0x043E, 'o'}, Twin{0x039F, 'o'}, Twin{0x03BF, 'o'},
      Twin{'0', 'o'},    Twin{0x1D0F, 'o'}, Twin{0x2134, 'o'}, Twin{0x041A, 'k'}, Twin{0x043A, 'k'}, Twin{0x039A, 'k'},
      Twin{0x03BA, 'k'}, Twin{0x212A, 'k'}, Twin{0x1D0B, 'k'}};
  for (const Twin& twin : twins)
    if (twin.code == code) return twin.letter;
  return 0;
}

}  // namespace nowd
