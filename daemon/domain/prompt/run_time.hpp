// The time of one run: its fixed instants (scheduled, as_of, window) and the moment at which a text is rendered.
// as_of is authoritative for "today" and every relative word; `now` is always the true time.
#pragma once

#include <optional>
#include <string>

#include "domain/prompt/model_text.hpp"
#include "foundation/ids.hpp"
#include "foundation/time/civil.hpp"

namespace nowd {

enum class RunKind { scheduled, catch_up, backfill, manual, after };
std::string_view to_string(RunKind kind);
std::optional<RunKind> parse_run_kind(std::string_view name);

/// Texts from outside the run, for templates.
struct OutsideTexts {
  std::optional<ModelText> previous_output;  ///< output of the job's last successful run
  std::optional<ModelText> after_output;     ///< output of the run that this one follows
  ModelText input;                           ///< JSON, the argument of nowd.run(); empty = none
  bool operator==(const OutsideTexts&) const = default;
};

/// Fixed when the run is dispatched.
struct RunTime {
  RunId run;
  JobName job;
  RunKind kind = RunKind::scheduled;
  int attempt = 1;
  Zone zone = Zone::utc();
  Instant scheduled_at;
  Instant due_at;  ///< scheduled_at plus jitter
  Instant as_of;
  Instant window_start;  ///< the run is about [window_start, window_end)
  Instant window_end;
  Instant dispatched_at;
  Tick dispatched_tick;
  nanoseconds wall_limit{};  ///< the run's deadline, counted from dispatch on the boot clock; 0 = the run is over, as
                             ///< for a delivery: no text states a remaining time
  std::optional<Instant> previous_success;  ///< end of the job's last successful run
  /// The local date that the schedule meant by scheduled_at; empty = the local date of the instant itself. The two
  /// differ where the zone jumped over a slot just before midnight.
  std::optional<LocalDay> slot_day;
  OutsideTexts outside_texts;
};

/// The local date that the run's scheduled_at is for, and the date that "today" means in the run.
LocalDay scheduled_day(const RunTime& run);
LocalDay today_of(const RunTime& run);

/// The moment at which a text is rendered.
struct Now {
  Instant wall;
  Tick boot;
  bool operator==(const Now&) const = default;
};

/// The constant part of every system prompt (docs/clocks.md). Never holds a date, so that prompt caches stay valid.
std::string_view clock_rule();

/// The clock block at the end of the first user message. `data`: the line that lists the inputs and their age; empty =
/// no such line.
std::string clock_block(const RunTime& run, Now now, int seq, const std::string& data = "");

/// The renewed line inside the last tool result of every later request. It names the rollover ("2026-06-01 ->
/// 2026-06-02") if local midnight passed since the local date of dispatch.
std::string clock_line(const RunTime& run, Now now, int seq);

/// Time from due_at to the dispatch; never negative.
nanoseconds lateness(const RunTime& run);

/// NOWD_AS_OF, NOWD_SCHEDULED_AT, NOWD_WINDOW_START, NOWD_WINDOW_END, NOWD_NOW, NOWD_TIMEZONE, NOWD_JOB, NOWD_RUN,
/// NOWD_ATTEMPT, NOWD_DEADLINE_MS and, if not empty, NOWD_IDEMPOTENCY_KEY: for children and, as X-Nowd-* headers
/// (X-Nowd-As-Of …), for HTTP calls.
std::vector<std::pair<std::string, std::string>> run_environment(const RunTime& run, Now now,
                                                                 std::string_view idempotency_key);
std::vector<std::pair<std::string, std::string>> run_headers(const RunTime& run, Now now,
                                                             std::string_view idempotency_key);

}  // namespace nowd
