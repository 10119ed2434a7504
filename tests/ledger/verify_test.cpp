// nowd.verify: a ledger without fault gives no finding; each kind of fault gives one, with its run and numbers.
#include <nlohmann/json.hpp>
#include <set>

#include "ledger/ledger_fixture.hpp"
#include "ledger/reader/reader.hpp"
#include "support/catch.hpp"

using namespace nowd;

namespace {

/// One run of a job, whole and in order: dispatched at `t`, one input, a model call, an effect, 10 s in all.
constexpr const char* whole_run = R"sql(
insert into nowd.node (node, host, pid, boot_id, version, started_at) values ('11111111-1111-4111-8111-111111111111', 'h', 1, 'b', '0', now());
insert into nowd.job (job, revision) values ('standup', repeat('a', 64));
insert into nowd.job_revision (job, revision, spec, schedule, schedule_revision, source) values ('standup', repeat('a', 64), '{}', 's', 's', 'f:1');
insert into nowd.occurrence (job, scheduled_at, state, due_at, window_start, window_end, slot, zone, utc_offset, tzdata, schedule_revision, attempts)
  select 'standup', t, 'done', t, t, t, t::timestamp, 'UTC', '0', 'x', 's', 1 from (values (now())) v(t);
insert into nowd.run (job, scheduled_at, kind, attempt, revision, node, fence, claim_id, claimed_at, due_at, as_of, window_start, window_end, zone,
                      effects, dispatched_at, dispatched_boot_ns, host_sync, host_uncertainty, state, ended_at, duration, stop, verdict)
  select 'standup', t, 'scheduled', 1, repeat('a', 64), '11111111-1111-4111-8111-111111111111', 1, gen_random_uuid(), t, t, t, t, t, 'UTC',
         true, t + interval '10 ms', 1000, 'chrony', '1 ms', 'succeeded', t + interval '10.01 s', '10 s', 'complete', 'aligned'
  from (select scheduled_at as t from nowd.occurrence) o;
insert into nowd.inference (run, seq, provider, model, state, injected_now, sent_at, headers_at, ended_at, duration, stop)
  select run, n, 'p', 'm', 'answered', t, t, t + interval '1 s', t + interval '2 s', '2 s', 'complete'
  from nowd.run, generate_series(1, 2) n, lateral (select dispatched_at + n * interval '3 s' - interval '2 s' as t) v;
insert into nowd.tool_call (run, seq, source, inference_seq, tool, effect, idempotency_key, state, intent_at, started_at, ended_at, duration)
  select run, 1, 'model', 1, 'post', 'irreversible', 'key', 'confirmed', dispatched_at + interval '3 s', dispatched_at + interval '3 s',
         dispatched_at + interval '3.5 s', '0.5 s' from nowd.run;
insert into nowd.gate_decision (run, subject, call_seq, verdict, decided_at) select run, 'effect', 1, 'allow', now() from nowd.run;
)sql";

/// Triggers keep what clocks said from being changed; who breaks a ledger by hand has switched them off.
class Verified : public test::LedgerFixture {
 public:
  Verified() { script(whole_run); }
  void script(const std::string& text) {
    pg::Connection connection(superuser(), "test");
    pg::Transaction transaction(connection);
    transaction.run_script("set session_replication_role = replica; " + text);
    transaction.commit();
  }
  std::vector<Json> findings(seconds back = hours{1}) {
    auto reader = LedgerReader::open(superuser());
    REQUIRE(reader.has_value());
    const auto found = reader->verify(SystemClock().now() - back, std::nullopt);
    INFO((found ? "" : found.error().message));
    REQUIRE(found.has_value());
    return *found;
  }
  std::multiset<std::string> checks() {
    std::multiset<std::string> names;
    for (const Json& row : findings()) names.insert(row["check"].get<std::string>());
    return names;
  }
};

using Names = std::multiset<std::string>;

