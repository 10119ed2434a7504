#include "domain/lint/text_claims.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "foundation/text/words.hpp"

namespace nowd {
namespace {

using Kind = TextToken::Kind;

/// One line, and its effect on the dates in it.
struct Line {
  bool title = false;    ///< the first, or marked as a heading or a subject
  bool heading = false;  ///< and no sentence
  bool issue = false;    ///< names a text that appears daily
  bool past = false;     ///< speaks of the past
};

/// Labels of the day of writing. "Created" and "Due date" are not: they are dates of the subject.
bool is_label_of_today(std::string_view label) {
  static constexpr std::array<std::string_view, 26> labels{"date",
                                                           "datum",
                                                           "fecha",
                                                           "invoice date",
                                                           "report date",
                                                           "issue date",
                                                           "today",
                                                           "rechnungsdatum",
                                                           "berichtsdatum",
                                                           "ausstellungsdatum",
                                                           "heutiges datum",
                                                           "date de facture",
                                                           "date du jour",
                                                           "date du rapport",
                                                           "fecha de factura",
                                                           "fecha de la factura",
                                                           "fecha del informe",
                                                           "generated_at",
                                                           "generated at",
                                                           "generated on",
                                                           "generated",
                                                           "erstellt am",
                                                           "erstellt",
                                                           "généré le",
                                                           "généré",
                                                           "generado el"};
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

class Claims {
 public:
  Claims(std::string_view text, const Tokens& tokens) : text_(text), tokens_(tokens), json_(is_json(text)) {}

  std::vector<TextClaim> run() {
    german_ = count(Role::german) > count(Role::french);
    for (std::size_t at = 0; at < tokens_.size(); ++at) {
      if (at == 0 || tokens_[at - 1].kind == Kind::line_end) begin_line(at);
      look_at(at);
    }
    return std::move(claims_);
  }

 private:
  std::ptrdiff_t count(Role role) const {
    return std::count_if(tokens_.begin(), tokens_.end(), [&](const TextToken& token) { return token.is(role); });
  }

  void look_at(std::size_t at) {
    const std::size_t before = claims_.size();
    const TextToken& token = tokens_[at];
    const bool here_in_german = german_ && token.is(Role::day_word) && token.is(Role::french) && token.length == 4;
    if (token.is(Role::day_word) && !here_in_german) add_day_claims(tokens_, at, json_, claims_);
    if (token.is(Role::weekday)) add_weekday_claims(tokens_, at, claims_);
    if (token.is(Role::week) || token.is(Role::period_month) || token.is(Role::year))
      add_period_claims(tokens_, at, claims_);
    if (at >= date_end_) look_at_date(at);
    for (std::size_t i = before; i < claims_.size(); ++i) claims_[i].quoted = token.quoted;
  }

  void look_at_date(std::size_t at) {
    if (tokens_[at].kind != Kind::number && !tokens_[at].is(Role::month)) return;
    const auto date = date_at(tokens_, at);
    if (!date) return;
    date_end_ = date->end;
    add_claims_behind(tokens_, *date, claims_);
    if (date->year == 0) return;
    TextClaim claim;
    claim.begin = date->begin, claim.end = date->end;
    claim.date = *date;
    claim.of_today = (line_.title && line_.issue) || labelled(*date);
    claim.in_heading = line_.heading;
    claim.of_past = line_.past;
    claims_.push_back(claim);
  }

  void begin_line(std::size_t at) {
    line_at_ = at;
    line_ = Line{};
    std::size_t end = at, words = 0;
    for (; end < tokens_.size() && tokens_[end].kind != Kind::line_end; ++end) {
      line_.issue = line_.issue || tokens_[end].is(Role::issue);
      line_.past = line_.past || tokens_[end].is(Role::past);
      words += tokens_[end].kind == Kind::word ? 1 : 0;
    }
    if (end == at) return;
    constexpr std::size_t max_heading = 10;
    const std::string first = lower(text_.substr(tokens_[at].at, 60));
    line_.issue = line_.issue || first.find("stand-up") != std::string::npos;
    const bool marked = is_marked(first);
    line_.title = lines_ == 0 || marked;
    const bool sentence = tokens_[end - 1].is_sign('.') || words > max_heading;
    line_.heading = line_.title && !sentence && (marked || end < tokens_.size());
    ++lines_;
  }

  static bool is_marked(std::string_view line) {
    const auto begins = [&](std::string_view with) { return line.starts_with(with); };
    return begins("#") || begins("**") || begins("subject:") || begins("betreff:") || begins("objet") ||
           begins("asunto:");
  }

  /// "Invoice date: 3 May 2024" at the start of a line, and of a line of JSON.
  bool labelled(const TextDate& date) const {
    const std::size_t from = tokens_[line_at_].at, to = tokens_[date.begin].at;
    constexpr std::size_t max_label = 40, head = 12, letter_head = 5;
    if (to - from > max_label || lines_ > head) return false;
    const std::string line = lower(text_.substr(from, to - from));
    const std::string_view label = trimmed(line, " \t#*->|\"':={\xC2\xA0");
    const bool bare = label == "date" || label == "datum" || label == "fecha";  // each commit of a log has one
    return is_label_of_today(label) && (!bare || lines_ <= letter_head);
  }

  std::string_view text_;
  const Tokens& tokens_;
  bool json_;
  bool german_ = false;
  std::size_t lines_ = 0;  ///< that are not empty, so far
  Line line_;
  std::size_t line_at_ = 0;
  std::size_t date_end_ = 0;
  std::vector<TextClaim> claims_;
};

}  // namespace

bool is_sign(const Tokens& tokens, std::size_t at, char sign) { return at < tokens.size() && tokens[at].is_sign(sign); }
bool is_role(const Tokens& tokens, std::size_t at, Role role) { return at < tokens.size() && tokens[at].is(role); }

bool is_weekday(const Tokens& tokens, std::size_t at) {
  if (!is_role(tokens, at, Role::weekday)) return false;
  return !tokens[at].is(Role::german_weekday) || tokens[at].capital;
}

bool ends_before(const Tokens& tokens, std::size_t at, bool strict) {
  if (at >= tokens.size() || tokens[at].kind == Kind::line_end) return true;
  const TextToken& token = tokens[at];
  if (token.kind == Kind::word) return !strict && token.is(Role::follows);
  if (token.kind == Kind::number) return !strict && is_sign(tokens, at + 1, ':');  // a time of day
  if (token.is_sign('\'')) return at + 1 >= tokens.size() || tokens[at + 1].spaced;
  return token.sign != 0 && std::string_view(",.;:)!?]}|\"*-\x01").find(token.sign) != std::string_view::npos;
}

std::vector<TextClaim> claims_of(std::string_view text, const Tokens& tokens) { return Claims(text, tokens).run(); }

// Claims of periods: "this year (2025)", "diese Woche (KW 7)", "le mois prochain (avril)".

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
