// Load whose effects are seen from outside: jobs of every second that write a line each, and the check of what became
// of every one of their moments.
#pragma once

#include <filesystem>
#include <string>

#include "e2e/daemon.hpp"

namespace nowd::test {

/// Every job writes a line for its scheduled moment, from a script: job and scheduled_at, as the witness outside. The
/// model takes `thinking`, and the effect `acting`, so that a fault finds runs in between.
std::string witness_config(const std::filesystem::path& witness, const std::string& thinking = "0s",
                           const std::string& acting = "0");

void every_second_jobs(DaemonFixture& f, int count);

/// Of a ledger whose daemons have stopped. Nothing lost: each second since a job's planned_from has an occurrence.
/// Nothing double: one run with an effect each, each line of the witness once. Nothing unexplained: what did not run
/// says why. Nothing after the end: no effect begins when its run is over.
void check_ledger(DaemonFixture& f, const std::filesystem::path& witness);

}  // namespace nowd::test
