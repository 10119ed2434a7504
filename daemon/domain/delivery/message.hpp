// What the {{tokens}} of a sink's templates stand for.
#pragma once

#include <string>
#include <vector>

#include "domain/delivery/outbox.hpp"
#include "domain/prompt/template.hpp"

namespace nowd {

/// The tokens of a message besides those of its run's time. `all` is for where any text is at home; a path takes only
/// words that nowd itself makes, and a place beside the text (header, argument, subject) anything but the text.
enum class MessagePlace { all, beside_text, path };
const std::vector<std::string>& message_tokens(MessagePlace place);

/// Requires: `parcel` outlives the values. A parcel without a run has empty {{run}}, {{job}} and times.
TemplateValues message_values(const Parcel& parcel, Now now);

}  // namespace nowd
