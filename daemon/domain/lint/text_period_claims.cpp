// Claims of periods: "this year (2025)", "diese Woche (KW 7)", "le mois prochain (avril)".
#include "domain/lint/text_claims.hpp"

namespace nowd {
namespace {

using Kind = TextToken::Kind;

struct Period {
  int shift = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// "this week", "letzte Woche", "semaine dernière", "ce mois-ci", "el próximo mes".
std::optional<Period> period_at(const Tokens& tokens, std::size_t at) {
  if (is_role(tokens, at + 1, Role::after_noun)) return Period{tokens[at + 1].meaning.shift, at, at + 2};
  if (at == 0 || !tokens[at - 1].is(Role::this_one)) return std::nullopt;
  std::size_t end = at + 1;
  const bool ci = is_sign(tokens, end, '-') && !tokens[end].spaced && end + 1 < tokens.size() &&
                  tokens[end + 1].kind == Kind::word && tokens[end + 1].length == 2;
  if (ci) end += 2;
  return Period{tokens[at - 1].meaning.shift, at - 1, end};
}

/// A week by number: "KW 7", "W07", "week 7", "2026-W07".
bool read_week(const Tokens& tokens, std::size_t at, TextClaim& claim) {
  if (is_year(tokens, at) == false && at < tokens.size() && tokens[at].kind == Kind::number && tokens[at].digits == 4 &&
      is_sign(tokens, at + 1, '-') && is_role(tokens, at + 2, Role::week_number)) {
    claim.year = static_cast<int>(tokens[at].value);
    at += 2;
  }
  if (!is_role(tokens, at, Role::week_number) || at + 1 >= tokens.size()) return false;
  const TextToken& number = tokens[at + 1];
  if (number.kind != Kind::number || number.digits > 2 || number.value < 1 || number.value > 53) return false;
  claim.kind = TextClaim::Kind::week;
  claim.value = static_cast<int>(number.value);
  claim.end = at + 2;
  return true;
}

bool read_days(const Tokens& tokens, std::size_t at, TextClaim& claim) {
  const auto date = at < tokens.size() ? date_at(tokens, at) : std::nullopt;
  if (!date || date->from_day == 0) return false;
  claim.kind = TextClaim::Kind::week_days;
  claim.date = *date;
  claim.end = date->end;
  return true;
}

bool read_value(const Tokens& tokens, std::size_t noun, std::size_t at, TextClaim& claim) {
  if (tokens[noun].is(Role::week)) return read_week(tokens, at, claim) || read_days(tokens, at, claim);
  if (at >= tokens.size()) return false;
  claim.end = at + 1;
  claim.kind = tokens[noun].is(Role::year) ? TextClaim::Kind::year : TextClaim::Kind::month;
  claim.value = tokens[noun].is(Role::year) ? static_cast<int>(tokens[at].value) : tokens[at].meaning.month;
  return tokens[noun].is(Role::year) ? is_year(tokens, at) : tokens[at].is(Role::month);
}

}  // namespace

void add_period_claims(const Tokens& tokens, std::size_t at, std::vector<TextClaim>& claims) {
  const auto period = period_at(tokens, at);
  if (!period) return;
  const bool bracket = is_sign(tokens, period->end, '('), comma = is_sign(tokens, period->end, ',');
  if (!bracket && !comma) return;
  TextClaim claim;
  claim.begin = period->begin, claim.shift = period->shift;
  if (!read_value(tokens, at, period->end + 1, claim)) return;
  const bool ended = bracket ? is_sign(tokens, claim.end, ')') || is_sign(tokens, claim.end, ',')
                             : ends_before(tokens, claim.end, true) && claim.kind != TextClaim::Kind::week_days;
  if (ended) claims.push_back(claim);
}

}  // namespace nowd