struct Fault {
  const char* check;
  const char* made_by;
};
const Fault faults[] = {
    {"scheduled_before_dispatch",
     "update nowd.run set scheduled_at = scheduled_at + interval '100 ms';"
     "update nowd.occurrence set scheduled_at = scheduled_at + interval '100 ms', due_at = due_at + interval '1 s'"},
    {"dispatch_before_injected_now",
     "update nowd.inference set injected_now = injected_now - interval '2 s' where seq = 1"},
    {"injected_now_before_response",
     "update nowd.inference set injected_now = injected_now + interval '5 s' where seq = 2"},
    {"injected_now_grows", "update nowd.inference set injected_now = injected_now - interval '3.5 s' where seq = 2"},
    {"model_call_inside_its_run",
     "update nowd.inference set sent_at = sent_at + interval '6 s', ended_at = ended_at + interval '6 s' where seq = "
     "2"},
    {"tool_call_inside_its_run",
     "update nowd.tool_call set started_at = started_at + interval '8 s', ended_at = ended_at + interval '8 s'"},
    {"wall_and_boot_agree", "update nowd.run set duration = '9 s'"},
    {"wall_and_boot_agree", "update nowd.inference set duration = '1 s' where seq = 1"},
    {"wall_and_boot_agree", "update nowd.tool_call set duration = '1.2 s'"},
    {"effect_has_an_intent", "update nowd.tool_call set intent_at = intent_at + interval '1 s'"},
    {"effect_has_a_decision", "delete from nowd.gate_decision"},
    {"effect_has_a_decision", "update nowd.gate_decision set verdict = 'deny', objections = '[{}]'"},
    {"effect_was_allowed", "update nowd.run set effects = false"},
    {"run_has_its_occurrence", "delete from nowd.occurrence"},
    {"claimed_occurrence_has_a_live_run", "update nowd.occurrence set state = 'claimed'"},
    {"done_occurrence_has_a_run",
     "update nowd.run set kind = 'backfill', scheduled_at = scheduled_at - interval '1 day';"
     "insert into nowd.occurrence select job, scheduled_at - interval '1 day', 'backfill', 'done', null, due_at - "
     "interval '1 day', window_start - interval '1 day', window_end,"
     " slot, zone, utc_offset, slot_kind, merged_slots, tzdata, schedule_revision from nowd.occurrence"},
    {"coalesced_occurrence_has_its_heir",
     "insert into nowd.occurrence (job, scheduled_at, state, due_at, window_start, window_end, slot, zone, utc_offset, "
     "tzdata, schedule_revision, coalesced_into)"
     " select job, scheduled_at - interval '1 min', 'coalesced', due_at, window_start - interval '1 min', window_end, "
     "slot, zone, "
     "utc_offset, tzdata, schedule_revision,"
     " scheduled_at + interval '1 min' from nowd.occurrence"},
    {"delivery_has_a_decision",
     "insert into nowd.delivery (run, job, purpose, sink, key, subject, state, expires_at, created_at, settled_at)"
     " select run, job, 'output', 's', 'k', 'x', 'delivered', now(), now(), now() from nowd.run;"
     "insert into nowd.delivery_attempt (delivery, attempt, node, intent_at, started_at)"
     " select delivery, 1, '11111111-1111-4111-8111-111111111111', now(), now() from nowd.delivery"},
};

}  // namespace

TEST_CASE("nothing is found in a run that is whole, nor where there is none", "[verify]") {
  Verified ledger;
  CHECK(ledger.checks() == Names{});
  ledger.script("delete from nowd.occurrence; delete from nowd.run");
  CHECK(ledger.checks() == Names{});
}

TEST_CASE("each fault is found by its check, and by no other", "[verify]") {
  for (const Fault& fault : faults) {
    CAPTURE(fault.check, fault.made_by);
    Verified ledger;
    ledger.script(fault.made_by);
    CHECK(ledger.checks() == Names{fault.check});
  }
}

TEST_CASE("a run during which its host's clock was set is not held to the order of its clocks", "[verify]") {
  const std::string step =
      "insert into nowd.clock_event (kind, at, size, before, after, node, host, boot_id)"
      " values ('step', now(), '1 hour', 'b', 'a', '11111111-1111-4111-8111-111111111111', 'h', ";
  for (const std::string& boot : {"'b')", "'another')"}) {
    Verified ledger;
    ledger.script("update nowd.run set duration = '9 s'; " + step + boot);
    CHECK(ledger.checks() == (boot == "'b')" ? Names{} : Names{"wall_and_boot_agree"}));
  }
}

