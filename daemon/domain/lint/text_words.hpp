// The words of English, German, French and Spanish that refer to time, for the check of texts that leave a run.
#pragma once

#include <cstdint>
#include <string_view>

namespace nowd {

/// The roles of a word. One word can have several: "mar" is Tuesday and March, "es" a verb and an article.
enum class Role : std::uint32_t {
  weekday = 1u << 0,
  short_weekday = 1u << 1,   ///< an abbreviation, or two letters of German: only beside a date, or in brackets
  german_weekday = 1u << 2,  ///< two letters: only with a capital
  month = 1u << 3,
  english_month = 1u << 4,  ///< also English: a noun may follow ("12 February outage")
  needs_capital = 1u << 5,  ///< also a common word or a name: "may", "march", "sam"
  day_word = 1u << 6,       ///< today, yesterday, tomorrow
  day_part = 1u << 7,       ///< "morning" in "yesterday morning"
  not_morning = 1u << 8,    ///< before "morgen" or "mañana": then that is the morning
  verb = 1u << 9,           ///< is, was, will be
  article = 1u << 10,       ///< between a day and its date: the, den, le, el, on
  of = 1u << 11,            ///< between a day and its month: of, de
  range = 1u << 12,         ///< to, bis, au, al, and
  either = 1u << 13,        ///< or, and: a list of days
  conditional = 1u << 14,   ///< if, wenn: nothing is claimed
  recurring = 1u << 15,     ///< every, jeden
  follows = 1u << 16,       ///< may follow an English date that is not the adjective of a noun
  week = 1u << 17,
  period_month = 1u << 18,
  year = 1u << 19,
  this_one = 1u << 20,     ///< this, last, next: `shift`
  after_noun = 1u << 21,   ///< dernière, prochain, pasada: `shift`, behind its noun
  week_number = 1u << 22,  ///< KW, W, CW
  past = 1u << 23,         ///< compared, since, ago: an old date is meant
  issue = 1u << 25,        ///< a text that appears daily: digest, stand-up, Tagesbericht
  german = 1u << 26,
  french = 1u << 27,
  date_noun = 1u << 28,      ///< date, Datum, fecha
  ordinal = 1u << 29,        ///< st, nd, rd, th, er
  beyond = 1u << 24,         ///< "after" in "the day after tomorrow", "après-demain"
  day_noun = 1u << 31,       ///< its "day"
  name_of_paper = 1u << 30,  ///< "USA Today"
};

/// All roles of a word; none for most words.
struct Meaning {
  std::uint32_t roles = 0;
  std::int8_t weekday = -1;  ///< 0 = Sunday
  std::int8_t month = 0;     ///< 1 to 12
  std::int8_t days = 0;      ///< of a day word: from as_of
  std::int8_t shift = 0;     ///< of this/last/next: -1, 0, 1

  bool is(Role role) const { return (roles & static_cast<std::uint32_t>(role)) != 0; }
};

/// `folded` is lower case without accents ("fevrier", "marz", "manana").
Meaning meaning_of(std::string_view folded);
/// The longest word with a meaning, in bytes.
inline constexpr std::size_t max_word = 20;

}  // namespace nowd
