// `nowctl show RUN`: one run told from why it ran to how it ended, by the host's clock, in the job's zone.
#pragma once

#include <string>

#include "surface/run_record.hpp"
#include "surface/text.hpp"

namespace nowd {

/// Ends with the command that is most useful next. Arguments and output are shortened unless `style.full`.
std::string story(const RunRecord& run, Instant now, const Style& style);

/// Two lines for `nowctl run --wait`: how it ended, and why; then the output.
std::string short_story(const RunRecord& run, const Style& style);

}  // namespace nowd
