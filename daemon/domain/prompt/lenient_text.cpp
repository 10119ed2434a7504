#include "domain/prompt/lenient_text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace nowd {
namespace {

constexpr char32_t broken = 0xFFFD;
constexpr char32_t greatest = 0x10FFFF;
constexpr std::size_t max_digits = 12;  // of a character reference, behind zeros in front

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
  static constexpr std::array names{
      Name{"&lt", '<'},      Name{"&nbsp", 0xA0},     Name{"&tab", '\t'},    Name{"&newline", '\n'},
      Name{"&sol", '/'},     Name{"&ensp", 0x2002},   Name{"&emsp", 0x2003}, Name{"&thinsp", 0x2009},
      Name{"&zwnj", 0x200C}, Name{"&zwj", 0x200D},    Name{"&shy", 0xAD},    Name{"&langle", 0x27E8},
      Name{"&lang", 0x27E8}, Name{"&lsaquo", 0x2039}, Name{"&prec", 0x227A}, Name{"&zerowidthspace", 0x200B}};
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
  const std::size_t zeros = std::min(text.find_first_not_of('0', prefix), text.size()) - prefix;
  Unit unit = number(text.substr(prefix + zeros), hexadecimal ? 16 : 10, max_digits);
  unit.length += zeros;
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

/// "%3c", and "%253c" that was escaped once more.
std::optional<Unit> percent_escape(std::string_view text) {
  std::size_t prefix = 1;
  while (text.substr(prefix, 2) == "25") prefix += 2;
  const auto deep = fixed_digits(text, prefix, 2);
  return deep ? deep : fixed_digits(text, 1, 2);
}

/// "\\u{3c}".
std::optional<Unit> braced_escape(std::string_view text) {
  const std::size_t close = text.substr(0, max_digits + 4).find('}');
  if (text.substr(0, 3) != "\\u{" || close == std::string_view::npos) return std::nullopt;
  const Unit unit = number(text.substr(3, close - 3), 16, max_digits);
  if (unit.length == 0 || unit.length != close - 3) return std::nullopt;
  return Unit{unit.code, close + 1};
}

/// "\\074", as C writes it.
std::optional<Unit> octal_escape(std::string_view text) {
  if (text.size() < 4 || text[1] != '0') return std::nullopt;
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  if (!is_octal(text[2]) || !is_octal(text[3])) return std::nullopt;
  return Unit{static_cast<char32_t>((text[2] - '0') * 8 + (text[3] - '0')), 4};
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
      return text[2 < text.size() ? 2 : 1] == '{' ? braced_escape(text) : fixed_digits(text, 2, 4);
    case 'x':
      return fixed_digits(text, 2, 2);
    case '0':
      return octal_escape(text);
    default:
      return std::nullopt;
  }
}

/// Not utf8_at: some readers take an overlong form of "<" for "<", so it counts as that character here.
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
  if (rest[0] == '%') escaped = percent_escape(rest);
  return escaped ? *escaped : utf8(rest);
}

bool looks_like_less_than(char32_t code) {
  static constexpr std::array<char32_t, 17> signs{'<',    0x02C2, 0x1438, 0x16B2, 0x2039, 0x226E,
                                                  0x2329, 0x276C, 0x276E, 0x2770, 0x27E8, 0x227A,
                                                  0x29FC, 0x3008, 0xFE64, 0xFF1C, 0x1D236};
  return std::find(signs.begin(), signs.end(), code) != signs.end();
}

