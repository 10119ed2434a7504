// Rules of a job about the clocks of its runs: one word, or each rule by itself. See docs/clocks.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "foundation/time/time.hpp"

namespace nowd {

/// The response to a broken rule: nothing, a mark in the verdict, or the effect is refused.
enum class Response { none, flag, refuse };
std::string_view to_string(Response response);

struct ClockRules {
  enum class Authority { scheduled, dispatch };
  enum class Stating { none, observe, require };

  Authority as_of = Authority::scheduled;      ///< "today" and every relative word resolve against it
  Response expiry = Response::refuse;          ///< an effect after valid_for
  std::optional<milliseconds> fresh{600'000};  ///< greatest age of the newest clock block; nothing = any
  Response rollover = Response::flag;          ///< the effect lands on another local date than as_of
  milliseconds skew{2'000};                    ///< how far ahead a remote clock may provably be
  Response on_skew = Response::flag;
  Stating model_as_of = Stating::require;  ///< whether the model says the date it acts on
  Response data = Response::refuse;        ///< none of the data lies in the window
  Response lint = Response::flag;          ///< a text that leaves contradicts the clock block
  int probe_percent = 0;                   ///< of the runs have a probe: a question for the date

  bool operator==(const ClockRules&) const = default;
};

/// standard is ClockRules{}; strict refuses where standard flags; observe refuses nothing.
std::optional<ClockRules> clock_preset(std::string_view word);

}  // namespace nowd
