// The guard: whether a run's clocks let something leave it (clocks.md 5). Pure; each answer carries the numbers it
// comes from, so that it can be recomputed.
//
// A rule that is broken objects: it flags (the effect happens, the verdict says so) or refuses. A finding `aligned`
// leaves no mark in the verdict.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/clocks/data_time.hpp"
#include "domain/clocks/verdict.hpp"
#include "domain/job/clock_rules.hpp"
#include "foundation/json.hpp"

namespace nowd {

/// What one input or read tool with a declared data_time gave.
struct DataSeen {
  std::string source;
  bool input = true;  ///< fetched by nowd for exactly this window: judged by itself
  DataTimes times;
  bool operator==(const DataSeen&) const = default;
};

/// A clock elsewhere, as exchanges have proven it.
struct RemoteSkew {
  std::string remote;  ///< "https://api.openai.com:443"
  nanoseconds ahead{};
  bool operator==(const RemoteSkew&) const = default;
};

struct GuardInputs {
  const RunTime& run;
  const ClockRules& rules;
  Instant valid_until;
  Now now;
  std::optional<Now> prompted;  ///< when the newest clock block that the model had was rendered
  const std::vector<DataSeen>& data;
  std::vector<RemoteSkew> remotes;
};

struct Objection {
  std::string_view rule;  ///< valid_for | fresh | rollover | skew | data | model_as_of | lint
  Response response = Response::refuse;
  Finding finding;
  bool operator==(const Objection&) const = default;
};

/// In the order of the rules; empty = nothing objects.
std::vector<Objection> object(const GuardInputs& inputs);
/// Data alone: it is known before the model is asked.
std::optional<Objection> object_to_data(const ClockRules& rules, const std::vector<DataSeen>& data, const RunTime& run);

/// Remote clocks alone: what an exchange proves stands in the verdict, though it is over.
std::optional<Objection> object_to_skew(const ClockRules& rules, const std::vector<RemoteSkew>& remotes);

/// The first that refuses; null = none does.
const Objection* refusal(const std::vector<Objection>& objections);

/// A decision as the ledger keeps it.
struct GateFact {
  std::string subject;          ///< effect | command | output
  std::optional<int> call_seq;  ///< of the tool call that it is about
  bool allowed = true;
  std::vector<Objection> objections;
  Json evidence;
  Instant at;
  bool operator==(const GateFact&) const = default;
};
GateFact decide(std::string subject, const GuardInputs& inputs, std::vector<Objection> more = {});

/// The window that a run's data may be from: a run on time may read what is newer than its window, up to now.
DataWindow data_window(const RunTime& run, milliseconds grace, Instant now);

/// "12 of 14 instants lie in the window …": the line of the clock block that says what was read; empty = no data_time.
std::string data_line(const std::vector<DataSeen>& data, const Zone& zone);

}  // namespace nowd
