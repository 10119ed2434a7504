// The help of `nowctl rehearse`.
#pragma once

#include <string_view>

namespace nowd::ctl {

inline constexpr std::string_view rehearse_help =
    R"(usage: nowctl rehearse [JOB…] [--from T] [--until T] [--timezone TZ]
                       [--run-length D] [--down FROM..UNTIL] [--count N]

Says what nowd would do over a stretch of time, past or to come, without doing
it: nowd's own scheduler over a virtual clock. One line per occurrence: it runs,
runs late, is coalesced, skipped, missed or superseded, and why; then totals per
job. All jobs of the configuration are rehearsed, because they may be in each
other's way; with JOB only these are shown, and where all would be too many,
only jobs of the same lane, and those linked by after, are rehearsed with them.

A run lasts as long as its job's runs usually do (the median of the last 50
successes), if the ledger can be reached, else 30 s. It succeeds, and `when`
finds something to do. Jobs that are paused stay so. Without a database it says
that, and goes on. At most 600000 occurrences at once.

  --from T               occurrences later than T [now]
  --until T              and not later than T; a date is that whole day [a day
                         after --from]
  --timezone TZ          the zone of T, if T is a local time
  --run-length D         how long each run lasts (90s, 5m)
  --down FROM..UNTIL     nowd is killed at FROM and starts again at UNTIL
  --count N              at most N lines [100]; totals count everything
  --config FILE          nowd's configuration
  --database CONNINFO    the ledger
  --format table|json    json: {"job","scheduled_at","until_at","count","kind",
                         "what","reason","due_at","started_at","ended_at",
                         "lag","attempts","coalesced_into"} per line, in the
                         end {"job","totals":{…}} per job

Times are RFC 3339 (2026-06-01T09:00:00+02:00, …Z) or, with --timezone, local
(2026-06-01T09:00).
)";

}  // namespace nowd::ctl
