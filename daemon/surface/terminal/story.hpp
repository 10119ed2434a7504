// `nowctl show RUN`: the story of one run from its cause to its end, by the host's clock, in the job's zone.
#pragma once

#include <string>

#include "surface/run_record.hpp"
#include "surface/text.hpp"

namespace nowd {

/// The last line is the most useful next command. Arguments and output are shortened unless `style.full`.
std::string story(const RunRecord& run, Instant now, const Style& style);

/// For `nowctl run --wait`: two lines with the end and its reason, then the output.
std::string short_story(const RunRecord& run, const Style& style);

}  // namespace nowd
