#include "domain/lint/text_words.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace nowd {
namespace {

using Words = std::unordered_map<std::string_view, Meaning>;

template <class Change>
void each(Words& words, std::string_view list, Change change) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (end > 0) change(words[list.substr(0, end)]);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

void add(Words& words, Role role, std::string_view list) {
  each(words, list, [&](Meaning& meaning) { meaning.roles |= static_cast<std::uint32_t>(role); });
}

void add_weekdays(Words& words) {
  static constexpr std::array<std::string_view, 7> full{
      "sunday sonntag dimanche domingo",         "monday montag lundi lunes",        "tuesday dienstag mardi martes",
      "wednesday mittwoch mercredi miercoles",   "thursday donnerstag jeudi jueves", "friday freitag vendredi viernes",
      "saturday samstag sonnabend samedi sabado"};
  static constexpr std::array<std::string_view, 7> brief{
      "sun dim dom", "mon lun",    "tue tues mar", "wed weds mer mie", "thu thur thurs jeu jue",
      "fri ven vie", "sat sam sab"};
  static constexpr std::array<std::string_view, 7> german{"so", "mo", "di", "mi", "do", "fr", "sa"};
  for (std::size_t day = 0; day < 7; ++day) {
    const auto set = [&](Meaning& meaning) { meaning.weekday = static_cast<std::int8_t>(day); };
    each(words, full[day], set), add(words, Role::weekday, full[day]);
    each(words, brief[day], set), add(words, Role::weekday, brief[day]), add(words, Role::short_weekday, brief[day]);
    each(words, german[day], set), add(words, Role::weekday, german[day]);
    add(words, Role::short_weekday, german[day]), add(words, Role::german_weekday, german[day]);
  }
}

void add_months(Words& words) {
  static constexpr std::array<std::string_view, 12> english{
      "january jan", "february feb", "march mar",          "april apr",   "may",          "june jun",
      "july jul",    "august aug",   "september sep sept", "october oct", "november nov", "december dec"};
  static constexpr std::array<std::string_view, 12> others{"januar janner janvier janv enero ene",
                                                           "februar feber fevrier fevr febrero",
                                                           "marz maerz mrz mars marzo",
                                                           "avril avr abril abr",
                                                           "mai mayo",
                                                           "juni juin junio",
                                                           "juli juillet juil julio",
                                                           "aout agosto",
                                                           "septembre septiembre setiembre",
                                                           "oktober okt octobre octubre",
                                                           "novembre noviembre",
                                                           "dezember dez decembre diciembre dic"};
  for (std::size_t month = 0; month < 12; ++month) {
    const auto set = [&](Meaning& meaning) { meaning.month = static_cast<std::int8_t>(month + 1); };
    each(words, english[month], set), add(words, Role::month, english[month]);
    add(words, Role::english_month, english[month]);
    each(words, others[month], set), add(words, Role::month, others[month]);
  }
  add(words, Role::needs_capital, "may march mars mar sam dom");
}

void add_days(Words& words) {
  const auto day = [&](int days, std::string_view list) {
    add(words, Role::day_word, list);
    each(words, list, [&](Meaning& meaning) { meaning.days = static_cast<std::int8_t>(days); });
  };
  day(0, "today tonight heute heutige heutiges heutigen aujourd'hui hoy");
  day(-1, "yesterday gestern hier ayer");
  day(1, "tomorrow morgen demain manana");
  day(-2, "vorgestern anteayer");
  day(2, "ubermorgen uebermorgen");
  add(words, Role::day_part,
      "morning afternoon evening night noon morgen abend nachmittag vormittag mittag nacht fruh soir matin midi tarde "
      "noche manana");
  add(words, Role::not_morning,
      "am guten jeden diesen den der dem des jedem heute gestern vorgestern ubermorgen la esta cada por toda buena "
      "buenas");
  add(words, Role::name_of_paper, "usa india psychology physics history russia");
}

void add_periods(Words& words) {
  const auto shift = [&](int by, Role role, std::string_view list) {
    add(words, role, list);
    each(words, list, [&](Meaning& meaning) { meaning.shift = static_cast<std::int8_t>(by); });
  };
  add(words, Role::week, "week woche semaine semana");
  add(words, Role::period_month, "month monat mois mes");
  add(words, Role::year, "year jahr jahre annee an ano");
  add(words, Role::week_number, "w kw cw wk week woche semaine semana sem kalenderwoche");
  shift(0, Role::this_one, "this current diese dieser diesen dieses diesem laufende laufenden cette ce este esta");
  shift(-1, Role::this_one, "last previous letzte letzter letzten letztes letztem vorige vorigen voriges vergangenen");
  shift(1, Role::this_one,
        "next coming nachste nachster nachsten nachstes nachstem kommende kommenden proximo proxima");
  shift(-1, Role::after_noun, "derniere dernier passee passe pasada pasado");
  shift(1, Role::after_noun, "prochaine prochain");
}

void add_grammar(Words& words) {
  add(words, Role::verb,
      "is was be ist war sind haben wir est etait sera c sommes es fue era sera estamos falls fell fallt fiel");
  add(words, Role::article, "the on den der dem am le el a an ein einen un una en nous will vom it dated");
  add(words, Role::of, "of de del du");
  add(words, Role::range, "to bis au al und and et y");
  add(words, Role::either, "and or und oder et ou y o bis to");
  add(words, Role::conditional, "if when whether unless suppose wenn falls ob si quand cuando not");
  add(words, Role::recurring, "every each jeden jeder jedem jede chaque tous les cada los todos");
  add(words, Role::follows,
      "we i you he she it they the a an our my their your at in on from for and but or no not nobody there is was are "
      "were has had have will ended ends starts started began begins with to by as all everything nothing this that "
      "since until which when where because so if our both");
  add(words, Role::past,
      "ago compared versus vs than since anniversary founded born archive archiv vergleich gegenuber seit vor "
      "jahrestag "
      "gegrundet geboren il hace frente comparado desde rapport depuis contre comparaison anniversaire aniversario "
      "against year earlier");
  add(words, Role::follows,
      "que qui et a aux pour dans par avec um ab mit von bis fur wegen wird ist sind y con por para sin se nous wir "
      "es");
  add(words, Role::beyond, "after before apres avant");
  add(words, Role::day_noun, "day");
  add(words, Role::date_noun, "date datum fecha rechnungsdatum berichtsdatum");
  add(words, Role::issue,
      "digest standup briefing bulletin newsletter daily tagesbericht tageszusammenfassung morgenbericht lettre "
      "journalier quotidien quotidienne diario boletin status");
  add(words, Role::ordinal, "st nd rd th er re");
  add(words, Role::german, "der die das und ist nicht ein eine im den mit wir heute morgen gestern");
  add(words, Role::french, "le la les des et du est une nous pour dans aujourd'hui demain hier l d");
}

Words all_words() {
  Words words;
  add_weekdays(words);
  add_months(words);
  add_days(words);
  add_periods(words);
  add_grammar(words);
  return words;
}

}  // namespace

Meaning meaning_of(std::string_view folded) {
  static const Words words = all_words();
  const auto found = words.find(folded);
  return found == words.end() ? Meaning{} : found->second;
}

}  // namespace nowd
