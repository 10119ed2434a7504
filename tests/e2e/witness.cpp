#include "e2e/witness.hpp"

#include <fstream>
#include <set>

#include "support/catch.hpp"

namespace nowd::test {

std::string witness_config(const std::filesystem::path& witness, const std::string& thinking,
                           const std::string& acting) {
  return "listen: none\nproviders:\n  s:\n    api: script\n    script:\n"
         "      - {calls: [{name: note, arguments: {text: \"{{job}} {{scheduled_at}}\", nowd_as_of: \"{{today}}\"}}], "
         "delay: " +
         thinking + "}\n      - text: done\ntools:\n  note:\n    exec: [sh, -c, 'sleep " + acting + "; tee -a " +
         witness.string() + "']\n    input: {type: object}\n    effect: reversible\n";
}

void every_second_jobs(DaemonFixture& f, int count) {
  for (int i = 0; i < count; ++i)
    f.job("every-" + std::to_string(i), "schedule: every 1s\ntools: [note]\nprompt: x\nlimits: {wall: 30s}\n");
}

void check_ledger(DaemonFixture& f, const std::filesystem::path& witness) {
  const auto none = [&](const std::string& what, const std::string& query) {
    INFO(what);
    CHECK(f.one("select count(*) from " + query) == "0");
  };
  none("moments without a row",
       "(select scheduled_at - lag(scheduled_at) over (partition by job order by scheduled_at) as gap"
       " from nowd.occurrence) g where gap <> interval '1 second'");
  none("first moments without a row",
       "nowd.job_cursor c where not exists (select from nowd.occurrence o where o.job = c.job"
       " and o.scheduled_at <= c.planned_from + interval '1 second')");
  none("fates without a reason",
       "nowd.occurrence where state not in ('planned', 'claimed', 'done', 'coalesced', 'superseded') and reason is "
       "null");
  none("occurrences left open", "nowd.occurrence where state = 'claimed'");
  none("occurrences passed over",
       "nowd.occurrence where state = 'planned' and due_at < (select max(claimed_at) from nowd.run) - interval '10 s'");
  none("coalesced into nothing",
       "nowd.occurrence o where state = 'coalesced' and not exists (select from nowd.occurrence i"
       " where i.job = o.job and i.scheduled_at = o.coalesced_into and i.attempts > 0)");
  none("two successes of one moment",
       "(select 1 from nowd.run where state = 'succeeded' group by job, scheduled_at having count(*) > 1) d");
  none("runs of one job at once",
       "nowd.run a join nowd.run b on a.job = b.job and a.run < b.run where b.dispatched_at < a.ended_at - interval "
       "'100 "
       "ms'");
  none("effects after the end", "nowd.run_clocks c join nowd.run r using (run) where c.effect_at > r.ended_at");
  none("runs without an end", "nowd.run where ended_at is null");
  std::ifstream file(witness);
  std::set<std::string> seen;
  int written = 0;
  for (std::string line; std::getline(file, line); ++written) seen.insert(line);
  CHECK(static_cast<int>(seen.size()) == written);  // no effect twice
  const int confirmed = std::stoi(f.one("select count(*) from nowd.tool_call where state = 'confirmed'"));
  const int in_doubt = std::stoi(f.one("select count(*) from nowd.effects_in_doubt"));
  CHECK(written >= confirmed);  // what the ledger says happened, happened
  CHECK(written <= confirmed + in_doubt);
  CHECK(f.one("select coalesce(string_agg(distinct \"check\" || ': ' || detail, E'\\n'), '') from "
              "nowd.verify(now() - interval '1 hour')") == "");
}

}  // namespace nowd::test
