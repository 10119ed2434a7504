// What a person typed, as values. Texts are kept as they were written: each command reads its own.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "foundation/error.hpp"

namespace nowd::ctl {

struct Globals {
  std::string config;         ///< --config, else NOWD_CONFIG, else /etc/nowd/nowd.yaml
  bool config_named = false;  ///< by --config or NOWD_CONFIG
  std::string database;       ///< --database; empty = not given
  bool json = false;
  bool no_color = false;
};

struct Validate {
  std::vector<std::string> files;
  bool online = false;
};
struct Next {
  std::string job, cron, timezone, gap, fold, day_match, from, until, count;
  bool around_dst = false;  ///< without a job and --cron: all jobs
};
struct Rehearse {
  std::vector<std::string> jobs;
  std::string from, until, timezone, run_length, down, count;
};
struct Migrate {
  bool dry_run = false, no_roles = false;
};
struct Completion {
  std::string shell;  ///< bash, zsh or fish
};
struct Jobs {};
struct Run {
  std::string job, as_of, timezone;
  std::string input;
  bool effects = false, wait = false, dry_run = false;
  bool deliver = false, after = false;  ///< for a given moment, too
  bool even_if_paused = false;
};
struct Requests {
  std::string job;
};
struct Pause {
  std::string job, reason;
};
struct Resume {
  std::string job;
};
struct SkipNext {
  std::string job, reason;
  bool undo = false;
};
struct Cancel {
  std::string run, reason;
  std::string request;  ///< instead of a run
};
struct Backfill {
  std::string job, from, until, timezone;
  bool effects = false, dry_run = false, deliver = false, after = false;
};
/// clock accept, ledger accept: ends what holds dispatch.
struct Accept {
  std::string cause;  ///< clock | ledger
  std::string action, reason;
};
struct Runs {
  std::string job, since, state, limit;
};
struct Show {
  std::string run;  ///< a number, a job or latest
  bool full = false;
  bool conversation = false, prompt = false, inputs = false;  ///< one of them: texts instead of the story
};
struct Explain {
  std::string word;  ///< empty: all words
};
/// What a shell asks while somebody types; nothing is said when there is no answer.
struct Complete {
  std::string what;  ///< jobs
};
struct Clocks {
  std::string run;
  std::string job, since;  ///< instead of one run
};
struct Verify {
  std::string job, since;
};
struct Deliveries {
  std::string job, sink, state, run, limit;
};
struct Why {
  std::string job, at, timezone;
};
struct Spend {
  std::string job, since;
};
struct Stops {
  std::string job, since;
  bool table = false;
};
struct Doctor {};
struct Prune {
  std::string job;
  bool dry_run = false;
};
/// --help, --version, or no command at all: a text, and nothing to do.
struct Tell {
  std::string text;
};

using Command = std::variant<Validate, Next, Rehearse, Migrate, Completion, Complete, Jobs, Run, Requests, Pause,
                             Resume, SkipNext, Cancel, Backfill, Accept, Runs, Show, Explain, Clocks, Deliveries, Why,
                             Doctor, Prune, Spend, Stops, Verify, Tell>;

struct CommandLine {
  Globals globals;
  Command command;
};

/// Errors: `invalid`, one line that names what is wrong and where the help is. Global options are accepted before and
/// after the command; of a repeated option the last one counts.
Result<CommandLine> read_command_line(int argc, const char* const* argv);

}  // namespace nowd::ctl
