// The checked cases of tests/data: expression, zone, local days, policy, instants.
#include <fstream>
#include <sstream>

#include "domain/schedule/schedule.hpp"
#include "support/catch.hpp"

using namespace nowd;

namespace {

std::vector<std::string> cells(const std::string& line, char separator) {
  std::vector<std::string> out;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, separator);) out.push_back(cell);
  return out;
}

bool names(const std::string& policy, std::string_view rule) {
  for (const std::string& cell : cells(policy, ','))
    if (cell == rule) return true;
  return false;
}

Schedule schedule_of(const std::vector<std::string>& row) {
  Schedule schedule;
  schedule.kind = *Cron::parse(row[0]);
  schedule.zone = *Zone::find(row[1]);
  schedule.gap = names(row[4], "gap=skip") ? Gap::skip : names(row[4], "gap=shift") ? Gap::shift : Gap::next;
  schedule.fold = names(row[4], "fold=both") ? Fold::both : names(row[4], "fold=second") ? Fold::second : Fold::first;
  schedule.day_match = names(row[4], "day_match=and") ? DayMatch::all : DayMatch::any;
  return schedule;
}

Instant midnight(const Zone& zone, LocalDay day) { return zone.resolve(LocalTime{day}).first; }

/// All instants, or "first .. last" as the long rows have it.
std::string listed(const std::vector<Occurrence>& found, bool ends_only) {
  std::string out;
  if (ends_only && !found.empty()) return rfc3339(found.front().at) + " .. " + rfc3339(found.back().at);
  for (const Occurrence& occurrence : found) out += (out.empty() ? "" : " ") + rfc3339(occurrence.at);
  return out;
}

int check_file(const std::string& name) {
  std::ifstream file(NOWD_TEST_DATA "/" + name);
  std::string line;
  std::getline(file, line);  // the header
  int rows = 0;
  for (; std::getline(file, line); ++rows) {
    auto row = cells(line, '\t');
    row.resize(7);
    CAPTURE(line);
    const Schedule schedule = schedule_of(row);
    const Instant begin = midnight(schedule.zone, *parse_local_day(row[2]));
    const Instant end = midnight(schedule.zone, *parse_local_day(row[3]) + days{1});
    const auto found = occurrences(schedule, begin - microseconds{1}, end - microseconds{1}, 100'000);
    CHECK(found.size() == std::stoul(row[5]));
    CHECK(listed(found, row[6].find("..") != std::string::npos) == row[6]);
  }
  return rows;
}

}  // namespace

TEST_CASE("every checked daylight-saving case gives exactly its instants") { CHECK(check_file("dst.tsv") == 54); }

TEST_CASE("so do zones with odd rules, years after the last listed change, seconds, and the day fields") {
  CHECK(check_file("dst_more.tsv") == 201);
}
