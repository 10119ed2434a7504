// The plan of a run: everything that is fixed before its first step, except the provider that serves it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "domain/gates/clock_witness.hpp"
#include "domain/job/job.hpp"
#include "domain/policy/budget.hpp"
#include "domain/run/facts.hpp"

namespace nowd {

/// A tool that the model of this run may call.
struct OfferedTool {
  ToolOffer offer;  ///< bound arguments are not in its schema
  Effect effect = Effect::irreversible;
  milliseconds timeout{0};  ///< how long a call may take; 0: it takes no time
  OnError on_error = OnError::fail;
};

/// What a provider's word for a stop means.
using WordReader = std::function<StopMeaning(const std::string& raw)>;
using RemoteReader = std::function<std::vector<RemoteSkew>(const std::string& tool)>;

/// Who serves the run where those before it give no answer.
struct NextProvider {
  std::string provider;
  std::string model;
  Json params;
  std::string prompt;
  std::optional<Prices> prices;
  WordReader word;
  RemoteReader remotes;
};

/// What does not change during a run, but for who serves it.
struct RunPlan {
  Job job;
  RunTime time;
  std::string ledger;  ///< identity of the ledger, part of every idempotency key
  std::optional<std::int64_t> request;
  bool effects = true;                      ///< effects beyond read are allowed
  bool dry_run = false;                     ///< effects and deliveries are shown, not made
  bool deliver = true;                      ///< its output and its heartbeat go out; alerts always do
  bool require_synchronised_clock = false;  ///< no effect beyond read on a host whose clock is not kept
  std::string model;
  Json params;
  std::optional<Prices> prices;
  WordReader word;                 ///< may be empty: each class has its default action
  std::vector<NextProvider> next;  ///< in the order in which they are tried
  std::vector<OfferedTool> tools;
  /// Arguments as the tool gets them: parsed, checked against the schema, bound ones filled in.
  std::function<Result<Json>(const std::string& tool, const std::string& raw, Now now)> arguments;
  /// Nothing if the text is an acceptable output, else what is wrong with it.
  std::function<std::optional<std::string>(const std::string& text)> output_fault;
  std::vector<JobName> followers;  ///< jobs that are after: this one
  UsedBefore before;               ///< what is left of the budget is less by this
  bool probe = false;              ///< ask the model, apart, what day it is
  /// Clocks elsewhere, as proven by now: the provider's, and that of the host that a tool calls. May be empty.
  RemoteReader remotes;
  bool delivers_output() const { return deliver && !job.deliver.empty(); }
  /// What would be sent to a sink, for dry runs.
  std::function<std::string(const DeliveryFact& delivery, const std::string& output)> preview;
  Redact redact;  ///< takes secrets out of what goes to the ledger, the log and the screen; may be empty
};

}  // namespace nowd
