// `nowctl clocks RUN`: the clocks of one run, drawn. For whoever is woken at 3 a.m. and asks: when did it really
// happen, by whose clock, where did the time go, and do the clocks agree?
//
// From top to bottom: which run, a drawing (one lane for each clock, one axis for all), the readings with the gaps
// between neighbouring clocks, what other clocks say against this host's, and the verdict with its reasons. It decides
// nothing: findings are the ledger's; what readings contradict on their face is marked where it stands.
#pragma once

#include <string>

#include "surface/run_record.hpp"
#include "surface/style.hpp"

namespace nowd {

/// `now` stands for the end of a run that is still going.
std::string timeline(const RunRecord& run, Instant now, const Style& style);

}  // namespace nowd
