// Holds: found before every claim and planning, raised where a clock or the ledger cannot be trusted. And the mark.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/planning/unwatched.hpp"
#include "ledger/pg/session/session.hpp"
#include "ledger/records.hpp"

namespace nowd::pg {

/// The open hold that stops a daemon on this host, if there is one.
std::optional<Held> open_hold(Session::Context& context, const std::string& host);

/// The same, and what a claim itself can see: a database clock that moved by more than 24 h since the look before
/// (raises a hold for all), or that is more than 30 s from `host_now`.
std::optional<Held> held_at_claim(Session::Context& context, const std::string& host,
                                  const std::optional<ClaimLook>& before, const ClaimLook& look, Instant host_now);

/// At the first transaction of each connection: a ledger that is behind what is known of it, or another one, is held.
void compare_ledger(Session::Context& context, const LedgerMark& known);
/// A server that lost `count` commits of this daemon which it had confirmed, in another way than by a crash of itself:
/// held, because what ran last would run again.
void hold_lost_commits(Session::Context& context, std::int64_t count, std::optional<LedgerMark> known);
/// The server and timeline that this daemon writes to from now on.
void record_server(Session::Context& context, const std::string& server);
/// While a live daemon has not written to this server and timeline yet: it may know of commits that are lost here.
std::optional<Held> held_for_fleet(Session::Context& context, const std::string& server);
/// At the start of a daemon: nobody has watched the clocks since the ledger's newest time, so one that is behind it is
/// held. (A step back that a daemon sees is an event: it fires nothing again, and needs nobody.)
void compare_clocks(Session::Context& context, const std::string& host, Instant host_now);

/// Counts on; nothing while anything is held, so that what is known from before stays.
std::optional<LedgerMark> mark(Session::Context& context);

void record_clock_events(Session::Context& context, const std::string& host, const std::string& boot_id,
                         const std::vector<ClockEvent>& events);

}  // namespace nowd::pg
