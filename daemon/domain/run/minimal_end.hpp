// How a run ends whose proper end the ledger refused. Pure.
#pragma once

#include "domain/run/facts.hpp"

namespace nowd {

/// An end that no rule of the ledger can refuse: fixed words, no numbers, no text from outside. `in_doubt`: what came
/// of an effect could not be recorded.
EndFact minimal_end(const JobName& job, RunId run, bool dry_run, bool in_doubt, const Reading& now);

/// The outcomes of these facts, without texts and without what others said: what became of an effect is not forgotten
/// because its words cannot be kept.
std::vector<OutcomeFact> bare_outcomes(const Facts& facts);

}  // namespace nowd
