// One run on one line: what `nowd up` shows and what the log says.
#pragma once

#include <string>

#include "runtime/run/run_driver.hpp"

namespace nowd {

/// "tick  run 12  for 14:02:10 UTC  dispatch +0.003 s  inference +0.005 s  tool +0.006 s  succeeded in 24 ms  aligned".
/// Offsets count from scheduled_at; of runs that nobody expected then, or that came 10 minutes late, from the dispatch.
/// "-" where a clock was not looked at; another day than the dispatch's has its date; "dry run" stands before the
/// state.
std::string run_line(const RunReport& report, const Zone& zone);

}  // namespace nowd
