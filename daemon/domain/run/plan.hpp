// The plan of a run: everything that is fixed before its first step, except the provider that serves it.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "domain/gates/guard.hpp"
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

/// The meaning of a provider's word for a stop.
using WordReader = std::function<StopMeaning(const std::string& raw)>;
/// Proven offsets of the clocks of the provider and, unless empty, of the host of `tool`.
using RemoteReader = std::function<std::vector<RemoteSkew>(const std::string& tool)>;

/// A provider that continues the run when the providers before it give no answer.
struct NextProvider {
  std::string provider;
  std::string model;
  Json params;
  std::string prompt;
  std::optional<Prices> prices;
  WordReader word;
  RemoteReader remotes;
};

/// Fixed during a run, except the members that failover replaces (provider, model, params, prompt, prices, word,
/// remotes).
struct RunPlan {
  Job job;
  RunTime time;
  std::string ledger;  ///< identity of the ledger, part of every idempotency key

  std::optional<std::int64_t> request;
  bool effects = true;                      ///< effects beyond read are allowed
  bool dry_run = false;                     ///< effects and deliveries are shown, not made
  bool deliver = true;                      ///< its output and its heartbeat are sent; alerts always are
  bool require_synchronised_clock = false;  ///< no effect beyond read on an unsynchronised host
  std::string model;
  Json params;
  std::optional<Prices> prices;
  WordReader word;                 ///< may be empty: each class of stops has its default action
  std::vector<NextProvider> next;  ///< in the order in which they are tried
  std::vector<OfferedTool> tools;
  /// Arguments as the tool gets them: parsed, checked against the schema, bound ones filled in.
  std::function<Result<Json>(const std::string& tool, const std::string& raw, Now now)> arguments;
  /// The rule of `output` that the text breaks, for people and for the model; nothing = it is acceptable.
  std::function<std::optional<std::string>(const std::string& text)> output_fault;
  std::vector<JobName> followers;  ///< jobs that are after: this one
  UsedBefore before;               ///< used by earlier attempts: less is left of the budget
  bool probe = false;              ///< ask the model, in a separate call, for today's date
  /// May be empty.
  RemoteReader remotes;
  bool delivers_output() const { return deliver && !job.deliver.empty(); }
  /// The message that a dry run shows instead of sending it.
  std::function<std::string(const DeliveryFact& delivery, const std::string& output)> preview;
  Redact redact;  ///< replaces secrets in facts; may be empty
};

/// The rest of the run's wall time; never negative.
inline milliseconds remaining_time(const RunPlan& plan, Tick now) {
  const auto left = plan.time.dispatched_tick + plan.time.wall_limit - now;
  return std::max(milliseconds{0}, std::chrono::floor<milliseconds>(left));
}

}  // namespace nowd
