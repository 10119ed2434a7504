// Reads the fates of occurrences from the ledger of a rehearsal.
#pragma once

#include <functional>

#include "ledger/memory/store.hpp"
#include "runtime/rehearsal/rehearsal.hpp"

namespace nowd {

/// Reports the settled rows in order of time, and removes them: a year of a busy job needs no more memory than a day.
void report_settled(memory::Store& store, const std::function<void(RehearsedFate)>& report);
/// Reports the remaining rows, with occurrences up to `until` and runs under way.
void report_rest(memory::Store& store, Instant until, const std::function<void(RehearsedFate)>& report);

}  // namespace nowd
