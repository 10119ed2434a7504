// Help of the commands about clocks.
#pragma once

#include <string_view>

namespace nowd::ctl {

inline constexpr std::string_view clocks_help = R"(usage: nowctl clocks RUN
       nowctl clocks --job JOB [--since D]

RUN: draws the clocks of one run over one time axis: scheduled, dispatch,
inference, tool, and what its data says; then every reading with its
uncertainty, the gaps between them, what other clocks say against the host's,
what the guard let out or kept in, and the verdict with its reasons. A long idle
stretch is cut, and says how long it was. RUN is a number from `nowctl runs`, a
job's name (its newest run) or latest (the newest of all).

--job: how far the clocks of a job's scheduled runs lie apart: the median, the
95th and the 99th percentile and the worst of each gap, how many runs got which
verdict, which remote clocks are proven to be ahead, and which dates the models
took for today.

  --job JOB              of this job's runs
  --since D              for moments of the last D (90s, 5m, 2h, 1d), or since
                         an RFC 3339 time [30d]
  --database CONNINFO    the ledger
  --format table|json    json: the row of the view nowd.run_clocks, with
                         "readings" and "gates"; with --job one object: "gaps",
                         "verdicts", "remote_clocks", "model_beliefs"
)";

inline constexpr std::string_view verify_help = R"(usage: nowctl verify [--job JOB] [--since D]

Checks what must hold of every ledger, and prints what does not: a run is
dispatched after the moment it is for; each "now" that a model was told lies
between dispatch and the answer, and does not go back; calls lie inside their
run; wall and boot clock agree on how long things took; every effect has an
intent and the guard's leave; every run has its occurrence, every occurrence
that ran its run. Instants of one host are compared within its uncertainty.
Then it counts again what the schedules in force since then named, and tells
each occurrence that has no row and stands in no range, and each row or range
that its schedule does not explain. In the end it says how much it looked at.

  --job JOB              of this job only
  --since D              runs and occurrences of the last D (90s, 5m, 2h, 1d),
                         or since an RFC 3339 time [7d]
  --database CONNINFO    the ledger
  --format table|json    json: {"check","run","job","at","detail"}; what is
                         found without the schedules, nowd.verify gives, too

exit status: 0 nothing was found; 1 something was; 2 usage; 3 no database.
)";

}  // namespace nowd::ctl
