#include "ledger/pg/fleet/holding.hpp"

#include "ledger/pg/fleet/holding.sql.hpp"
#include "ledger/pg/outbox/alerting.hpp"
#include "ledger/pg/record/batch.hpp"

namespace nowd::pg {
namespace {

struct Hold {
  HoldCause cause;
  std::string host, reason, detail;
  std::optional<LedgerMark> known;
};

void raise(Session::Context& context, const Hold& hold) {
  const std::string cause(to_string(hold.cause));
  const Value ledger = hold.known ? Value(hold.known->ledger) : Value();
  const Value mark = hold.known ? Value(std::to_string(hold.known->mark)) : Value();
  const Table raised = context.transaction.run(
      sql::raise_hold, {cause, hold.host, hold.reason, hold.detail, context.node, ledger, mark});
  if (raised.rows.at(0)[0] != "t") return;
  record_troubles(context.transaction, {{AlertKind::held, cause, hold.reason, hold.detail, "", {}, context.now}});
}

std::string apart(Instant a, Instant b) { return human(std::chrono::abs(a - b)); }

void hold_if_behind(Session::Context& context, const std::string& whose, const std::string& host, Instant says,
                    Instant newest) {
  if (says >= newest - wrong_offset) return;
  raise(context, {HoldCause::clock,
                  host,
                  "behind",
                  whose + " says " + rfc3339(says) + ", " + apart(says, newest) +
                      " before the newest time in the ledger: it is wrong, or was",
                  {}});
}

}  // namespace

std::optional<Held> open_hold(Session::Context& context, const std::string& host) {
  const Table found = context.transaction.run(sql::open_hold, {host});
  if (found.empty()) return std::nullopt;
  // A cause that only a newer nowd knows holds, too.
  return Held{parse_hold_cause(*found.rows[0][0]).value_or(HoldCause::ledger), *found.rows[0][1]};
}

std::optional<Held> held_at_claim(Session::Context& context, const std::string& host,
                                  const std::optional<ClaimLook>& before, const ClaimLook& look, Instant host_now) {
  const nanoseconds jump = before ? database_jump(*before, look) : nanoseconds{0};
  if (jump > max_step || jump < -max_step)
    raise(context, {HoldCause::clock,
                    "",
                    "step",
                    "the database's clock was set " + std::string(jump > nanoseconds{0} ? "forward" : "back") + " by " +
                        human(jump > nanoseconds{0} ? jump : -jump) + ", to " + rfc3339(look.database),
                    {}});
  if (auto held = open_hold(context, host)) return held;
  const microseconds offset = look.database - host_now;
  if (judge_offset(offset) != Offset::wrong) return std::nullopt;
  return Held{HoldCause::offset, "the clock of " + host + " is " + human(std::chrono::abs(offset)) +
                                     (offset.count() > 0 ? " behind" : " ahead of") + " the database's"};
}

void compare_ledger(Session::Context& context, const LedgerMark& known) {
  const Values row = context.transaction.run(sql::read_mark, {known.ledger}).rows.at(0);
  const std::int64_t mark = std::stoll(*row[1]);
  if (*row[0] == known.ledger && mark < known.mark)
    raise(context, {HoldCause::ledger, "", "restored",
                    "the ledger is older than this daemon knows it (mark " + std::to_string(mark) + ", not " +
                        std::to_string(known.mark) + "; its last word is of " + rfc3339(parse_timestamptz(*row[2])) +
                        "): a backup was restored, and the runs since then would be repeated",
                    known});
  else if (*row[0] != known.ledger && row[3] != "t")
    raise(context, {HoldCause::ledger, "", "another_ledger",
                    "this is ledger " + *row[0] + ", and the state directory knows " + known.ledger +
                        ": the runs from there would be repeated",
                    known});
}

void hold_lost_commits(Session::Context& context, std::int64_t count, std::optional<LedgerMark> known) {
  if (!known) {  // a new daemon, before its first mark
    const Values row = context.transaction.run(sql::read_mark, {Value()}).rows.at(0);
    known = LedgerMark{*row[0], std::stoll(*row[1])};
  }
  raise(context, {HoldCause::ledger, "", "restored",
                  "the database lost the last " + std::to_string(count) +
                      " transactions that it had confirmed to this daemon: a standby that was behind was promoted, or "
                      "a backup restored, and the last runs would be repeated",
                  known});
}

void record_server(Session::Context& context, const std::string& server) {
  context.transaction.run(sql::record_server, {context.node, server});
}

std::optional<Held> held_for_fleet(Session::Context& context, const std::string& server) {
  const Value hosts = context.transaction.run(sql::hosts_on_other_server, {context.node, server}).rows.at(0)[0];
  if (!hosts) return std::nullopt;
  return Held{HoldCause::fleet,
              "the database is another server than before, and daemons on " + *hosts + " have not found it yet"};
}

void compare_clocks(Session::Context& context, const std::string& host, Instant host_now) {
  const Instant newest = parse_timestamptz(*context.transaction.run(sql::newest_time).rows.at(0)[0]);
  hold_if_behind(context, "the database's clock", "", context.now, newest);
  hold_if_behind(context, "the clock of " + host, host, host_now, newest);
}

std::optional<LedgerMark> advance_mark(Session::Context& context) {
  const Table marked = context.transaction.run(sql::advance_mark);
  if (marked.empty()) return std::nullopt;
  return LedgerMark{*marked.rows[0][0], std::stoll(*marked.rows[0][1])};
}

void record_clock_events(Session::Context& context, const std::string& host, const std::string& boot_id,
                         const std::vector<ClockEvent>& events) {
  Columns rows;
  for (const ClockEvent& event : events) {
    rows.add(to_string(event.kind), event.at, event.size, event.before, event.after);
    if (needs_a_person(event)) raise(context, {HoldCause::clock, host, "step", sentence(event), {}});
  }
  rows.write(context.transaction, sql::insert_clock_events, {context.node, host, boot_id});
}

}  // namespace nowd::pg

namespace nowd {

std::string sentence(const Held& held) {
  switch (held.cause) {
    case HoldCause::clock:
    case HoldCause::ledger:
      break;
    case HoldCause::offset:
      return held.detail + ": nothing starts until they agree to 30 s";
    case HoldCause::fleet:
      return held.detail + ": nothing starts until they have, or are declared dead";
  }
  return held.detail + "; nothing starts until: nowctl " + std::string(to_string(held.cause)) + " accept";
}

}  // namespace nowd
