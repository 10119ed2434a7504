// `nowctl why JOB AT`: the past or future fate of one occurrence of a job, in words.
#pragma once

#include <optional>
#include <string>

#include "domain/schedule/schedule.hpp"
#include "foundation/json.hpp"
#include "surface/text.hpp"

namespace nowd {

struct FateQuestion {
  Json ledger;                       ///< LedgerReader::why()
  Instant at;                        ///< the moment of the question
  std::optional<LocalTime> missing;  ///< AT was a local time that does not exist; `at` is the jump
  std::optional<Schedule> schedule;  ///< of the revision in force; nothing if it cannot be read
  Instant now;
};

/// One sentence with the answer, and lines with the facts behind it.
std::string fate_text(const FateQuestion& question, const Style& style);

/// The reason of an occurrence in words: "nowd was not running".
std::string reason_in_words(std::string_view reason);

}  // namespace nowd
