// The checked cases of tests/data: expression, zone, local days, policy, instants.
#pragma once

#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "domain/schedule/schedule.hpp"
#include "support/places.hpp"

namespace nowd::test {

struct ScheduleCase {
  std::string line;
  Schedule schedule;
  Instant begin, end;  ///< from the first midnight, to before the second
  std::size_t count = 0;
  std::string instants;  ///< separated by blanks, or "first .. last"

  bool ends_only() const { return instants.find("..") != std::string::npos; }
};

inline std::vector<std::string> cells(const std::string& line, char separator) {
  std::vector<std::string> out;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, separator);) out.push_back(cell);
  return out;
}

inline Schedule schedule_of(const std::vector<std::string>& row) {
  const std::vector<std::string> policy = cells(row[4], ',');
  const auto names = [&](std::string_view rule) {
    return std::find(policy.begin(), policy.end(), rule) != policy.end();
  };
  Schedule schedule;
  schedule.kind = *Cron::parse(row[0]);
  schedule.zone = *Zone::find(row[1]);
  schedule.gap = names("gap=skip") ? Gap::skip : names("gap=shift") ? Gap::shift : Gap::next;
  schedule.fold = names("fold=both") ? Fold::both : names("fold=second") ? Fold::second : Fold::first;
  schedule.day_match = names("day_match=and") ? DayMatch::all : DayMatch::any;
  return schedule;
}

/// The cases of a file in tests/data, in its order. Throws if it cannot be read.
inline std::vector<ScheduleCase> schedule_cases(const std::string& name) {
  std::ifstream file(test_data(name));
  if (!file) throw std::runtime_error("cannot read " + name);
  std::vector<ScheduleCase> cases;
  std::string line;
  std::getline(file, line);  // the header
  while (std::getline(file, line)) {
    auto row = cells(line, '\t');
    row.resize(7);
    const Schedule schedule = schedule_of(row);
    const auto midnight = [&](LocalDay day) { return schedule.zone.resolve(LocalTime{day}).first; };
    cases.push_back({line, schedule, midnight(*parse_local_day(row[2])), midnight(*parse_local_day(row[3]) + days{1}),
                     std::stoul(row[5]), row[6]});
  }
  return cases;
}

}  // namespace nowd::test
