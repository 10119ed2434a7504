#include "domain/job/clock_rules.hpp"

namespace nowd {

std::string_view to_string(Response response) {
  switch (response) {
    case Response::none:
      return "none";
    case Response::flag:
      return "flag";
    case Response::refuse:
      return "refuse";
  }
  return "refuse";
}

std::optional<ClockRules> clock_preset(std::string_view word) {
  ClockRules rules;
  if (word == "standard") return rules;
  if (word == "strict") {
    for (Response* each : {&rules.rollover, &rules.on_skew, &rules.lint}) *each = Response::refuse;
    return rules;
  }
  if (word == "observe") {
    for (Response* each : {&rules.expiry, &rules.rollover, &rules.on_skew, &rules.data, &rules.lint})
      *each = Response::flag;
    rules.fresh.reset();
    rules.model_as_of = ClockRules::Stating::observe;
    return rules;
  }
  return std::nullopt;
}

}  // namespace nowd
