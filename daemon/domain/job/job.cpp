#include "domain/job/job.hpp"

#include <algorithm>

namespace nowd {

std::string_view to_string(Effect effect) {
  switch (effect) {
    case Effect::read:
      return "read";
    case Effect::reversible:
      return "reversible";
    case Effect::compensable:
      return "compensable";
    case Effect::irreversible:
      return "irreversible";
  }
  return "irreversible";
}

std::optional<Effect> parse_effect(std::string_view name) {
  for (Effect effect : {Effect::read, Effect::reversible, Effect::compensable, Effect::irreversible})
    if (to_string(effect) == name) return effect;
  return std::nullopt;
}

std::string program_name(const CommandAgent& command) {
  const std::string& program = command.argv.front();
  return program.substr(program.rfind('/') + 1);  // npos + 1 is 0
}

std::optional<std::string> lane_of(const Job& job) {
  if (!job.concurrency_key.empty()) return "key " + job.concurrency_key;
  if (job.overlap.policy == OverlapRules::Policy::allow) return std::nullopt;
  return "job " + job.name;
}

milliseconds validity(const Job& job) { return job.valid_for.value_or(job.missed.reach() + job.limits.wall); }

}  // namespace nowd
