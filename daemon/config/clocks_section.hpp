// clocks: how a job's clocks may refuse effects (clocks.md 2). Only `observe` is built: everything recorded, nothing
// refused.
#pragma once

#include "config/mapping.hpp"

namespace nowd {

/// `section` is job or defaults: both take the same values.
inline void check_clocks(const Field& field, Section section) {
  if (!field.present()) return;
  const auto word = field.is(Node::Kind::map) ? std::optional<std::string>("mapping") : field.filled_text();
  if (!word || *word == "observe") return;
  if (const Unbuilt* later = find_unbuilt(section, "clocks", *word))
    field.report().error(field.mark(), not_supported_yet(*later));
  else
    field.error_unknown(*word, {"strict", "standard", "observe"});
}

}  // namespace nowd
