// What time it is for one run: the fixed instants (scheduled, as_of, window) and the moment a text is rendered.
// as_of is authoritative for "today" and every relative word; `now` is always the true time and is never faked.
#pragma once

#include <optional>
#include <string>

#include "foundation/ids.hpp"
#include "foundation/time/civil.hpp"

namespace nowd {

enum class RunKind { scheduled, catch_up, backfill, manual, after };
std::string_view to_string(RunKind kind);
std::optional<RunKind> parse_run_kind(std::string_view name);

/// Texts that a run was given, for templates; already escaped (escape_clock).
struct Given {
  std::optional<std::string> previous_output;  ///< what the job's last successful run said
  std::optional<std::string> after_output;     ///< what the run said that this one follows
  std::string input;                           ///< JSON, as nowd.run() got it; empty = none
  bool operator==(const Given&) const = default;
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
  nanoseconds wall_limit{};  ///< the run's deadline, counted from dispatch on the boot clock; 0 = it is over, as for a
                             ///< delivery: nothing says how much is left
  std::optional<Instant> previous_success;  ///< when the last successful run of the job ended
  /// The local date that the schedule meant by scheduled_at; nothing = the local date of the instant itself. They
  /// differ where the zone jumped over a slot just before midnight.
  std::optional<LocalDay> slot_day;
  Given given;
};

/// The local date that the run's scheduled_at is for, and the date that "today" means in the run.
LocalDay scheduled_day(const RunTime& run);
LocalDay today_of(const RunTime& run);

/// The moment something is rendered.
struct Now {
  Instant wall;
  Tick boot;
  bool operator==(const Now&) const = default;
};

/// The constant part of every system prompt (clocks.md 3). Never holds a date, so that prompt caches stay valid.
std::string_view clock_rule();

/// The block at the end of the first user message. `data`: the line that says what was read; empty = none.
std::string clock_block(const RunTime& run, Now now, int seq, const std::string& data = "");

/// The fresh line inside the last tool result of every later request. Names the rollover if local midnight passed
/// since as_of's date … as_of "2026-06-01 -> 2026-06-02" counts from the local date of dispatch.
std::string clock_line(const RunTime& run, Now now, int seq);

/// Makes "<clock" in text from outside harmless, in any case and with any space after "<": nobody can forge a block.
std::string escape_clock(std::string_view outside);

/// How late a dispatch is against due_at; never negative.
nanoseconds lateness(const RunTime& run);

/// NOWD_AS_OF, NOWD_SCHEDULED_AT, NOWD_WINDOW_START, NOWD_WINDOW_END, NOWD_NOW, NOWD_TIMEZONE, NOWD_JOB, NOWD_RUN,
/// NOWD_ATTEMPT, NOWD_DEADLINE_MS and, if not empty, NOWD_IDEMPOTENCY_KEY: for children and, as X-Nowd-* headers
/// (X-Nowd-As-Of …), for HTTP calls.
std::vector<std::pair<std::string, std::string>> run_environment(const RunTime& run, Now now,
                                                                 std::string_view idempotency_key);
std::vector<std::pair<std::string, std::string>> run_headers(const RunTime& run, Now now,
                                                             std::string_view idempotency_key);

}  // namespace nowd
