#include "foundation/text/placeholder.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "foundation/text/scan.hpp"
#include "foundation/text/words.hpp"

namespace nowd {
namespace {

constexpr std::size_t max_word = 8;    // a longer one may be a password of letters alone
constexpr std::size_t max_number = 8;  // a date; a longer one may be a code
constexpr std::size_t max_digits_behind = 3;
constexpr std::string_view signs = "-_. /:<>[]{}()";

/// The words of which longer placeholders consist.
const std::set<std::string_view>& vocabulary() {
  static const std::set<std::string_view> words{
      "a",           "add",        "an",        "anthropic", "any",         "anything",    "api",        "apikey",
      "auth",        "bearer",     "change",    "changeit",  "changeme",    "changethis",  "cpp",        "credential",
      "credentials", "deepseek",   "default",   "demo",      "dev",         "development", "dummy",      "dummykey",
      "empty",       "enter",      "example",   "fake",      "fakekey",     "foo",         "foobar",     "for",
      "gemini",      "goes",       "google",    "here",      "huggingface", "ignored",     "in",         "insert",
      "is",          "it",         "key",       "koboldcpp", "langchain",   "litellm",     "llama",      "llamacpp",
      "llamafile",   "lm",         "lmstudio",  "local",     "localai",     "localhost",   "me",         "mistral",
      "model",       "my",         "mykey",     "na",        "needed",      "no",          "nokey",      "none",
      "nope",        "not",        "notneeded", "nothing",   "notrequired", "notused",     "null",       "ollama",
      "openai",      "openrouter", "paste",     "password",  "placeholder", "private",     "production", "put",
      "random",      "replace",    "replaceme", "required",  "sample",      "secret",      "secretkey",  "server",
      "sk",          "some",       "something", "string",    "studio",      "test",        "testing",    "testkey",
      "text",        "the",        "this",      "to",        "todo",        "token",       "undefined",  "unneeded",
      "unused",      "user",       "value",     "vllm",      "whatever",    "with",        "x",          "your",
      "yourapikey",  "yourkey"};
  return words;
}

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

bool all(std::string_view text, bool (*kind)(char)) { return std::all_of(text.begin(), text.end(), kind); }

/// "word", "WORD" and "Word": a key of random letters mixes them.
bool is_of_one_case(std::string_view word) {
  return all(word, is_lower) || std::none_of(word.begin(), word.end(), is_lower) || all(word.substr(1), is_lower);
}

/// A vowel, and no run of five consonants.
bool can_be_spoken(std::string_view word) {
  std::size_t run = 0, longest = 0;
  bool vowel = false;
  for (const char c : word) {
    const bool is_vowel = std::string_view("aeiouy").find(c) != std::string_view::npos;
    vowel = vowel || is_vowel;
    run = is_vowel ? 0 : run + 1;
    longest = std::max(longest, run);
  }
  return vowel && longest < 5;
}

/// "abc", "1234": each character follows the one before.
bool counts_up(std::string_view text) {
  const auto jump = [](char a, char b) { return b != a + 1; };
  return text.size() > 1 && std::adjacent_find(text.begin(), text.end(), jump) == text.end();
}

bool repeats_few(std::string_view text) {
  return text.size() > 2 && std::set<char>(text.begin(), text.end()).size() <= 2;
}

bool is_filling(std::string_view part) { return repeats_few(part) || counts_up(part); }

/// A part without signs: letters, and digits behind them.
struct Part {
  std::string word;  ///< in lower case
  std::string_view digits;
  bool ordinary = false;  ///< letters of one case, then nothing but digits
};

Part part_of(std::string_view text) {
  const auto first_digit = std::find_if(text.begin(), text.end(), is_digit);
  const std::string_view word(text.begin(), first_digit);
  const std::string_view digits(first_digit, text.end());
  return {lower(word), digits, all(word, is_letter) && all(digits, is_digit) && is_of_one_case(word)};
}

bool is_known(std::string_view text) {
  if (is_filling(text)) return true;
  const Part part = part_of(text);
  const bool few = part.digits.size() <= max_digits_behind || is_filling(part.digits);
  return part.ordinary && few && (part.word.empty() || is_filling(part.word) || vocabulary().contains(part.word));
}

bool is_short_word(std::string_view text) {
  const Part part = part_of(text);
  if (!part.ordinary) return false;
  if (part.word.empty()) return part.digits.size() <= max_number;
  return part.word.size() <= max_word && part.digits.size() <= max_digits_behind && can_be_spoken(part.word);
}

}  // namespace

/// Several short words are a passphrase, even if one occurs twice, unless all of them are in the vocabulary.
bool is_placeholder(std::string_view value) {
  std::vector<std::string_view> parts;
  while (!value.empty()) {
    const auto end = std::find_if_not(value.begin(), value.end(), [](char c) { return is_letter(c) || is_digit(c); });
    if (end != value.begin()) parts.emplace_back(value.begin(), end);
    value.remove_prefix(static_cast<std::size_t>(end - value.begin()));
    if (value.empty()) break;
    if (signs.find(value.front()) == std::string_view::npos) return false;
    value.remove_prefix(1);
  }
  if (parts.size() == 1 && is_short_word(parts.front())) return true;
  return !parts.empty() && std::all_of(parts.begin(), parts.end(), is_known);
}

}  // namespace nowd
