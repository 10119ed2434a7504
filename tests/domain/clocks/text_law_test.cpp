// The law of the check by property: through three years, a phrase with the right date passes and the same
// phrase with a wrong one is found, in each language and form.
#include <array>
#include <functional>
#include <random>

#include "domain/lint/text_check.hpp"
#include "support/catch.hpp"

using namespace nowd;

namespace {

struct Language {
  std::array<const char*, 7> weekdays;
  std::array<const char*, 12> months;
  std::array<const char*, 3> days;  // yesterday, today, tomorrow
  std::string (*date)(int day, const char* month);
};

const std::array<Language, 4> languages{{
    {{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
     {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
      "December"},
     {"yesterday", "today", "tomorrow"},
     [](int day, const char* month) { return std::to_string(day) + " " + month; }},
    {{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
     {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
      "Dezember"},
     {"gestern", "heute", "morgen"},
     [](int day, const char* month) { return std::to_string(day) + ". " + month; }},
    {{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
     {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
      "décembre"},
     {"hier", "aujourd’hui", "demain"},
     [](int day, const char* month) { return std::to_string(day) + (day == 1 ? "er " : " ") + month; }},
    {{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
     {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
      "diciembre"},
     {"ayer", "hoy", "mañana"},
     [](int day, const char* month) { return std::to_string(day) + " de " + month; }},
}};

struct Said {
  int weekday = 0, day = 0, month = 0, year = 0;
};

Said said(LocalDay at) {
  const std::chrono::local_days date{std::chrono::duration_cast<std::chrono::days>(at.time_since_epoch())};
  const std::chrono::year_month_day ymd{date};
  return {static_cast<int>(std::chrono::weekday{date}.c_encoding()), static_cast<int>(unsigned(ymd.day())),
          static_cast<int>(unsigned(ymd.month())), int(ymd.year())};
}

/// Phrases that hold a day word (for `days` from today), a weekday and a date.
std::vector<std::string> phrases(const Language& language, int days, const Said& weekday, const Said& date) {
  const std::string word = language.days[static_cast<std::size_t>(days + 1)];
  const std::string name = language.weekdays[static_cast<std::size_t>(weekday.weekday)];
  const std::string day = language.date(date.day, language.months[static_cast<std::size_t>(date.month - 1)]);
  const bool spanish = language.days[1] == std::string("hoy");
  const std::string dated = day + (spanish ? " de " : " ") + std::to_string(date.year);
  return {word + ", " + name + ", " + day + ".", word + " (" + name + ", " + day + ")",
          word + ", " + name + " " + dated, "- " + word + ": " + name + " " + day};
}

TextFacts on(LocalDay day) {
  const Instant noon{day.time_since_epoch() + hours{12}};
  return {noon, Zone::utc(), noon - days{1}};
}

const LocalDay first{days{20'454}};  // 2026-01-01

}  // namespace

TEST_CASE("the right weekday and date pass on every day, in every language") {
  for (int i = 0; i < 3 * 365; ++i)
    for (const Language& language : languages)
      for (int by = -1; by <= 1; ++by) {
        const LocalDay today = first + days{i};
        const Said right = said(today + days{by});
        for (const std::string& text : phrases(language, by, right, right))
          if (const auto found = check_text(text, on(today)); !found.empty()) FAIL(text << ": " << to_string(found[0]));
      }
}

TEST_CASE("a wrong date or a wrong weekday is found through three years, in every language") {
  std::mt19937_64 random(20261124);
  for (int i = 0; i < 3 * 365; i += 3)
    for (const Language& language : languages)
      for (int by = -1; by <= 1; ++by) {
        const LocalDay today = first + days{i};
        const Said right = said(today + days{by});
        const Said other = said(today + days{by + 1 + static_cast<int>(random() % 300)});
        Said tomorrow = right;
        tomorrow.weekday = (right.weekday + 1 + static_cast<int>(random() % 6)) % 7;
        for (const std::string& text : phrases(language, by, other, other))  // consistent in itself, but another day
          if (check_text(text, on(today)).empty()) FAIL(text << " on " << iso_date(today));
        for (const std::string& text : phrases(language, by, tomorrow, right))
          if (check_text(text, on(today)).empty()) FAIL(text << " on " << iso_date(today));
      }
}
