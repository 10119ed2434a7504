// The claims of a text about time: that a day word, a weekday or a period is some date. They are not judged here.
#pragma once

#include <string_view>
#include <vector>

#include "domain/lint/text_dates.hpp"

namespace nowd {

struct TextClaim {
  enum class Kind : std::uint8_t {
    day_date,      ///< "today, 12 February": `days`, `date`
    day_weekday,   ///< "today is Monday": `days`, `weekday`
    weekday_date,  ///< "Monday, 3 March": `weekday`, `date`
    year,          ///< "this year (2025)": `shift`, `value`
    month,         ///< "this month (February)": `shift`, `value`
    week,          ///< "this week (KW 7)": `shift`, `value`; of an ISO week also `year`
    week_days,     ///< "this week (9-13 March)": `shift`, `date`
    dated,         ///< any date with its year
  };
  Kind kind = Kind::dated;
  std::size_t begin = 0;  ///< tokens [begin, end)
  std::size_t end = 0;
  int days = 0;
  int weekday = -1;
  int shift = 0;
  int value = 0;
  int year = 0;
  TextDate date;
  bool only_past = false;   ///< day_date: with a later date it is a stretch of days ("today - 12 December")
  bool of_today = false;    ///< dated: the text says that it was written then ("Daily digest, ", "Generated on")
  bool in_heading = false;  ///< dated: it stands in a heading
  bool of_past = false;     ///< dated: its line speaks of the past
  bool quoted = false;      ///< quoted from another author
};

/// All claims, by their place; linear in the text. `tokens` are those of `text`.
std::vector<TextClaim> claims_of(std::string_view text, const Tokens& tokens);

/// The parts, each looking at a bounded number of tokens.
void add_day_claims(const Tokens& tokens, std::size_t at, bool json, std::vector<TextClaim>& claims);
void add_weekday_claims(const Tokens& tokens, std::size_t at, std::vector<TextClaim>& claims);
void add_period_claims(const Tokens& tokens, std::size_t at, std::vector<TextClaim>& claims);
void add_claims_behind(const Tokens& tokens, const TextDate& date, std::vector<TextClaim>& claims);

/// Whether a phrase may end before `at`: a sign, the end of the line or, unless `strict`, a word that is no noun.
bool ends_before(const Tokens& tokens, std::size_t at, bool strict);
/// Whether the token may be a weekday here: two letters of German need a capital.
bool is_weekday(const Tokens& tokens, std::size_t at);
bool is_sign(const Tokens& tokens, std::size_t at, char sign);
bool is_role(const Tokens& tokens, std::size_t at, Role role);

}  // namespace nowd
