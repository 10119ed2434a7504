// Several daemons on one ledger, whose job files differ.
#include <unistd.h>

#include <cstdio>
#include <functional>

#include "ledger/ledger_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// Another revision of a job with the same schedule.
Job with_prompt(Job job, const std::string& prompt) {
  job.prompt = prompt;
  job.canonical = R"({"prompt":")" + prompt + "\"}";
  job.revision = sha256_hex(job.canonical);
  return job;
}

/// What is written to the log meanwhile.
std::string stderr_of(const std::function<void()>& work) {
  std::FILE* file = std::tmpfile();
  const int before = dup(STDERR_FILENO);
  dup2(fileno(file), STDERR_FILENO);
  work();
  dup2(before, STDERR_FILENO);
  close(before);
  std::fseek(file, 0, SEEK_END);
  std::string text(static_cast<std::size_t>(std::ftell(file)), '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

struct Fleet : LedgerFixture {
  std::vector<Cursor> load(PgLedger& ledger, const JobsSnapshot& jobs) { return *await(ledger.load_jobs(jobs)); }
  /// As a reload reads the files again: the same jobs, another snapshot.
  std::vector<Cursor> reload(PgLedger& ledger, const JobsSnapshot& jobs) {
    return load(ledger, std::make_shared<const Jobs>(*jobs));
  }
  static bool is_held(const std::vector<Cursor>& cursors, const JobName& job) {
    return std::any_of(cursors.begin(), cursors.end(), [&](const Cursor& c) { return c.job == job && c.held; });
  }
  std::string revision(const std::string& job) {
    return one("select revision from nowd.job where job = '" + job + "'");
  }
  std::string state(const std::string& job) { return one("select state from nowd.job where job = '" + job + "'"); }
  std::string withdrawn() { return one("select count(*) from nowd.occurrence where state = 'withdrawn'"); }

  Job older = job_named("a", every(seconds{10}));
  Job newer = job_named("a", every(seconds{7}));
  JobsSnapshot old_files = jobs_of({older, job_named("same")});
  JobsSnapshot new_files = jobs_of({newer, job_named("same")});
};

}  // namespace

TEST_CASE_METHOD(Fleet, "while a daemon has the newer revision of a job, one with an older leaves it alone") {
  auto behind = daemon(), ahead = daemon();
  load(*behind, old_files);
  load(*ahead, new_files);
  const std::string changed = one("select string_agg(changed_at::text, ' ' order by job) from nowd.job");
  const std::string gone = withdrawn();
  for (int round = 0; round < 10; ++round) {
    CHECK(is_held(reload(*behind, old_files), "a"));
    CHECK(is_held(*await(behind->plan_jobs(old_files, {"a"}, seconds{60})), "a"));
    CHECK_FALSE(is_held(reload(*ahead, new_files), "a"));
    CHECK(await(ahead->plan_jobs(new_files, {"a"}, seconds{60}))->size() == 1);
  }
  CHECK(revision("a") == newer.revision);
  CHECK(one("select string_agg(changed_at::text, ' ' order by job) from nowd.job") == changed);
  CHECK(withdrawn() == gone);  // once, by the edit
  CHECK(one("select count(*) from nowd.occurrence where state = 'planned'"
            " and extract(epoch from scheduled_at)::bigint % 7 <> 0") == "0");
  due("a", "1 second");
  due("same");
  const std::vector<ClaimedRun> runs = claim(*behind, old_files).runs;
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].job == "same");  // what both have alike, either runs
  CHECK(claim(*ahead, new_files).runs.at(0).revision == newer.revision);
}

TEST_CASE_METHOD(Fleet, "an edit that leaves the schedule alone is not overwritten either") {
  auto behind = daemon(), ahead = daemon();
  const JobsSnapshot edited = jobs_of({with_prompt(older, "better")});
  load(*behind, jobs_of({older}));
  load(*ahead, edited);
  CHECK(is_held(reload(*behind, jobs_of({older})), "a"));
  due("a", "1 second");
  CHECK(claim(*behind, jobs_of({older})).runs.empty());
  CHECK(claim(*ahead, edited).runs.size() == 1);
}

