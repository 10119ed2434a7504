#include "domain/lint/text_tokens.hpp"

#include <algorithm>
#include <array>

#include "foundation/text/scan.hpp"
#include "foundation/text/utf8.hpp"

namespace nowd {
namespace {

using Kind = TextToken::Kind;

bool is_space(char32_t code) {
  return code == ' ' || code == '\t' || code == '\r' || code == 0xA0 || (code >= 0x2000 && code <= 0x200B) ||
         code == 0x202F || code == 0x3000;
}

bool is_combining(char32_t code) { return code >= 0x300 && code <= 0x36F; }

bool is_word_character(char32_t code) {
  if (code < 0x80) return is_letter(static_cast<char>(code)) || code == '_';
  return (code >= 0xC0 && code <= 0x24F && code != 0xD7 && code != 0xF7) || (code >= 0x370 && code <= 0x1FFF) ||
         (code >= 0x3040 && code <= 0xD7FF) || is_combining(code);
}

/// Lower case without its accent; "?" for a letter that no word of ours has.
std::string_view folded(char32_t code) {
  static constexpr std::string_view ascii = "abcdefghijklmnopqrstuvwxyz";
  static constexpr std::array<std::string_view, 32> latin{"a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e",
                                                          "e", "i", "i", "i", "i", "d", "n",  "o", "o", "o", "o",
                                                          "o", "?", "o", "u", "u", "u", "u",  "y", "?", "y"};
  if (code >= 'a' && code <= 'z') return ascii.substr(code - 'a', 1);
  if (code >= 'A' && code <= 'Z') return ascii.substr(code - 'A', 1);
  if (code == 0xDF) return "ss";
  if (code >= 0xC0 && code <= 0xFF) return latin[(code - 0xC0) % 32];
  if (code == '_') return "_";
  return is_combining(code) ? "" : "?";
}

char sign_of(char32_t code) {
  if (code == 0x2018 || code == 0x2019 || code == 0x02BC) return '\'';
  if (code == 0x201C || code == 0x201D || code == 0x201E || code == 0xAB || code == 0xBB) return '"';
  if (code == 0x2013 || code == 0x2014) return long_dash;
  if (code == 0xAA || code == 0xBA) return ordinal_sign;
  if (code == 0x2010 || code == 0x2011 || code == 0x2212) return '-';
  return code >= 0x20 && code < 0x80 ? static_cast<char>(code) : '\0';
}

/// The mark that ends a quotation which begins with this one; 0 for all other characters.
char32_t closing(char32_t code, bool json) {
  if (code == '"') return json ? 0 : U'"';
  if (code == '`') return '`';
  if (code == 0xAB) return 0xBB;
  if (code == 0x201C) return 0x201D;
  return code == 0x201E ? 0x201C : 0;
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text), json_(is_json(text)) {}

  std::vector<TextToken> run() {
    while (at_ < text_.size()) step();
    return std::move(tokens_);
  }

 private:
  void step() {
    const Utf8Character c = utf8_at(text_, at_);
    if (c.code == '\n') return end_line();
    if (is_space(c.code)) {
      spaced_ = true, at_ += c.length;
      return;
    }
    if (is_word_character(c.code)) return word();
    if (c.code >= '0' && c.code <= '9') return number();
    sign(c);
  }

  TextToken& push(Kind kind, std::size_t from) {
    TextToken token;
    token.at = static_cast<std::uint32_t>(from);
    token.length = static_cast<std::uint32_t>(at_ - from);
    token.kind = kind;
    token.spaced = spaced_ || tokens_.empty() || tokens_.back().kind == Kind::line_end;
    token.quoted = quoted_line_;
    spaced_ = false;
    return tokens_.emplace_back(token);
  }

  void end_line() {
    const std::size_t from = at_++;
    push(Kind::line_end, from);
    quoted_line_ = false, wanted_ = 0;
  }

  void word() {
    const std::size_t from = at_;
    const Utf8Character first = utf8_at(text_, at_);
    std::string name;
    take_letters(name);
    if (name == "aujourd" && hui_follows(name)) take_letters(name);
    TextToken& token = push(Kind::word, from);
    token.capital = (first.code >= 'A' && first.code <= 'Z') || (first.code >= 0xC0 && first.code <= 0xDE);
    token.meaning = meaning_of(name);
  }

  void take_letters(std::string& name) {
    while (at_ < text_.size()) {
      const Utf8Character c = utf8_at(text_, at_);
      if (!is_word_character(c.code)) return;
      if (name.size() <= max_word) name += folded(c.code);
      at_ += c.length;
    }
  }

  /// "aujourd'hui" is one word, with either apostrophe.
  bool hui_follows(std::string& name) {
    if (at_ >= text_.size()) return false;
    const Utf8Character apostrophe = utf8_at(text_, at_);
    if (sign_of(apostrophe.code) != '\'' || text_.substr(at_ + apostrophe.length, 3) != "hui") return false;
    name += '\'';
    at_ += apostrophe.length;
    return true;
  }

  void number() {
    const std::size_t from = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    TextToken& token = push(Kind::number, from);
    token.digits = static_cast<std::uint8_t>(std::min<std::size_t>(at_ - from, 255));
    if (token.digits > 9) return;
    for (std::size_t i = from; i < at_; ++i)
      token.value = token.value * 10 + static_cast<std::uint32_t>(text_[i] - '0');
  }

  void sign(Utf8Character c) {
    const std::size_t from = at_;
    at_ += c.length;
    const bool first = tokens_.empty() || tokens_.back().kind == Kind::line_end;
    TextToken& token = push(Kind::sign, from);
    token.sign = sign_of(c.code);
    if (first && token.sign == '>') token.quoted = quoted_line_ = true;
    quote(c.code);
  }

  /// What stands between two marks of one line is quoted, once the second is seen.
  void quote(char32_t code) {
    const bool low_opened = wanted_ == 0x201C && code == 0x201D;  // „…” is as common as „…“
    if (wanted_ != 0 && (code == wanted_ || low_opened)) {
      for (std::size_t i = opened_; i < tokens_.size(); ++i) tokens_[i].quoted = true;
      wanted_ = 0;
    } else if (wanted_ == 0) {
      wanted_ = closing(code, json_), opened_ = tokens_.size() - 1;
    }
  }

  std::string_view text_;
  bool json_;
  std::vector<TextToken> tokens_;
  std::size_t at_ = 0;
  bool spaced_ = false;
  bool quoted_line_ = false;
  char32_t wanted_ = 0;
  std::size_t opened_ = 0;
};

}  // namespace

bool is_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) return false;
  const std::size_t next = text.find_first_not_of(" \t\r\n", first + 1);
  return next != std::string_view::npos && std::string_view("{[\"}]").find(text[next]) != std::string_view::npos;
}

std::vector<TextToken> tokens_of(std::string_view text) { return Tokenizer(text).run(); }

}  // namespace nowd
