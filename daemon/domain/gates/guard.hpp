// The rules of the clock guard: whether the clocks of a run allow an effect (docs/clocks.md). Pure. Each answer has the
// numbers that it comes from, so that a reader can compute it again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/clocks/data_time.hpp"
#include "domain/clocks/verdict.hpp"
#include "domain/gates/gate.hpp"
#include "domain/job/clock_rules.hpp"
#include "foundation/json.hpp"

namespace nowd {

/// The instants in the data of one input or read tool that declares data_time.
struct DataSeen {
  std::string source;
  bool input = true;  ///< nowd fetched it for exactly this window, so the rule judges it by itself
  DataTimes times;
  bool operator==(const DataSeen&) const = default;
};

/// How far the clock of another host is ahead, as exchanges with it have proven.
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
  std::optional<Now> prompted;  ///< when nowd rendered the newest clock block that the model has read
  const std::vector<DataSeen>& data;
  std::vector<RemoteSkew> remotes;
};

/// In the order of the rules; empty = no rule objects.
std::vector<Objection> objections_to(const GuardInputs& inputs);
/// The instants, data and remote clocks that the rules used, for GateFact::evidence.
Json evidence_of(const GuardInputs& inputs);
/// The rule `data` alone: its answer is known before the first model call.
std::optional<Objection> object_to_data(const ClockRules& rules, const std::vector<DataSeen>& data, const RunTime& run);

/// The rule `skew` alone: an exchange that is over can still change the verdict of its run.
std::optional<Objection> object_to_skew(const ClockRules& rules, const std::vector<RemoteSkew>& remotes);

/// The window from which the data of a run may be. A run that is on time may also read newer data, up to `now`.
DataWindow data_window(const RunTime& run, milliseconds grace, Instant now);

/// The line of the clock block about the data: "data: notes from … to …, 12 of 14 in the window". Empty without data
/// that declares data_time.
std::string data_line(const std::vector<DataSeen>& data, const Zone& zone);

}  // namespace nowd
