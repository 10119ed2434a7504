#include "domain/lint/text_dates.hpp"

namespace nowd {
namespace {

using Kind = TextToken::Kind;

/// Reads tokens from left to right; past the end there is one that is nothing.
class Reader {
 public:
  Reader(const Tokens& tokens, std::size_t at) : tokens_(&tokens), at_(at) {}

  const TextToken& peek(std::size_t ahead = 0) const {
    static const TextToken nothing{.kind = Kind::line_end};
    return at_ + ahead < tokens_->size() ? (*tokens_)[at_ + ahead] : nothing;
  }
  bool take(char sign) {
    if (!peek().is_sign(sign)) return false;
    ++at_;
    return true;
  }
  bool take_glued(char sign) { return !peek().spaced && take(sign); }
  bool take(Role role) {
    if (!peek().is(role)) return false;
    ++at_;
    return true;
  }
  bool number(std::size_t least, std::size_t most, int& out) {
    const TextToken& token = peek();
    if (token.kind != Kind::number || token.digits < least || token.digits > most) return false;
    out = static_cast<int>(token.value);
    ++at_;
    return true;
  }
  bool glued_number(std::size_t least, std::size_t most, int& out) {
    return !peek().spaced && number(least, most, out);
  }
  void skip(std::size_t count) { at_ += count; }
  std::size_t at() const { return at_; }

