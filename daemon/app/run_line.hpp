// One run on one line: what `nowd up` shows and what the log says.
#pragma once

#include <string>

#include "runtime/run_driver.hpp"

namespace nowd {

/// "tick  run 12  for 14:02:10  dispatch +0.003 s  inference +0.005 s  tool +0.006 s  succeeded in 24 ms  aligned".
/// Offsets count from scheduled_at; "-" where a clock was not looked at.
std::string run_line(const RunReport& report, const Zone& zone);

}  // namespace nowd
