// What the ledger keeps of a call besides its answer.
#pragma once

#include "domain/run/facts.hpp"
#include "providers/wire/provider.hpp"

namespace nowd {

/// `left`: of the run's wall time, which makes a longer wait one to be deferred.
ServerNotes server_notes(const ModelOutcome& outcome, milliseconds left);

/// {"requests": {"limit", "remaining", "resets_in_ms"}, …, "quota", "per_day"}, each only if the server says it; null
/// if it says nothing.
Json limits_json(const RateLimits& limits);

}  // namespace nowd
