// A run that is dispatched ten seconds before midnight, and whose effect would land after it.
#include "e2e/shared_clock.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// So far from now that it is 23:58:55 in UTC.
std::chrono::seconds before_midnight() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto of_the_day = now - std::chrono::floor<std::chrono::days>(now);
  return std::chrono::hours{24} - std::chrono::seconds{65} - of_the_day;
}

constexpr const char* slow_script =
    "providers:\n  s:\n    api: script\n    script:\n"
    "      - {calls: [{name: note, arguments: {job: \"{{job}}\", nowd_as_of: \"{{today}}\"}}], delay: 15s}\n"
    "      - text: done\n"
    "tools:\n  note: {exec: [cat], input: {type: object}, effect: irreversible}\n";

std::string job_under(const std::string& clocks) {
  return "schedule: {cron: \"50 59 23 * * *\", timezone: UTC, missed: skip}\ntools: [note]\nprompt: x\nclocks: " +
         clocks + "\n";
}

}  // namespace

TEST_CASE("an effect that would land after midnight is flagged under standard, and does not happen under strict") {
  if (is_missing()) return;
  SharedClock f(slow_script, {{"standard", job_under("standard")}, {"strict", job_under("strict")}}, before_midnight());
  f.wait_for_line("serves 2 jobs");
  f.wait_until("the runs", "select count(*) = 2 from nowd.run where dispatched_at is not null",
               std::chrono::seconds{90});
  f.wait_until("their ends", "select count(*) = 2 from nowd.run where ended_at is not null", std::chrono::seconds{60});
  CHECK(
      f.one("select string_agg(job || ' ' || state || ' ' || coalesce(reason || ' ', '') || verdict, ', ' order by job)"
            " from nowd.run") == "standard succeeded rolled_over, strict failed rolled_over rolled_over");
  CHECK(f.one("select string_agg(r.job || ' ' || t.state, ', ' order by r.job) from nowd.tool_call t join nowd.run r"
              " using (run)") == "standard confirmed, strict refused");
  CHECK(f.one("select count(distinct scheduled_at::date) = 1 and bool_and(effect_at::date > scheduled_at::date)"
              " from nowd.run_clocks where effect_at is not null") == "t");
}
