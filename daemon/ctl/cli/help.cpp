#include "ctl/cli/help.hpp"

#include <algorithm>
#include <iterator>

#include "ctl/commands/help_clocks.hpp"
#include "ctl/commands/help_rehearse.hpp"

namespace nowd::ctl {
namespace {

constexpr std::string_view general = R"(nowctl looks at what nowd planned and did, and asks it for things.

usage: nowctl [options] COMMAND [arguments]

without a database:
  validate [FILE…]       check job files and nowd.yaml
  doctor                 check host, database, providers, sinks, tools
  next JOB               when a job runs next, by its schedule
  next --cron EXPR --timezone TZ
                         the same for any cron expression
  next --around-dst      what jobs do where the clocks change
  rehearse [JOB…]        what nowd would do over a stretch of time
  completion SHELL       what bash, zsh or fish needs to complete nowctl
the ledger:
  jobs                   jobs, their next occurrence and last run
  runs                   the newest runs
  show RUN               one run, told from beginning to end
  explain WORD           what a state, a reason, a verdict or a rule means
  clocks RUN             one run's clocks, drawn, and whether they agree
  clocks --job JOB       how far the clocks of a job's runs lie apart
  verify                 whether what must hold of the ledger does
  why JOB AT             what became of an occurrence, and why
  deliveries             messages to sinks, and what became of them
  spend                  what model calls cost, by job
  stops                  why models stopped, and what was done about it
acting:
  run JOB                ask for a run now
  requests               what was asked for and waits
  pause JOB              nothing of a job starts, until
  resume JOB             it goes on
  skip-next JOB          its next occurrence does not run
  cancel RUN             end a run that is under way, or a request that waits
  backfill JOB           make up for a stretch of the past
  clock accept           go on after a clock jumped too far, or went back
  ledger accept          go on with a restored ledger, or another one
  prune                  delete what is older than the jobs' retention
  migrate                make the schema, or bring it up to date

options, before or after the command:
  --config FILE          nowd's configuration (else $NOWD_CONFIG, else
                         /etc/nowd/nowd.yaml)
  --database CONNINFO    the ledger (else the configuration's database, as
                         yourself; else libpq's PG* variables)
  --format table|json    json: one object per line, times in UTC
  --no-color             no colours (NO_COLOR does the same)
  --help, --version

exit status: 0 done; 1 what was asked about is bad (a run failed, a file is
wrong); 2 usage or configuration; 3 no database.

nowctl COMMAND --help says more about a command.
)";

struct Text {
  std::string_view command, text;
};

constexpr Text texts[] = {
    {"validate", R"(usage: nowctl validate [--online] [FILE…]

Checks job files and prints every error and warning as file:line:column: what is
wrong and what to do. Without FILE: nowd.yaml and all the jobs it names. With
FILE: only these (a file named nowd.yaml is taken as the configuration); neither
a database nor a configuration is needed. Providers, tools and defaults that a
job refers to are looked up only when a configuration is named by --config or
NOWD_CONFIG.

Programs and secret files that are not on this host are warnings: the files may
be meant for another one. Nothing leaves this host unless --online is given.

  --online               check what the jobs use, too, as nowctl doctor does:
                         credentials, providers, sinks, tools; what does not
                         work is an error
  --config FILE          nowd's configuration
  --format table|json    json: {"file","line","column","severity","message"}

exit status: 0 no errors (there may be warnings); 1 errors; 2 a file or the
configuration is not there.
)"},
    {"doctor", R"(usage: nowctl doctor

Checks what nowd needs, and changes nothing: configuration and jobs, this host's
clock, disk and time zones, database, daemons, next runs, open alerts, effects
in doubt, deliveries, credentials, programs, users, providers, sinks. One line
for each: ok, warn or bad; what was seen; what to do. Every check has 5 seconds,
and the rest goes on without it. What you may not see is a warning.

Providers are asked for their list of models, which is free of charge; sinks are
asked whether they are there, and get no message. A systemd credential is
visible inside the unit only: outside it, the file that the unit loads is looked
at.

  --config FILE          nowd's configuration
  --database CONNINFO    the ledger
  --format table|json    json: {"check","status","thing","value","remedy"}

exit status: 0 nothing is bad (there may be warnings); 1 something is; 2 usage.
)"},
    {"next", R"(usage: nowctl next JOB [--from T] [--until T] [--count N]
       nowctl next --cron EXPR --timezone TZ [--gap G] [--fold F]
                   [--day-match M] [--from T] [--until T] [--count N]
       nowctl next --around-dst [JOB | --cron EXPR --timezone TZ …]

Prints the next occurrences of a job's schedule, or of a cron expression, in UTC
and local time, with a note where the clocks change. It only computes: no
database is asked, so what was skipped or missed does not show.

  --cron EXPR            5 fields, or 6 with seconds first, or @daily and the
                         like, and behind them the zone, if --timezone does not
                         name it; quote it
  --timezone TZ          IANA name; with --cron the schedule's zone, and the
                         zone of local times in --from and --until [the job's]
  --gap next|shift|skip  with --cron: a local time that the clocks jump over
                         [next]
  --fold first|second|both
                         with --cron: a local time that comes twice [first]
  --day-match or|and     with --cron: how day-of-month and day-of-week combine
                         when both are set [or, where a field that starts with
                         */ does not count as set]
  --from T               occurrences later than T [now]
  --until T              and not later than T; a date is that whole day
  --count N              at most N [10, or all of them with --until]
  --around-dst           instead: the clock changes of the coming two years, and
                         what the job (without one: every job of the
                         configuration) does there: it runs at another time,
                         does not run, runs once or twice, or is not touched
  --format table|json    json: {"at","local","offset","note"}; --around-dst:
                         {"job","at","outcome","runs","dropped",…} per change

Times are RFC 3339 (2026-06-01T09:00:00+02:00, …Z), or local (2026-06-01T09:00).
)"},
    {"rehearse", rehearse_help},
    {"migrate", R"(usage: nowctl migrate [--dry-run] [--no-roles]

Makes the schema nowd in the database, or brings it up to date. All or nothing;
safe to repeat, and to run twice at once. It makes the roles nowd_owner,
nowd_daemon, nowd_reader, nowd_operator and the login role nowd, and gives
everything to nowd_owner, so it needs a role that may do that. Temporary objects
in the database are taken from PUBLIC: grant them by name to roles that need
them. On a stock server:

  sudo -u postgres nowctl migrate --database dbname=nowd

  --dry-run              say what would be applied, change nothing
  --no-roles             make no roles: everything belongs to the role that runs
                         this (for hosted databases)
  --database CONNINFO    which database
)"},
    {"completion", R"(usage: nowctl completion bash|zsh|fish

Prints a script that completes nowctl's commands, options and values. The Debian
package installs all three. For yourself:

  bash    nowctl completion bash \
            > ~/.local/share/bash-completion/completions/nowctl
  zsh     nowctl completion zsh > DIRECTORY/_nowctl, a DIRECTORY of $fpath
  fish    nowctl completion fish > ~/.config/fish/completions/nowctl.fish
)"},
    {"jobs", R"(usage: nowctl jobs

Lists the jobs in the ledger: state, the next occurrence that will run in the
job's own zone, last run with its state and the verdict on its clocks, schedule.

  --database CONNINFO    the ledger
  --format table|json    json: the columns of the view nowd.jobs, and the zone
)"},
    {"run", R"(usage: nowctl run JOB [--as-of T] [--timezone TZ] [--effects] [--deliver]
                  [--after] [--input JSON] [--dry-run] [--even-if-paused]
                  [--wait]

Asks nowd to run a job now, whatever its schedule says. The run is for this
moment, or for T, a moment of the past: then "today" means T's day, and the run
makes no effect, delivers nothing, pings no heartbeat and starts no other job,
unless the options below say so. A job that is paused is refused.

  --as-of T              the moment that the run is for; a date is its midnight
  --timezone TZ          the zone of T, if T is a local time [the job's]
  --effects              allow effects although a moment is given
  --deliver              deliver, and ping the heartbeat, although one is given
  --after                let jobs follow that are after this one, although one
                         is given
  --input JSON           what the prompt gets as {{input}} and {{input.NAME}}
  --dry-run              try without harm: inputs and reading tools are real;
                         effects and deliveries are shown with their final
                         arguments, not made (with --wait, or by nowctl show)
  --even-if-paused       run it although it is paused
  --wait                 wait for the end and print how it ended and its output;
                         exit status 0 only if it succeeded
  --database CONNINFO    the ledger; your role must be a member of nowd_operator
  --format table|json

T is RFC 3339 (2026-06-01T09:00:00+02:00, …Z), or local (2026-06-01T09:00).
)"},
    {"requests", R"(usage: nowctl requests [--job JOB]

Lists the runs that people or other jobs asked for and that no daemon has taken
yet, the oldest first, with what each waits for: a run under way, the end of a
pause. nowctl cancel --request N takes one back.

  --job JOB              of this job
  --database CONNINFO    the ledger
  --format table|json    json: the columns of the view nowd.requests
)"},
    {"pause", R"(usage: nowctl pause JOB --reason R

Pauses a job: nothing of it starts until nowctl resume. A run under way goes on.
A pause outlives restarts and edits of the job's file. What falls due meanwhile,
by the schedule or after another job, is skipped (paused), and nothing is made
up for. Backfills and requests that wait run after it; nowctl run is refused,
unless --even-if-paused is given.

  --reason R             why, for whoever finds it paused
  --database CONNINFO    the ledger; your role must be a member of nowd_operator
  --format table|json
)"},
    {"resume", R"(usage: nowctl resume JOB

Ends a job's pause. It fires nothing: the job goes on with its next occurrence.
To make up for the time of the pause: nowctl backfill.

  --database CONNINFO    the ledger; your role must be a member of nowd_operator
  --format table|json    json: {"job","paused","skipped"}
)"},
    {"skip-next", R"(usage: nowctl skip-next JOB [--reason R]
       nowctl skip-next JOB --undo

Skips the first occurrence of a job that is still to come and not skipped yet,
and prints which, and those that were skipped before. Said twice, it skips two.
nowctl why tells who skipped it.

  --reason R             why
  --undo                 take the last of these skips back: its occurrence runs
  --database CONNINFO    the ledger; your role must be a member of nowd_operator
  --format table|json    json: {"job","scheduled_at","skipped"}
)"},
    {"cancel", R"(usage: nowctl cancel RUN [--reason R]
       nowctl cancel --request N [--reason R]

Asks for a run to end that is under way. What it is doing is cut: the processes
of a tool or command are killed. It ends cancelled if it did nothing to the
world, aborted_partial if it made effects (they stand), and interrupted if an
effect was cut and may have happened. RUN is a number from `nowctl runs`.

  --request N            instead of a run: a request that no daemon has taken
                         yet, a number from `nowctl requests`; it never runs
  --reason R             why
  --database CONNINFO    the ledger; your role must be a member of nowd_operator
  --format table|json    json: {"run","job"} or {"request","job"}

exit status: 0 it is asked for; 2 there is no such run or request, or it has
ended.
)"},
    {"backfill", R"(usage: nowctl backfill JOB --from T --until T [--timezone TZ] [--effects]
                       [--deliver] [--after] [--dry-run]

Runs a job for its past occurrences from T until T, both included, as its
schedule names them now. What already ran is left alone, so that it can be said
twice. What was missed or skipped runs now; of a job that is paused, after
nowctl resume. The runs make no effect, deliver nothing, ping no heartbeat and
start no other job, unless the options say so. At most 10000 occurrences at
once.

  --from T, --until T    the stretch; a date as its end is that whole day
  --timezone TZ          the zone of T, if T is a local time [the job's]
  --effects              allow effects
  --deliver              deliver, and ping the heartbeat
  --after                let jobs follow that are after this one
  --dry-run              say what would run, change nothing
  --database CONNINFO    the ledger; your role must be a member of nowd_operator
  --format table|json    json: {"scheduled_at","what","was"} per occurrence;
                         what is new, again or left alone

T is RFC 3339 (2026-06-01T09:00:00+02:00, …Z), or local (2026-06-01T09:00).
)"},
    {"runs", R"(usage: nowctl runs [--job JOB] [--since D] [--state STATE] [--limit N]

Lists runs, the newest first; the moments they are for in their job's own zone.

  --job JOB              of this job
  --since D              for moments of the last D (90s, 5m, 2h, 1d), or since
                         a date (of UTC) or an RFC 3339 time
  --state STATE          running, suspended, committing, succeeded, failed,
                         interrupted, orphaned, denied, cancelled or
                         aborted_partial
  --limit N              at most N [50]
  --database CONNINFO    the ledger
  --format table|json    json: the columns of the view nowd.runs; spans are
                         seconds
)"},
    {"show", R"(usage: nowctl show RUN [--full | --conversation | --prompt | --inputs]

Tells one run from why it ran to how it ended: inputs, model calls, tool calls,
output, and the verdict on its clocks. RUN is a number from `nowctl runs`, a
job's name (its newest run) or latest (the newest of all).

  --full                 arguments, keys and output uncut
  --conversation         instead: its texts in order: inputs, prompt, answers,
                         tool calls with their results, output
  --prompt               of these, the system text and the first prompt
  --inputs               of these, what was fetched before the model ran
  --database CONNINFO    the ledger; texts need membership in nowd_operator
  --format table|json    json: the run with all its rows, in one object; with
                         --conversation and the like: its texts as recorded
)"},
    {"explain", R"(usage: nowctl explain [WORD]

Says what a word of nowd means, and what to do about it: states of runs,
occurrences, calls and deliveries, reasons, verdicts on clocks, rules of the
guard, stop words. Without WORD: all of them. It needs no database.

  --format table|json    json: {"word","of","means","then"}, one per meaning

exit status: 0; 1 it is no word of nowd.
)"},
    {"clocks", clocks_help},
    {"verify", verify_help},
    {"deliveries", R"(usage: nowctl deliveries [--job JOB] [--sink SINK] [--state STATE] [--run RUN]
                         [--limit N]

Lists messages to sinks, the newest first: outputs, alerts (on_failure), word of
recoveries, and heartbeats.

  --job JOB              about this job
  --sink SINK            to this sink of nowd.yaml
  --state STATE          pending, sending, delivered, failed (the sink will
                         never take it), unknown (it may have arrived; the sink
                         cannot tell a repetition), expired (its validity
                         passed) or shown (a dry run)
  --run RUN              about this run
  --limit N              at most N [50]
  --database CONNINFO    the ledger
  --format table|json    json: the columns of the view nowd.deliveries
)"},
    {"prune", R"(usage: nowctl prune [--job JOB] [--dry-run]

Deletes now what is older than its job's retention (the daemon does so by
itself, once an hour): texts after `retention: bodies`, runs with all that
belongs to them after `retention: runs`, and with them messages about the job
that belong to no run. Messages about several jobs or none stay as long as any
job keeps its runs. A job without retention keeps everything.

Never deleted: live runs, effects in doubt and their runs, messages not
delivered yet, what an open alert is about, and a job's last success. What
became of each occurrence stays, so nothing runs again.

  --job JOB              only this job
  --dry-run              count what would be deleted, delete nothing
  --database CONNINFO    the ledger; your role must be a member of nowd_operator
  --format table|json    json: {"job","bodies","runs" (kept for, in seconds),
                         "deleted_runs","deleted_bodies","deleted_bytes",
                         "deleted_messages","dry_run"}; job null: messages about
                         several jobs or none
)"},
    {"why", R"(usage: nowctl why JOB [AT] [--timezone TZ]

Says what became of a job's occurrence, and why: which run served it, why it was
skipped or missed, when it is due, or that the schedule has no such occurrence,
and which ones are nearest. For a moment to come, a rehearsal of the jobs in
force says what would become of it if all goes as usual.

  AT                     the moment; without it, that of the job's newest run:
                         RFC 3339 (2026-06-01T09:00:00+02:00, …Z), or local
                         (2026-06-01T09:00)
  --timezone TZ          the zone of AT, if AT is a local time [the job's]
  --database CONNINFO    the ledger
  --format table|json    json: what the ledger has about it, in one object
)"},
};

}  // namespace

std::string_view general_help() { return general; }

std::string_view command_help(std::string_view command) {
  const auto found =
      std::find_if(std::begin(texts), std::end(texts), [&](const Text& t) { return t.command == command; });
  if (found != std::end(texts)) return found->text;
  const std::string_view accepting = accept_help(command);
  return accepting.empty() ? calls_help(command) : accepting;
}

}  // namespace nowd::ctl
