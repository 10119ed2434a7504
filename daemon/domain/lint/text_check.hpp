// Checks text that leaves a run against the run's clock (docs/clocks.md): a day word, a weekday or a period that is
// bound to a date which contradicts the clock block, and a date of writing in a year that the run cannot be about.
// English, German, French, Spanish and digits. Only bound dates are judged: dates of events and documents pass.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/prompt/run_time.hpp"

namespace nowd {

/// The statements of the clock block.
struct TextFacts {
  Instant as_of;
  Zone zone = Zone::utc();
  Instant window_start;
  std::optional<LocalDay> today = {};  ///< empty = the local date of `as_of`
};
TextFacts text_facts(const RunTime& run);

/// One contradiction, in words for people and for a model that is to try again.
struct TextFinding {
  std::size_t at = 0;     ///< the first byte of the phrase
  std::string excerpt;    ///< the phrase, on one line, always valid UTF-8
  std::string says;       ///< "today is 12 February"
  std::string should_be;  ///< "today is 2026-11-24 (Tuesday)"
  bool operator==(const TextFinding&) const = default;
};
/// "'today, 12 February' says that today is 12 February, but today is 2026-11-24 (Tuesday)"
std::string to_string(const TextFinding& finding);

/// The contradictions, by their place; at most 50. `given` are the inputs and tool results of the run: their years and
/// their weekdays with dates may be repeated, right or wrong. A day word from them is judged (yesterday's "today" is no
/// longer today), unless it stands in quotation marks or on a line that begins with ">". Linear in all texts, on any
/// bytes.
std::vector<TextFinding> check_text(std::string_view text, const TextFacts& facts,
                                    const std::vector<std::string_view>& given = {});

}  // namespace nowd
