// From a claimed run and the configuration to the plan that its machine follows.
#pragma once

#include "domain/run/run_machine.hpp"
#include "ledger/ledger.hpp"
#include "runtime/remote_clocks.hpp"
#include "runtime/setup.hpp"

namespace nowd {

/// `dispatched`: the host's clocks when the driver took the run. Requires: the job, its provider and its tools are in
/// the setup (the loader checked them).
RunPlan make_plan(const ClaimedRun& claimed, const Setup& setup, const std::string& ledger, const Reading& dispatched,
                  const RemoteClocks& clocks);

/// Whether any text of the job uses what earlier runs said.
bool uses_outputs(const Job& job);

}  // namespace nowd