TEST_CASE_METHOD(Fleet, "files that go back are in force once the last daemon has them, and for every daemon") {
  auto one_host = daemon(), other = daemon();
  for (PgLedger* each : {one_host.get(), other.get()}) load(*each, old_files);
  for (PgLedger* each : {one_host.get(), other.get()}) reload(*each, new_files);
  CHECK(is_held(reload(*one_host, old_files), "a"));
  CHECK(revision("a") == newer.revision);
  CHECK_FALSE(is_held(reload(*other, old_files), "a"));
  CHECK(revision("a") == older.revision);
  due("a", "1 second");
  CHECK(claim(*one_host, old_files).runs.size() == 1);
  CHECK(one("select count(*) >= 5 from nowd.occurrence where state = 'planned' and job = 'a'"
            " and extract(epoch from scheduled_at)::bigint % 10 = 0") == "t");
}

TEST_CASE_METHOD(Fleet, "a lone daemon goes back at once, over a reload and over a restart") {
  auto lone = daemon();
  load(*lone, old_files);
  reload(*lone, new_files);
  CHECK_FALSE(is_held(reload(*lone, old_files), "a"));
  CHECK(revision("a") == older.revision);
  reload(*lone, new_files);
  CHECK(revision("a") == newer.revision);
  const Uuid before = lone->node();
  lone->stop();
  auto again = daemon(before);
  CHECK_FALSE(is_held(load(*again, old_files), "a"));
  CHECK(revision("a") == older.revision);
}

TEST_CASE_METHOD(Fleet, "files that go back on a lone daemon are planned and claimed at once, and nothing is told") {
  auto lone = daemon();
  load(*lone, old_files);
  reload(*lone, new_files);
  reload(*lone, old_files);
  const std::string told = stderr_of([&] { CHECK(claim(*lone, new_files).runs.empty()); });  // asked for just before
  CHECK(told.find("newer revision") == std::string::npos);
  CHECK(await(lone->plan_jobs(old_files, {"a"}, seconds{60}))->size() == 1);
  due("a", "1 second");
  CHECK(claim(*lone, old_files).runs.at(0).revision == older.revision);
}

TEST_CASE_METHOD(Fleet, "jobs left to a daemon with newer revisions are told in one line, once") {
  auto behind = daemon(), ahead = daemon();
  std::vector<Job> old_jobs, new_jobs;
  for (int i = 0; i < 100; ++i) {
    old_jobs.push_back(job_named("m-" + std::to_string(i)));
    new_jobs.push_back(with_prompt(old_jobs.back(), "better"));
  }
  const JobsSnapshot old_ones = jobs_of(old_jobs);
  load(*behind, old_ones);
  load(*ahead, jobs_of(new_jobs));
  const std::string told = stderr_of([&] {
    claim(*behind, old_ones);
    reload(*behind, old_ones);
    claim(*behind, old_ones);
  });
  const std::size_t first = told.find("newer revisions of 100 jobs (m-0, m-1, m-10, ...)");
  CHECK(first != std::string::npos);
  CHECK(told.find("newer revision", first + 1) == std::string::npos);
}

TEST_CASE_METHOD(Fleet, "an older revision takes over from a daemon that stays away, not from one that restarts") {
  auto behind = daemon(), ahead = daemon();
  load(*behind, old_files);
  load(*ahead, new_files);
  CHECK(is_held(load(*behind, old_files), "a"));
  ahead->stop();
  CHECK(is_held(load(*behind, old_files), "a"));  // it may be back in a moment
  sql("update nowd.node set ended_at = ended_at - interval '2 minutes' where state = 'stopped'");
  CHECK_FALSE(is_held(load(*behind, old_files), "a"));
  CHECK(revision("a") == older.revision);
  auto back = daemon();
  CHECK_FALSE(is_held(load(*back, new_files), "a"));
  CHECK(revision("a") == newer.revision);
}

