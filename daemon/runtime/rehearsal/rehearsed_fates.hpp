// What a rehearsal's ledger says became of each occurrence.
#pragma once

#include <functional>

#include "ledger/memory/store.hpp"
#include "runtime/rehearsal/rehearsal.hpp"

namespace nowd {

/// Tells what is settled, in order of moments, and forgets it: a year of a busy job needs no more memory than a day.
void take_settled(memory::Store& store, const std::function<void(RehearsedFate)>& tell);
/// Tells the rest, with occurrences up to `until`, and of runs under way that they run.
void take_rest(memory::Store& store, Instant until, const std::function<void(RehearsedFate)>& tell);

}  // namespace nowd
