// Claims of day words and weekdays.
#include "domain/lint/text_claims.hpp"

namespace nowd {
namespace {

using Kind = TextToken::Kind;

/// How a day word is bound to the next tokens.
struct Link {
  std::size_t at = 0;  ///< the next token
  bool verb = false;
  bool bracket = false;
  bool comma = false;
  bool colon = false;
  bool dash = false;
};

bool note_sign(Link& link, const TextToken& token, bool json) {
  if (token.is_sign(',')) return link.comma = true;
  if (token.is_sign(':')) return link.colon = true;
  if (token.is_sign('(')) return link.bracket = true;
  if (token.is_sign('=')) return link.verb = true;
  if (token.is_sign('-') || token.is_sign(long_dash)) return link.dash = token.spaced;
  return token.is_sign('*') || (json && token.is_sign('"'));
}

/// Skips the tokens that bind: ", den", " is the", " (", ": ". None if other tokens stand there.
std::optional<Link> link_from(const Tokens& tokens, std::size_t at, bool json) {
  constexpr std::size_t most = 6;
  Link link;
  for (link.at = at; link.at < tokens.size() && link.at < at + most; ++link.at) {
    const TextToken& token = tokens[link.at];
    if (token.kind == Kind::number || is_weekday(tokens, link.at) || token.is(Role::month)) return link;
    if (token.kind == Kind::word && !token.is(Role::verb) && !token.is(Role::article)) return std::nullopt;
    if (token.is(Role::verb)) link.verb = true;
    if (token.kind == Kind::line_end) return std::nullopt;
    if (token.kind == Kind::sign && !note_sign(link, token, json)) return std::nullopt;
  }
  return std::nullopt;
}

/// Where the link begins: behind "morning", behind "'s date", behind "Datum". Nothing if the word is bound elsewhere.
std::optional<std::size_t> behind_day_word(const Tokens& tokens, std::size_t at, bool& needs_verb,
                                           bool& needs_bracket) {
  std::size_t next = at + 1;
  const bool adjective =
      tokens[at].length >= 7 && tokens[at].meaning.days == 0 && is_role(tokens, next, Role::date_noun);
  if (is_sign(tokens, next, '\'')) {  // today's date is, today's stand-up (
    next += 2;
    needs_verb = is_role(tokens, next, Role::date_noun);
    const bool stand_up = next + 2 < tokens.size() && tokens[next].length == 5 && is_sign(tokens, next + 1, '-') &&
                          tokens[next + 2].length == 2;
    needs_bracket = is_role(tokens, next, Role::issue) || stand_up;
    if (!needs_verb && !needs_bracket) return std::nullopt;
    return next + (stand_up ? 3 : 1);
  }
  if (adjective) {
    needs_verb = true;
    return next + 1;
  }
  const bool por_la = is_role(tokens, next, Role::not_morning) && is_role(tokens, next + 1, Role::not_morning);
  if (por_la && is_role(tokens, next + 2, Role::day_part)) return next + 3;
  return is_role(tokens, next, Role::day_part) ? next + 1 : next;
}

/// "the day after tomorrow", "après-demain", "pasado mañana": two days, and begun before the word.
struct DayWord {
  std::size_t begin = 0;
  int days = 0;
};

DayWord day_word_at(const Tokens& tokens, std::size_t at) {
  const int days = tokens[at].meaning.days;
  if (at == 0 || days == 0) return {at, days};
  const bool pasado = tokens[at - 1].is(Role::after_noun) && days == 1;
  if (pasado) return {at - 1, 2};
  if (at == 1 || !(days == 1 || days == -1)) return {at, days};
  const bool hyphen = tokens[at - 1].is_sign('-') && !tokens[at].spaced && tokens[at - 2].is(Role::beyond);
  const bool the_day = tokens[at - 1].is(Role::beyond) && tokens[at - 2].is(Role::day_noun);
  return hyphen || the_day ? DayWord{at - 2, 2 * days} : DayWord{at, days};
}

/// "Andrew Ayer", "Frau Morgen".
bool is_surname(const Tokens& tokens, std::size_t at) {
  if (at == 0 || !tokens[at].capital || !tokens[at].spaced || tokens[at].meaning.days == 0) return false;
  return tokens[at - 1].kind == Kind::word && tokens[at - 1].capital && tokens[at - 1].meaning.roles == 0;
}

bool claims_nothing(const Tokens& tokens, std::size_t at) {
  const auto before = [&](std::size_t by, Role role) { return at >= by && tokens[at - by].is(role); };
  const bool may_be_morning = tokens[at].is(Role::day_part);
  return (may_be_morning && before(1, Role::not_morning)) || before(1, Role::conditional) ||
         before(2, Role::conditional) || (tokens[at].capital && before(1, Role::name_of_paper)) ||
         is_surname(tokens, at);
}

/// "today: 12 March, 3 April and 9 May are free".
bool a_list_follows(const Tokens& tokens, std::size_t at) {
  if (!is_sign(tokens, at, ',')) return false;
  const std::size_t next = is_role(tokens, at + 1, Role::article) ? at + 2 : at + 1;
  return next < tokens.size() && (tokens[next].kind == Kind::number || date_at(tokens, next));
}

/// Whether a date that is bound so is meant as the day itself, and is not the adjective of a noun.
bool is_bound(const Tokens& tokens, const Link& link, const TextDate& date) {
  const bool by_noun = date.form != TextDate::Form::words && date.form != TextDate::Form::dotted;
  if (date.year == 0 && date.form == TextDate::Form::slashed) return false;
  if (date.year == 0 && date.form == TextDate::Form::dotted && !link.comma && !link.bracket && !link.verb) return false;
  if (link.verb) return true;
  if (link.colon) return ends_before(tokens, date.end, true) && !a_list_follows(tokens, date.end);
  return !(by_noun || link.bracket) || ends_before(tokens, date.end, false);
}

TextClaim claim(TextClaim::Kind kind, std::size_t begin, std::size_t end) {
  TextClaim out;
  out.kind = kind;
  out.begin = begin, out.end = end;
  return out;
}

void add_day_date(std::size_t begin, int days, const TextDate& date, bool only_past, std::vector<TextClaim>& claims) {
  TextClaim out = claim(TextClaim::Kind::day_date, begin, date.end);
  out.days = days, out.date = date, out.only_past = only_past;
  claims.push_back(out);
}

void add_weekday(TextClaim::Kind kind, std::size_t begin, std::size_t end, int days, int weekday,
                 std::vector<TextClaim>& claims) {
  TextClaim out = claim(kind, begin, end);
  out.days = days, out.weekday = weekday;
  claims.push_back(out);
}

/// Behind a weekday: its full stop, a comma or a bracket, articles.
std::size_t behind_weekday(const Tokens& tokens, std::size_t at) {
  std::size_t next = at + 1;
  const bool dot = tokens[at].is(Role::short_weekday) && is_sign(tokens, next, '.') && !tokens[next].spaced;
  if (dot) ++next;
  const bool a_name = tokens[at].is(Role::needs_capital) && !dot;  // "Sam, 3 March: reviewed"
  if ((is_sign(tokens, next, ',') && !a_name) || is_sign(tokens, next, '(')) ++next;
  for (int i = 0; i < 2 && is_role(tokens, next, Role::article) && !is_weekday(tokens, next); ++i) ++next;
  return next;
}

bool another_weekday_follows(const Tokens& tokens, std::size_t at) {
  const bool joined = is_sign(tokens, at, ',') || is_sign(tokens, at, '/') || is_sign(tokens, at, '-') ||
                      is_sign(tokens, at, long_dash) || is_role(tokens, at, Role::either);
  return joined && (is_weekday(tokens, at + 1) || is_role(tokens, at + 1, Role::either));
}

/// A single dash may mean "until"; two of them enclose.
bool is_aside(const Tokens& tokens, const Link& link, const TextDate& date) {
  return !link.dash || is_sign(tokens, date.end, '-') || is_sign(tokens, date.end, long_dash);
}

void add_day_weekday(const Tokens& tokens, std::size_t at, const Link& link, std::vector<TextClaim>& claims) {
  const DayWord word = day_word_at(tokens, at);
  const int days = word.days, weekday = tokens[link.at].meaning.weekday;
  const std::size_t behind = behind_weekday(tokens, link.at);
  if (const auto date = behind < tokens.size() ? date_at(tokens, behind) : std::nullopt;
      date && is_aside(tokens, link, *date)) {
    if (date->from_day == 0) add_day_date(word.begin, days, *date, false, claims);
    return add_weekday(TextClaim::Kind::day_weekday, word.begin, link.at + 1, days, weekday, claims);
  }
  const bool brief = tokens[link.at].is(Role::short_weekday);
  if (brief && !(link.bracket && tokens[link.at].capital)) return;
  const std::size_t end = link.at + (brief && is_sign(tokens, link.at + 1, '.') ? 2 : 1);
  if (link.dash || another_weekday_follows(tokens, end)) return;
  if (!ends_before(tokens, end, link.colon) && !is_role(tokens, end, Role::range)) return;
  add_weekday(TextClaim::Kind::day_weekday, word.begin, link.at + 1, days, weekday, claims);
}

}  // namespace

void add_day_claims(const Tokens& tokens, std::size_t at, bool json, std::vector<TextClaim>& claims) {
  bool needs_verb = false, needs_bracket = false;
  if (claims_nothing(tokens, at)) return;
  const auto behind = behind_day_word(tokens, at, needs_verb, needs_bracket);
  const auto link = behind ? link_from(tokens, *behind, json) : std::nullopt;
  if (!link || (needs_verb && !link->verb && !link->colon) || (needs_bracket && !link->bracket)) return;
  if (is_weekday(tokens, link->at) && !date_at(tokens, link->at)) return add_day_weekday(tokens, at, *link, claims);
  const auto date = date_at(tokens, link->at);
  const DayWord word = day_word_at(tokens, at);
  if (date && is_bound(tokens, *link, *date))
    add_day_date(word.begin, word.days, *date, !is_aside(tokens, *link, *date), claims);
}

void add_weekday_claims(const Tokens& tokens, std::size_t at, std::vector<TextClaim>& claims) {
  if (!is_weekday(tokens, at) || (at > 0 && (tokens[at - 1].is(Role::recurring) || is_sign(tokens, at - 1, '/'))))
    return;
  const std::size_t next = behind_weekday(tokens, at);
  const int weekday = tokens[at].meaning.weekday;
  if (is_sign(tokens, next - 1, '(') && is_role(tokens, next, Role::day_word) && is_sign(tokens, next + 1, ')'))
    return add_weekday(TextClaim::Kind::day_weekday, at, next + 2, tokens[next].meaning.days, weekday, claims);
  const auto date = next < tokens.size() ? date_at(tokens, next) : std::nullopt;
  if (!date || date->from_day != 0 || (tokens[at].is(Role::german_weekday) && !date->german)) return;
  const bool comma = is_sign(tokens, next - 1, ',');
  const bool before_noun = date->year == 0 && date->form == TextDate::Form::english && comma;
  const bool doubtful = before_noun || date->may_be_share;
  if (doubtful && !ends_before(tokens, date->end, false)) return;
  if (date->form == TextDate::Form::slashed && date->year == 0 && date->readings.front() == DayMonth{24, 7}) return;
  TextClaim out = claim(TextClaim::Kind::weekday_date, at, date->end);
  out.weekday = weekday, out.date = *date;
  claims.push_back(out);
}

namespace {

/// "Monday, the 3 March": the weekday is said already.
bool weekday_stands_before(const Tokens& tokens, std::size_t at) {
  constexpr std::size_t most = 4;
  for (std::size_t i = 1; i <= most && i <= at; ++i) {
    const TextToken& token = tokens[at - i];
    if (is_weekday(tokens, at - i)) return true;
    const bool between =
        token.is(Role::article) || token.is_sign(',') || token.is_sign('.') || token.is_sign('(') || token.is_sign('|');
    if (!between) return false;
  }
  return false;
}

/// The weekday behind a date: "(Mon)", "is a Monday", ", Monday." and, behind digits, " Mon" and "| Mon |".
std::optional<std::size_t> weekday_behind(const Tokens& tokens, const TextDate& date) {
  std::size_t at = date.end;
  const bool digits = date.form != TextDate::Form::words && date.form != TextDate::Form::english && date.year != 0;
  const bool bracket = is_sign(tokens, at, '('), verb = is_role(tokens, at, Role::verb);
  const bool separated = is_sign(tokens, at, ',') || (digits && is_sign(tokens, at, '|'));
  if (bracket || verb || separated) ++at;
  while (verb && is_role(tokens, at, Role::article) && !is_weekday(tokens, at)) ++at;
  if (bracket && is_role(tokens, at, Role::article) && !is_weekday(tokens, at)) ++at;
  if (!is_weekday(tokens, at) || !(bracket || verb || separated || digits)) return std::nullopt;
  const bool brief = tokens[at].is(Role::short_weekday);
  if (brief && !bracket && !digits) return std::nullopt;
  const std::size_t end = at + (brief && is_sign(tokens, at + 1, '.') ? 2 : 1);
  if (bracket && !is_sign(tokens, end, ')') && !is_sign(tokens, end, ',')) return std::nullopt;
  if (another_weekday_follows(tokens, end) || !ends_before(tokens, end, !verb)) return std::nullopt;
  const std::size_t after = is_sign(tokens, end, '|') ? end + 1 : end;
  if (after < tokens.size() && date_at(tokens, after) && !is_sign(tokens, date.end, '|')) return std::nullopt;
  return at;
}

}  // namespace

void add_claims_behind(const Tokens& tokens, const TextDate& date, std::vector<TextClaim>& claims) {
  const std::size_t at = date.end;
  if (date.from_day != 0) return;
  const bool day_word = is_sign(tokens, at, '(') && is_role(tokens, at + 1, Role::day_word);
  if (day_word && (is_sign(tokens, at + 2, ')') || is_sign(tokens, at + 2, ','))) {
    add_day_date(date.begin, tokens[at + 1].meaning.days, date, false, claims);
    claims.back().end = at + 3;
    return;
  }
  if (weekday_stands_before(tokens, date.begin)) return;
  const auto weekday = weekday_behind(tokens, date);
  if (!weekday) return;
  TextClaim out = claim(TextClaim::Kind::weekday_date, date.begin, *weekday + 1);
  out.weekday = tokens[*weekday].meaning.weekday, out.date = date;
  claims.push_back(out);
}

}  // namespace nowd