TEST_CASE("honest runs are not accused", "[verify]") {
  const char* honest[] = {
      // Put aside: it ended when the next attempt took over, half a minute after it had stopped.
      "update nowd.run set duration = '1 s', state = 'orphaned', reason = 'rate_limit', not_before = ended_at;"
      "delete from nowd.inference; delete from nowd.gate_decision; delete from nowd.tool_call",
      // Still put aside.
      "delete from nowd.inference; delete from nowd.gate_decision; delete from nowd.tool_call;"
      "update nowd.run set ended_at = null, duration = '1 s', state = 'suspended', reason = 'rate_limit', not_before = "
      "now() + interval '1 hour'; update nowd.occurrence set state = 'claimed'",
      // Its host is a second and a half behind the database, which says what is due.
      "update nowd.run set dispatched_at = dispatched_at - interval '1.5 s', ended_at = ended_at - interval '1.5 s';"
      "update nowd.inference set injected_now = injected_now - interval '1.5 s', sent_at = sent_at - interval '1.5 s', "
      "headers_at = headers_at - interval '1.5 s', ended_at = ended_at - interval '1.5 s';"
      "update nowd.tool_call set intent_at = intent_at - interval '1.5 s', started_at = started_at - interval '1.5 s', "
      "ended_at = ended_at - interval '1.5 s'",
      // Its run was deleted by a retention that the job has no more.
      "update nowd.job_revision set spec = '{\"retention\": {\"runs_ms\": 1000}}';"
      "insert into nowd.job_revision (job, revision, spec, schedule, schedule_revision, source) values"
      " ('standup', repeat('b', 64), '{}', 's', 's', 'f:1'); update nowd.job set revision = repeat('b', 64);"
      "delete from nowd.inference; delete from nowd.gate_decision; delete from nowd.tool_call; delete from nowd.run",
      // Cancelled before it was dispatched.
      "delete from nowd.inference; delete from nowd.gate_decision; delete from nowd.tool_call;"
      "update nowd.run set dispatched_at = null, dispatched_boot_ns = null, duration = null, state = 'cancelled',"
      " reason = 'cancelled', stop = null, verdict = null",
      // A backfill, weeks later.
      "update nowd.run set kind = 'backfill', scheduled_at = scheduled_at - interval '20 days';"
      "update nowd.occurrence set kind = 'backfill', scheduled_at = scheduled_at - interval '20 days',"
      " window_start = window_start - interval '20 days'",
  };
  for (const char* made_by : honest) {
    CAPTURE(made_by);
    Verified ledger;
    ledger.script(made_by);
    CHECK(ledger.checks() == Names{});
  }
}

TEST_CASE("how much was looked at is counted, and a range counts for all that it stands for", "[verify]") {
  Verified ledger;
  ledger.script(
      "insert into nowd.occurrence_range (job, first_at, last_at, count, schedule_revision, reason)"
      " values ('standup', now() - interval '50 minutes', now() - interval '2 minutes', 60, 's', 'down')");
  auto reader = LedgerReader::open(ledger.superuser());
  REQUIRE(reader.has_value());
  const auto counted = reader->verified(SystemClock().now() - hours{1}, "standup");
  REQUIRE(counted.has_value());
  CHECK(*counted == Json{{"runs", 1}, {"model_calls", 2}, {"tool_calls", 1}, {"occurrences", 61}});
}

TEST_CASE("a reader of the ledger may verify it", "[verify]") {
  Verified ledger;
  ledger.script("drop role if exists verifier; create role verifier login in role nowd_reader");
  auto reader = LedgerReader::open(ledger.superuser() + " user=verifier");
  REQUIRE(reader.has_value());
  const auto found = reader->verify(SystemClock().now() - hours{1}, "standup");
  INFO((found ? "" : found.error().message));
  REQUIRE(found.has_value());
  CHECK(found->empty());
  CHECK(reader->job_clocks({.job = "standup", .since = SystemClock().now() - hours{1}, .recent = 5}).has_value());
  CHECK(reader->job_overview().has_value());
}

TEST_CASE("a finding names the run, the job, the moment and the number", "[verify]") {
  Verified ledger;
  ledger.script("update nowd.run set duration = '9 s'");
  const auto found = ledger.findings();
  REQUIRE(found.size() == 1);
  CHECK(found[0]["run"] == 1);
  CHECK(found[0]["job"] == "standup");
  CHECK(found[0]["at"].get<std::string>().ends_with("Z"));
  CHECK(found[0]["detail"] == "the run lasted 10 s on the wall clock and 9 s on the boot clock");
}

TEST_CASE("what lies within the host's uncertainty is no finding, and an unknown one means a second", "[verify]") {
  Verified ledger;
  const std::string early = "update nowd.inference set injected_now = (select dispatched_at from nowd.run) - interval ";
  ledger.script(early + "'1.5 ms' where seq = 1");  // ±1 ms at both
  CHECK(ledger.checks() == Names{});
  ledger.script(early + "'900 ms' where seq = 1");
  CHECK(ledger.checks() == Names{"dispatch_before_injected_now"});
  ledger.script("update nowd.run set host_uncertainty = null");
  CHECK(ledger.checks() == Names{});
}

TEST_CASE("old runs are left alone", "[verify]") {
  Verified ledger;
  ledger.script("update nowd.run set duration = '1 s', claimed_at = claimed_at - interval '2 days'");
  CHECK(ledger.findings().empty());
  CHECK(ledger.findings(days{3}).size() == 1);
}
