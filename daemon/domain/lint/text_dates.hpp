// Dates in running text: "12 February", "February 12th, 2026", "12. Februar", "le 12 février", "12 de febrero de 2026",
// 2026-02-12, 12.02.2026, 12/02/2026 (two readings), 12/02 and 12.02. (day and month alone).
#pragma once

#include <optional>
#include <vector>

#include "domain/lint/text_tokens.hpp"
#include "foundation/time/time.hpp"

namespace nowd {

struct DayMonth {
  int day = 0;
  int month = 0;
  bool operator==(const DayMonth&) const = default;
};

struct TextDate {
  enum class Form : std::uint8_t { words, english, iso, dotted, slashed };

  std::size_t begin = 0;  ///< tokens [begin, end)
  std::size_t end = 0;
  Form form = Form::words;
  std::vector<DayMonth> readings;  ///< one, or two where day and month may be either way round
  int year = 0;                    ///< 0 = not said
  int from_day = 0;                ///< "9-13 March": 9; 0 = a single day
  bool may_be_share = false;       ///< "3/4": also three of four
  bool german = false;             ///< "12. Februar", "12.02."
  std::optional<int> utc_minutes;  ///< of an ISO time with an offset: since the date's midnight, in UTC

  bool operator==(const TextDate&) const = default;
};

using Tokens = std::vector<TextToken>;

/// The date that begins at token `at`; none if it is part of a path, a version or a file name.
std::optional<TextDate> date_at(const Tokens& tokens, std::size_t at);
/// The calendar day; nothing for 30 February.
std::optional<LocalDay> day_in(DayMonth date, int year);
/// A number of four digits from 1000 to 2199, glued to nothing that makes it part of something else.
bool is_year(const Tokens& tokens, std::size_t at);

}  // namespace nowd
