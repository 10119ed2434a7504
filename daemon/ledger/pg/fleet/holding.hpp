// Holds, which every claim and every planning reads first, and the ledger mark. A hold is raised when a clock or the
// ledger cannot be trusted. See docs/clocks.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/planning/unwatched.hpp"
#include "ledger/pg/session/session.hpp"
#include "ledger/records.hpp"

namespace nowd::pg {

/// The oldest open hold that stops a daemon on this host.
std::optional<Held> open_hold(Session::Context& context, const std::string& host);

/// The same, and the checks of a claim itself: a database clock that moved by more than 24 h since the last claim
/// (raises a hold for all daemons), or that differs by more than 30 s from `host_now`.
std::optional<Held> held_at_claim(Session::Context& context, const std::string& host,
                                  const std::optional<ClaimLook>& before, const ClaimLook& look, Instant host_now);

/// At the first transaction of each connection: raises a hold if the ledger is older than the known mark, or is another
/// ledger.
void compare_ledger(Session::Context& context, const LedgerMark& known);
/// The server lost `count` confirmed commits of this daemon, and a crash does not explain it: raises a hold, because
/// the last runs would run again.
void hold_lost_commits(Session::Context& context, std::int64_t count, std::optional<LedgerMark> known);
/// Records the server and timeline that this daemon writes to.
void record_server(Session::Context& context, const std::string& server);
/// A hold while another live daemon has not written to this server and timeline yet: it may know of commits that are
/// lost here.
std::optional<Held> held_for_fleet(Session::Context& context, const std::string& server);
/// At the start of a daemon: raises a hold for a clock that is behind the ledger's newest time, because no daemon has
/// watched the clocks since then. (A step back that a running daemon sees is an event: no occurrence fires again, and
/// no person must act.)
void compare_clocks(Session::Context& context, const std::string& host, Instant host_now);

/// Advances the ledger mark, except during a hold: the mark from before it must survive.
std::optional<LedgerMark> advance_mark(Session::Context& context);

void record_clock_events(Session::Context& context, const std::string& host, const std::string& boot_id,
                         const std::vector<ClockEvent>& events);

}  // namespace nowd::pg