 private:
  const Tokens* tokens_;
  std::size_t at_;
};

bool is_day(int day) { return day >= 1 && day <= 31; }

/// Whether the token before lets a date begin here: white space, or a sign that is no part of a name.
bool free_before(const Tokens& tokens, std::size_t at) {
  if (at == 0 || tokens[at].spaced) return true;
  const TextToken& before = tokens[at - 1];
  return before.kind == Kind::sign && before.sign != 0 &&
         std::string_view("([{\"'*|,:;>=#~\x01").find(before.sign) != std::string_view::npos;
}

/// True if a date may end before `at`: the next token does not make it part of a name, a path or a version.
bool free_after(const Tokens& tokens, std::size_t at) {
  if (at >= tokens.size() || tokens[at].spaced || tokens[at].kind == Kind::line_end) return true;
  if (tokens[at].kind != Kind::sign) return false;
  const bool joins =
      tokens[at].sign != 0 && std::string_view("-/.:@\\_").find(tokens[at].sign) != std::string_view::npos;
  const bool more = at + 1 < tokens.size() && !tokens[at + 1].spaced &&
                    (tokens[at + 1].kind == Kind::word || tokens[at + 1].kind == Kind::number);
  return !(joins && more) && !tokens[at].is_sign('%');
}

void take_ordinal(Reader& reader) {
  if (!reader.peek().spaced && (reader.take(Role::ordinal) || reader.take(ordinal_sign))) return;
}

/// ", 2026", " 2026", "-2026", " de 2026", ". 2026" behind a month or a day; nothing is taken if no year stands there.
int take_year(const Tokens& tokens, Reader& reader) {
  Reader ahead = reader;
  ahead.take_glued('.');
  ahead.take(',');
  ahead.take(Role::of);
  ahead.take_glued('-');
  int year = 0;
  if (!is_year(tokens, ahead.at()) && !(ahead.at() > 0 && tokens[ahead.at() - 1].is_sign('-'))) return 0;
  if (!ahead.number(4, 4, year) || year < 1000 || year > 2199) return 0;
  reader = ahead;
  return year;
}

/// "Mon Oct 31 22:13:04 CET 2016": the year behind the time of day, as many programs write it.
int year_behind_time(const Tokens& tokens, Reader ahead) {
  int number = 0;
  if (!ahead.number(1, 2, number) || !ahead.take_glued(':') || !ahead.glued_number(2, 2, number)) return 0;
  if (ahead.take_glued(':') && !ahead.glued_number(2, 2, number)) return 0;
  if (ahead.peek().kind == Kind::word && ahead.peek().capital) ahead.skip(1);
  return is_year(tokens, ahead.at()) ? static_cast<int>(tokens[ahead.at()].value) : 0;
}

/// "12", "12-14", "12 to 14", "24 and 25": the last day, and the first in `from`.
bool take_days(Reader& reader, int& day, int& from, bool& dot) {
  if (!reader.number(1, 2, day) || !is_day(day)) return false;
  take_ordinal(reader);
  dot = reader.take_glued('.');
  Reader ahead = reader;
  int last = 0;
  if (!(ahead.take('-') || ahead.take(long_dash) || ahead.take(Role::range) || ahead.take('/'))) return true;
  if (!ahead.number(1, 2, last) || !is_day(last) || last <= day) return true;
  take_ordinal(ahead);
  dot = ahead.take_glued('.');
  from = day, day = last;
  reader = ahead;
  return true;
}

std::optional<TextDate> day_first(const Tokens& tokens, std::size_t at) {
  Reader reader(tokens, at);
  TextDate date;
  int day = 0;
  if (!take_days(reader, day, date.from_day, date.german)) return std::nullopt;
  const bool joined = reader.take(Role::of);
  if (!joined) reader.take_glued('-');
  const TextToken& month = reader.peek();
  if (!month.is(Role::month)) return std::nullopt;
  reader.skip(1);
  date.form =
      month.is(Role::english_month) && !date.german && !joined ? TextDate::Form::english : TextDate::Form::words;
  date.readings = {{day, month.meaning.month}};
  date.year = take_year(tokens, reader);
  date.begin = at, date.end = reader.at();
  if (date.year == 0) date.year = year_behind_time(tokens, reader);
  return date;
}

std::optional<TextDate> month_first(const Tokens& tokens, std::size_t at) {
  Reader reader(tokens, at);
  const TextToken& month = reader.peek();
  if (!month.is(Role::month) || (month.is(Role::needs_capital) && !month.capital)) return std::nullopt;
  reader.skip(1);
  reader.take_glued('.');
  TextDate date;
  int day = 0;
  bool dot = false;
  if (!reader.peek().spaced || !take_days(reader, day, date.from_day, dot) || dot) {
    if (!dot) return std::nullopt;
    reader = Reader(tokens, reader.at() - 1);  // the end of the sentence
  }
  const TextToken& next = reader.peek();
  const bool another = next.is(Role::month) || (next.is(Role::of) && reader.peek(1).is(Role::month));
  const bool is_time = !next.spaced && (next.is_sign(':') || next.is_sign('/')) && reader.peek(1).kind == Kind::number;
  if (another || is_time) return std::nullopt;  // "mar 24 nov" is a Tuesday
  date.form = TextDate::Form::english;
  date.readings = {{day, month.meaning.month}};
  date.year = take_year(tokens, reader);
  date.begin = at, date.end = reader.at();
  if (date.year == 0) date.year = year_behind_time(tokens, reader);
  return date;
}

/// "08:00Z", "08:00:30.5+01:00", "0800": everything glued together; minutes since midnight in UTC if an offset is said.
std::optional<int> take_time(Reader& reader) {
  int hour = 0, minute = 0, offset = 0;
  if (!reader.glued_number(2, 2, hour)) return std::nullopt;
  if (reader.take_glued(':')) reader.glued_number(2, 2, minute);
  while (!reader.peek().spaced && (reader.peek().kind == Kind::number || reader.peek().is_sign(':') ||
                                   (reader.peek().is_sign('.') && reader.peek(1).kind == Kind::number)))
    reader.skip(1);
  const TextToken& next = reader.peek();
  if (next.spaced || next.kind == Kind::line_end) return std::nullopt;
  if (next.kind == Kind::word && next.length == 1) return reader.skip(1), hour * 60 + minute;
  const int east = next.is_sign('+') ? 1 : next.is_sign('-') ? -1 : 0;
  if (east == 0) return std::nullopt;
  reader.skip(1);
  if (!reader.glued_number(2, 2, offset)) return std::nullopt;
  int minutes = 0;
  if (reader.take_glued(':')) reader.glued_number(2, 2, minutes);
  return (hour - east * offset) * 60 + minute - east * minutes;
}

std::optional<TextDate> iso(const Tokens& tokens, std::size_t at) {
  Reader reader(tokens, at);
  TextDate date;
  int month = 0, day = 0;
  const bool read = reader.number(4, 4, date.year) && reader.take_glued('-') && reader.glued_number(2, 2, month) &&
                    reader.take_glued('-') && reader.glued_number(2, 2, day);
  if (!read || month < 1 || month > 12 || !is_day(day)) return std::nullopt;
  date.form = TextDate::Form::iso;
  date.readings = {{day, month}};
  date.begin = at, date.end = reader.at();
  const TextToken& time = reader.peek();
  if (time.kind != Kind::word || time.spaced || time.length != 1) return date;
  if (reader.peek(1).kind != Kind::number || reader.peek(1).spaced) return std::nullopt;
  reader.skip(1);
  date.utc_minutes = take_time(reader);
  date.end = reader.at();
  return date;
}

/// 12.02.2026, 12.02.26, 12.02.; 12/02/2026, 12/02; 12-02-2026.
std::optional<TextDate> numeric(const Tokens& tokens, std::size_t at) {
  Reader reader(tokens, at);
  TextDate date;
  int first = 0, second = 0;
  if (!reader.number(1, 2, first)) return std::nullopt;
  const char sign = reader.peek().sign;
  if ((sign != '.' && sign != '/' && sign != '-') || !reader.take_glued(sign) || !reader.glued_number(1, 2, second))
    return std::nullopt;
  Reader year = reader;
  if (year.take_glued(sign) &&
      (year.glued_number(4, 4, date.year) || (sign != '-' && year.glued_number(2, 2, date.year)))) {
    if (date.year < 100) date.year += 2000;
    if (date.year < 1000 || date.year > 2199) return std::nullopt;
    reader = year;
  } else if (sign == '-' || (sign == '.' && !reader.take_glued('.'))) {
    return std::nullopt;
  }
  date.form = sign == '.' ? TextDate::Form::dotted : TextDate::Form::slashed;
  date.german = sign == '.';
  if (is_day(first) && second >= 1 && second <= 12) date.readings.push_back({first, second});
  if (sign == '/' && first >= 1 && first <= 12 && is_day(second) && first != second)
    date.readings.push_back({second, first});
  if (date.readings.empty()) return std::nullopt;
  date.may_be_share = sign == '/' && date.year == 0 && first <= second;
  date.begin = at, date.end = reader.at();
  return date;
}

}  // namespace

bool is_year(const Tokens& tokens, std::size_t at) {
  if (at >= tokens.size() || tokens[at].kind != Kind::number || tokens[at].digits != 4) return false;
  return tokens[at].value >= 1000 && tokens[at].value <= 2199 && free_before(tokens, at) && free_after(tokens, at + 1);
}

std::optional<TextDate> date_at(const Tokens& tokens, std::size_t at) {
  if (!free_before(tokens, at)) return std::nullopt;
  std::optional<TextDate> date;
  if (tokens[at].kind == Kind::word) date = month_first(tokens, at);
  if (tokens[at].kind == Kind::number) {
    date = tokens[at].digits == 4 ? iso(tokens, at) : numeric(tokens, at);
    if (!date && tokens[at].digits <= 2) date = day_first(tokens, at);
  }
  if (!date || !free_after(tokens, date->end)) return std::nullopt;
  return date;
}

std::optional<LocalDay> day_in(DayMonth date, int year) {
  const std::chrono::year_month_day civil{std::chrono::year{year},
                                          std::chrono::month{static_cast<unsigned>(date.month)},
                                          std::chrono::day{static_cast<unsigned>(date.day)}};
  if (!civil.ok()) return std::nullopt;
  return LocalDay{std::chrono::local_days{civil}.time_since_epoch()};
}

}  // namespace nowd
