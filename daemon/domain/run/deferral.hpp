// Whether a run whose provider wants to be left alone for long is put aside and served again later. Pure.
#pragma once

#include <optional>
#include <string>

#include "domain/run/run_machine.hpp"

namespace nowd {

/// What a run has done by the time its provider sends it away.
struct BeforeDeferral {
  bool acted = false;      ///< an effect was begun: another attempt would make it twice
  bool calls_left = true;  ///< the budget has a model call left for later
};

/// Nothing = it can be put aside until `not_before`; else why not, with the remedy, for people.
std::optional<std::string> cannot_defer(const RunPlan& plan, const BeforeDeferral& before, Instant not_before);

}  // namespace nowd