TEST_CASE_METHOD(Fleet, "daemons with different files leave each other's jobs alone, however many of those are due") {
  auto first = daemon(), second = daemon();
  std::vector<Job> many;
  for (int i = 0; i < 100; ++i) many.push_back(job_named("m-" + std::to_string(i)));
  const JobsSnapshot mine = jobs_of(many), theirs = jobs_of({job_named("b", every(seconds{10}))});
  load(*first, mine);
  load(*second, theirs);
  reload(*first, mine);
  CHECK(one("select count(*) from nowd.job where state = 'active'") == "101");
  CHECK(withdrawn() == "0");
  for (const Job& job : many) due(job.name, "5 seconds");
  due("b", "1 second");
  const Ledger::Claimed claimed = claim(*second, theirs, 3);  // its first look finds hundred rows that are not its own
  REQUIRE(claimed.runs.size() == 1);
  CHECK(claimed.runs[0].job == "b");
  CHECK(claim(*first, mine, 200).runs.size() == 100);
  CHECK(one("select count(*) from nowd.loaded where in_force") == "101");
}

TEST_CASE_METHOD(Fleet, "a job is retired when it leaves the last files that have it") {
  auto first = daemon(), second = daemon();
  load(*first, jobs_of({job_named("a"), job_named("b")}));
  load(*second, jobs_of({job_named("a")}));
  CHECK(state("b") == "active");
  load(*first, jobs_of({}));
  CHECK(state("a") == "active");
  CHECK(state("b") == "retired");
  load(*second, jobs_of({}));
  CHECK(state("a") == "retired");
}

TEST_CASE_METHOD(Fleet, "a daemon that is away keeps its jobs for an hour, or until its successor has read its files") {
  auto first = daemon(), second = daemon();
  load(*first, jobs_of({job_named("a")}));
  const Uuid before = first->node();
  first->stop();
  load(*second, jobs_of({job_named("b")}));
  CHECK(state("a") == "active");
  auto successor = daemon(before);
  sql("update nowd.node set ended_at = ended_at - interval '2 hours' where state = 'stopped'");
  load(*second, jobs_of({job_named("b")}));
  CHECK(state("a") == "active");  // the successor is there, and has not read its files yet
  load(*successor, jobs_of({}));
  CHECK(state("a") == "retired");

  load(*successor, jobs_of({job_named("a")}));
  CHECK(state("a") == "active");
  successor->stop();
  sql("update nowd.node set ended_at = ended_at - interval '2 hours' where state = 'stopped'");
  load(*second, jobs_of({job_named("b")}));
  CHECK(state("a") == "retired");
}

TEST_CASE_METHOD(Fleet,
                 "a retired job that comes back starts from now: nothing fires, and what lies ahead is planned") {
  auto ledger = daemon();
  const JobsSnapshot files = jobs_of({older});
  load(*ledger, files);
  load(*ledger, jobs_of({}));
  sql("update nowd.job_cursor set planned_from = planned_from - interval '1 day',"
      " materialised_through = materialised_through - interval '1 day'");
  const std::string back = one("select clock_timestamp()");
  reload(*ledger, files);
  CHECK(one("select count(*) >= 5 from nowd.occurrence where state = 'planned'") == "t");
  CHECK(one("select count(*) from nowd.occurrence where state = 'planned' and scheduled_at < '" + back + "'") == "0");
  CHECK(one("select count(*) from nowd.occurrence_range") == "0");
}

TEST_CASE_METHOD(Fleet, "a daemon that was declared dead comes back with what it had loaded") {
  auto silent = daemon(), observer = daemon();
  load(*silent, jobs_of({job_named("a")}));
  load(*observer, jobs_of({job_named("b")}));
  for (int passed = 0; passed <= 15; passed += 3) {
    (void)await(observer->sweep());
    clock().advance(seconds{3});
  }
  (void)await(observer->sweep());
  REQUIRE(one("select count(*) from nowd.node where state = 'dead'") == "1");
  (void)await(silent->sweep());
  sql("update nowd.node set ended_at = ended_at - interval '2 hours' where state = 'dead'");
  reload(*observer, jobs_of({job_named("b")}));
  CHECK(state("a") == "active");
}

TEST_CASE_METHOD(Fleet, "a daemon whose file broke knows which jobs are another's") {
  auto first = daemon(), second = daemon();
  load(*first, jobs_of({job_named("a"), job_named("b")}));
  load(*second, jobs_of({job_named("b"), job_named("c")}));
  CHECK(*await(second->jobs_of_others()) == std::set<JobName>{"a"});
  const Uuid before = second->node();
  second->stop();
  auto successor = daemon(before);
  CHECK(*await(successor->jobs_of_others()) == std::set<JobName>{"a"});  // before it has read any file
}
