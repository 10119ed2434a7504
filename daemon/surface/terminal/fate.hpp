// `nowctl why JOB AT`: what became of one moment of a job, or what will, in words.
#pragma once

#include <optional>
#include <string>

#include "domain/schedule/schedule.hpp"
#include "foundation/json.hpp"
#include "surface/text.hpp"

namespace nowd {

struct FateQuestion {
  Json ledger;                       ///< LedgerReader::why()
  Instant at;                        ///< the moment asked about
  std::optional<LocalTime> missing;  ///< it was asked as a local time that the zone jumped over; `at` is the jump
  std::optional<Schedule> schedule;  ///< of the revision in force; nothing if it cannot be read
  Instant now;
};

/// One sentence with the answer, and lines with what supports it.
std::string fate_text(const FateQuestion& question, const Style& style);

/// Why an occurrence did not run, in words: "nowd was not running".
std::string reason_in_words(std::string_view reason);

}  // namespace nowd
