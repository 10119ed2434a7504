// A run as LedgerReader::run() gives it, to be changed into the shape that a test is about.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "foundation/json.hpp"
#include "foundation/time/time.hpp"

namespace nowd::test {

/// Run 1234 of standup: scheduled for 2026-06-01T09:00 in Berlin, dispatched 12 ms later, one input, two model calls,
/// one effect, succeeded after 41.2 s; every clock agrees.
Json standup_run();

/// The same moment, by an offset of seconds from 2026-06-01T07:00:00Z.
std::string at(double seconds_after_seven);

/// The text of tests/data/surface/NAME. With NOWD_UPDATE_GOLDEN in the environment `actual` is written there first:
/// read the difference before you keep it.
std::string golden(const std::string& name, const std::string& actual);

}  // namespace nowd::test
