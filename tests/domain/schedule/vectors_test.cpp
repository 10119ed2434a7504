#include "support/catch.hpp"
#include "support/schedule_cases.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// All instants, or "first .. last" as the long rows have it.
std::string listed(const std::vector<Occurrence>& found, bool ends_only) {
  std::string out;
  if (ends_only && !found.empty()) return rfc3339(found.front().at) + " .. " + rfc3339(found.back().at);
  for (const Occurrence& occurrence : found) out += (out.empty() ? "" : " ") + rfc3339(occurrence.at);
  return out;
}

std::size_t check_file(const std::string& name) {
  const std::vector<ScheduleCase> cases = schedule_cases(name);
  for (const ScheduleCase& each : cases) {
    CAPTURE(each.line);
    const auto found = occurrences(each.schedule, each.begin - microseconds{1}, each.end - microseconds{1}, 100'000);
    CHECK(found.size() == each.count);
    CHECK(listed(found, each.ends_only()) == each.instants);
  }
  return cases.size();
}

}  // namespace

TEST_CASE("every checked daylight-saving case gives exactly its instants") { CHECK(check_file("dst.tsv") == 54); }

TEST_CASE("so do zones with odd rules, years after the last listed change, seconds, and the day fields") {
  CHECK(check_file("dst_more.tsv") == 201);
}
