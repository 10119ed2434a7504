// How a run ends whose daemon died. Pure.
#pragma once

#include <string>

#include "domain/run/facts.hpp"

namespace nowd {

/// What the ledger knows of a run that nobody serves any more.
struct Orphan {
  bool in_doubt = false;  ///< an effect has an intent, and no outcome that is certain
  bool acted = false;     ///< it made effects, or may have
  bool opaque = false;    ///< its command was under way: what that did, nowd cannot see
  int attempt = 1;        ///< those that were put aside not counted: they died of nothing
  std::string why;        ///< what became of the daemon: "the daemon that ran it was killed"
  std::string asked;      ///< who wanted the run to end, and why; empty = nobody
};

struct OrphanEnd {
  RunState state = RunState::orphaned;
  std::string reason;
  std::string detail;
  bool again = false;  ///< its occurrence is planned again; else it is done
};

/// Served again only where nothing was done to the world, and not for ever.
OrphanEnd end_of(const Orphan& orphan);

/// How a run that was put aside ends, when its time has come or somebody asked for its end (as in Orphan).
OrphanEnd end_of_deferred(const std::string& asked, const std::string& detail);

/// Whether somebody has to be told.
bool is_trouble(const OrphanEnd& end);

}  // namespace nowd