bool is_invisible(char32_t code) {
  static constexpr std::array ranges{
      Range{0x00, 0x08},     Range{0x0E, 0x1F},     Range{0x7F, 0x9F},      Range{0xAD, 0xAD},
      Range{0x300, 0x36F},   Range{0x483, 0x489},   Range{0x61C, 0x61C},    Range{0x115F, 0x1160},
      Range{0x17B4, 0x17B5}, Range{0x180B, 0x180F}, Range{0x1AB0, 0x1AFF},  Range{0x1DC0, 0x1DFF},
      Range{0x200B, 0x200F}, Range{0x202A, 0x202E}, Range{0x2060, 0x206F},  Range{0x20D0, 0x20FF},
      Range{0x3164, 0x3164}, Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F},  Range{0xFEFF, 0xFEFF},
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

namespace {

/// Alphabets of 26 letters in their order, one or more of them.
std::optional<char> styled_letter(char32_t code) {
  static constexpr std::array alphabets{
      Range{'a', 'z'},         Range{'A', 'Z'},         Range{0xFF41, 0xFF5A},  // full width
      Range{0xFF21, 0xFF3A},   Range{0x249C, 0x24B5},   Range{0x24B6, 0x24E9},  // in parentheses, in circles
      Range{0x1F110, 0x1F129}, Range{0x1F130, 0x1F149}, Range{0x1F150, 0x1F169},
      Range{0x1F170, 0x1F189}, Range{0x1F1E6, 0x1F1FF}, Range{0x1D400, 0x1D6A3}};  // regional; mathematical alphabets
  for (const Range& alphabet : alphabets)
    if (alphabet.first <= code && code <= alphabet.last) return static_cast<char>('a' + (code - alphabet.first) % 26);
  return std::nullopt;
}

/// Mathematical Greek, five alphabets of 58, and mathematical digits.
char mathematical_twin(char32_t code) {
  if (code >= 0x1D7CE && code <= 0x1D7FF)
    return (code - 0x1D7CE) % 10 == 0 ? 'o' : (code - 0x1D7CE) % 10 == 1 ? 'l' : 0;
  if (code < 0x1D6A8 || code > 0x1D7C9) return 0;
  const char32_t place = (code - 0x1D6A8) % 58;
  if (place == 8 || place == 34) return 'l';                   // iota
  if (place == 9 || place == 35 || place == 54) return 'k';    // kappa
  return place == 14 || place == 40 || place == 44 ? 'o' : 0;  // omicron, sigma
}

// From Unicode's confusables.txt, and letters with marks in one character.
constexpr std::u32string_view like_c =
    U"\u0421\u0441\u03F9\u03F2\u216D\u217D\u2102\u212D\u1D04\u2CA4\u2CA5\u13DF\uABAF\uA4DA\u1455\u04AA\u04AB\u1D9C"
    U"\u00C7\u00E7\u0106\u0107\u0108\u0109\u010A\u010B\u010C\u010D\u0187\u0188\u023B\u023C\uA7F2\u2183\u2184\u2282"
    U"\U0001F74C\U000118F2\U000118E9\U000102A2\U00010302\U00010415\U0001043D\U0001051C\U0001F12B";
constexpr std::u32string_view like_l =
    U"1|\u04C0\u04CF\u216C\u217C\u2112\u2113\u0406\u0456\u0399\u03B9\u029F\u0196\u0269\u01C0\u05C0\u05D5\u05DF\u0627"
    U"\u0661\u06F1\u07CA\u13DE\uABAE\u14AA\u16C1\u2110\u2111\u2160\u2170\u2223\u23FD\u2C92\u2C93\u2CD0\u2CD1\u2D4F"
    U"\uA4E1\uA4F2\uFFE8\u053C\u056C\u0139\u013A\u013B\u013C\u013D\u013E\u013F\u0140\u0141\u0142\u1E36\u1E37\u1E38"
    U"\u1E39\u1E3A\u1E3B\u1E3C\u1E3D\u02E1\u1D38\u2097\u0131\u026B\u026D\u2C60\u2C61\uFE8D\uFE8E"
    U"\U00010320\U0001E8C7\U00016F28\U0001028A\U00010309\U0001EE00\U0001EE80\U000118A3\U000118B2\U0001041B\U00010526";
constexpr std::u32string_view like_o =
    U"0\u041E\u043E\u039F\u03BF\u03C3\u1D0F\u1D11\u2134\u2C9E\u2C9F\u0555\u0585\u05E1\u0647\u0665\u06F5\u0966\u09E6"
    U"\u0A66\u0AE6\u0B66\u0BE6\u0C66\u0CE6\u0D66\u0E50\u0ED0\u1040\u07C0\u0C02\u0C82\u0D02\u0D82\u0B20\u0D20\u101D"
    U"\u10FF\u12D0\u13A3\u13A4\u2D54\u3007\uA4F3\uAB3D\u25CB\u25EF\u00D2\u00D3\u00D4\u00D5\u00D6\u00D8\u00F2\u00F3"
    U"\u00F4\u00F5\u00F6\u00F8\u014C\u014D\u014E\u014F\u0150\u0151\u01A0\u01A1\u01D1\u01D2\u1ECC\u1ECD\u1ECE\u1ECF"
    U"\u1D52\u1D3C\u2092\u0275\u2070\u2080\u00BA\uA668\uA669"
    U"\U000104EA\U000118C8\U000118D7\U0001042C\U000114D0\U000118E0\U000104C2\U000118B5\U00010292\U000102AB\U00010404"
    U"\U00010516";
constexpr std::u32string_view like_k =
    U"\u041A\u043A\u039A\u03BA\u03F0\u212A\u1D0B\u0138\u2C94\u2C95\u13E6\uABB6\u16D5\uA4D7\u053F\u056F\u0584\u049A"
    U"\u049B\u049C\u049D\u049E\u049F\u04C3\u04C4\u0136\u0137\u01E8\u01E9\u1E30\u1E31\u1E32\u1E33\u1E34\u1E35\u0198"
    U"\u0199\u2C69\u2C6A\u1D4F\u1D37\u2096\U00010518";

}  // namespace

char clock_letter(char32_t code) {
  if (const auto letter = styled_letter(code)) return *letter == 'i' ? 'l' : *letter;  // "I" looks like "l"
  if (const char twin = mathematical_twin(code)) return twin;
  const auto is_in = [code](std::u32string_view twins) { return twins.find(code) != twins.npos; };
  return is_in(like_c) ? 'c' : is_in(like_l) ? 'l' : is_in(like_o) ? 'o' : is_in(like_k) ? 'k' : 0;
}

}  // namespace nowd
