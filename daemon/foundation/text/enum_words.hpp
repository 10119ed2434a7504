// The words of an enum: one table, in the order of its values, serves writing and reading.
//
//   constexpr std::array<std::string_view, 2> colour_words{"red", "green"};
//   static_assert(covers(colour_words, Colour::green));  // the last value
//   word_of(colour_words, Colour::red) == "red"
//   parse_word<Colour>(colour_words, "blue") == std::nullopt
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace nowd {

/// The table has one word for each value up to the last one. Requires: the values count from 0, without gaps.
template <class Enum, std::size_t size>
constexpr bool covers(const std::array<std::string_view, size>&, Enum last) {
  return size == static_cast<std::size_t>(last) + 1;
}

/// Requires: covers(words, the last value of the enum).
template <class Enum, std::size_t size>
constexpr std::string_view word_of(const std::array<std::string_view, size>& words, Enum value) {
  return words[static_cast<std::size_t>(value)];
}

/// Nothing for a word that is not in the table.
template <class Enum, std::size_t size>
constexpr std::optional<Enum> parse_word(const std::array<std::string_view, size>& words, std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  return found == words.end() ? std::nullopt : std::optional(static_cast<Enum>(found - words.begin()));
}

}  // namespace nowd
