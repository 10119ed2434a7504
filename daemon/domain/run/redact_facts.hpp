// Secrets, taken out of a run's facts on their way to the ledger, the log and the screen. What tools and sinks are
// given is not a fact and stays as it is.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace nowd {

struct Facts;

using Redact = std::function<std::string(std::string_view)>;

/// Every text of `facts` that came from a model, a tool, a provider or the configuration.
void redact_facts(Facts& facts, const Redact& redact);

}  // namespace nowd
