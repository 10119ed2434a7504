#include "ctl/cli/command_line.hpp"

#include <algorithm>
#include <cstdlib>

#include "ctl/commands.hpp"
#include "support/catch.hpp"
#include "surface/text.hpp"

using namespace nowd;
using namespace nowd::ctl;

namespace {

Result<CommandLine> read(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "nowctl");
  return read_command_line(static_cast<int>(arguments.size()), arguments.data(), all_commands());
}

Target target(const Command& command, const std::string& name) {
  for (const auto* options : {&command.arguments, &command.options})
    for (const Option& option : *options)
      if (option.name == name) return option.target;
  throw std::invalid_argument(command.name + " has no " + name);
}

/// The value of an option or argument after reading a good command line.
template <class T>
T value(const Result<CommandLine>& line, const std::string& name) {
  REQUIRE(line.has_value());
  return *std::get<T*>(target(line->command, name));
}
std::string text(const Result<CommandLine>& line, const std::string& name) { return value<std::string>(line, name); }
bool flag(const Result<CommandLine>& line, const std::string& name) { return value<bool>(line, name); }
using Texts = std::vector<std::string>;

std::string message(const std::vector<const char*>& arguments) {
  const auto line = read(arguments);
  return line ? "no error" : line.error().message;
}

}  // namespace

TEST_CASE("global options are accepted before and after the command") {
  for (const auto& arguments :
       {std::vector<const char*>{"--database", "dbname=x", "--format", "json", "--no-color", "jobs"},
        {"jobs", "--database", "dbname=x", "--format", "json", "--no-color"},
        {"--format=json", "jobs", "--database=dbname=x", "--no-color"}}) {
    const auto line = read(arguments);
    REQUIRE(line.has_value());
    CHECK(line->command.name == "jobs");
    CHECK(line->globals.database == "dbname=x");
    CHECK(line->globals.json);
    CHECK(line->globals.no_color);
  }
}

TEST_CASE("the configuration is the one named, else NOWD_CONFIG's, else /etc/nowd/nowd.yaml") {
  ::unsetenv("NOWD_CONFIG");
  CHECK(read({"jobs"})->globals.config == "/etc/nowd/nowd.yaml");
  CHECK(!read({"jobs"})->globals.config_named);
  CHECK(read({"jobs", "--config", "a.yaml"})->globals.config == "a.yaml");
  ::setenv("NOWD_CONFIG", "b.yaml", 1);
  CHECK(read({"jobs"})->globals.config == "b.yaml");
  CHECK(read({"jobs"})->globals.config_named);
  CHECK(read({"jobs", "--config", "a.yaml"})->globals.config == "a.yaml");
  ::unsetenv("NOWD_CONFIG");
}

TEST_CASE("prune is for all jobs or one, and may only count") {
  const auto all = read({"prune"});
  REQUIRE(all.has_value());
  CHECK(text(all, "--job").empty());
  CHECK(!flag(all, "--dry-run"));
  const auto one = read({"prune", "--job", "digest", "--dry-run"});
  REQUIRE(one.has_value());
  CHECK(text(one, "--job") == "digest");
  CHECK(flag(one, "--dry-run"));
  CHECK(message({"prune", "digest"}).find("one argument too many") != std::string::npos);
}

TEST_CASE("rehearse takes any number of jobs, and a stretch in which nowd is down") {
  CHECK(value<Texts>(read({"rehearse"}), "JOB").empty());
  const auto line = read({"rehearse", "a", "b", "--down", "x..y", "--run-length", "5m", "--count", "7"});
  REQUIRE(line.has_value());
  CHECK(value<Texts>(line, "JOB") == std::vector<std::string>{"a", "b"});
  CHECK(text(line, "--down") == "x..y");
  CHECK(text(line, "--run-length") == "5m");
  CHECK(text(line, "--count") == "7");
}

TEST_CASE("arguments and options arrive where they belong") {
  const auto run = read({"run", "digest", "--as-of", "2026-06-01T09:00:00Z", "--effects", "--wait"});
  REQUIRE(run.has_value());
  CHECK(text(run, "JOB") == "digest");
  CHECK(text(run, "--as-of") == "2026-06-01T09:00:00Z");
  CHECK(flag(run, "--effects"));
  CHECK(flag(run, "--wait"));
  const auto next = read({"next", "--cron", "*/5 * * * *", "--timezone", "UTC", "--count", "3"});
  REQUIRE(next.has_value());
  CHECK(text(next, "--cron") == "*/5 * * * *");
  const auto files = read({"validate", "a.yaml", "b.yaml"});
  REQUIRE(files.has_value());
  CHECK(value<Texts>(files, "FILE") == std::vector<std::string>{"a.yaml", "b.yaml"});
  CHECK(text(read({"runs", "--job", "a", "--job", "b"}), "--job") == "b");
}

TEST_CASE("bad usage is one line: what is wrong, and where the help is") {
  CHECK(message({}) == "a command is missing; see nowctl --help");
  CHECK(message({"nxt"}) == "unknown command 'nxt'; did you mean 'next'?; see nowctl --help");
  CHECK(message({"show"}) == "show: RUN is missing: a number, a job's name, or latest; see nowctl show --help");
  CHECK(message({"why"}) == "why: JOB is missing; see nowctl why --help");
  CHECK(message({"show", "1", "2"}) == "show: '2' is one argument too many; see nowctl show --help");
  CHECK(message({"run", "x", "--wiat"}) ==
        "run: unknown option '--wiat'; did you mean '--wait'?; see nowctl run --help");
  CHECK(message({"jobs", "--format", "xml"}) == "--format 'xml' is neither table nor json; see nowctl jobs --help");
  CHECK(message({"next", "--cron", "@daily"}) ==
        "next: --cron needs --timezone, such as Europe/Berlin or UTC: the host's zone is never assumed; see nowctl "
        "next --help");
  CHECK(message({"next", "digest", "--cron", "@daily", "--timezone", "UTC"}) ==
        "next: a JOB and --cron exclude each other; see nowctl next --help");
  CHECK(message({"next", "digest", "--gap", "skip"}) ==
        "next: --gap, --fold and --day-match go with --cron; a job has its own; see nowctl next --help");
  for (const auto& arguments :
       {std::vector<const char*>{"runs", "--limit"}, {"next", "--count"}, {"jobs", "--database"}})
    CHECK(message(arguments).find(" needs a value; see nowctl ") != std::string::npos);
}

TEST_CASE("what the design has and nowd has not yet is refused by name, never ignored") {
  for (const char* command :
       {"effects", "approvals", "freeze", "incidents", "slo", "certify", "replay", "postmortem", "mcp"}) {
    INFO(command);
    CHECK(message({command, "x", "--reason", "y"}) ==
          std::string(command) + " is not supported yet; see nowctl --help");
  }
}

TEST_CASE("clocks are those of one run, or of a job") {
  CHECK(text(read({"clocks", "17"}), "RUN") == "17");
  const auto job = read({"clocks", "--job", "digest", "--since", "2d"});
  REQUIRE(job.has_value());
  CHECK(text(job, "--job") == "digest");
  CHECK(text(job, "--since") == "2d");
  CHECK(message({"clocks"}) == "clocks: give RUN or --job JOB, one of them; see nowctl clocks --help");
  CHECK(message({"clocks", "17", "--job", "digest"}) ==
        "clocks: give RUN or --job JOB, not both; see nowctl clocks --help");
  CHECK(message({"clocks", "17", "--since", "2d"}) == "clocks: --since goes with --job; see nowctl clocks --help");
  CHECK(text(read({"verify", "--since", "1d"}), "--since") == "1d");
}

TEST_CASE("people who act on time name the job or the run, and a pause says why") {
  const auto pause = read({"pause", "digest", "--reason", "moving house"});
  REQUIRE(pause.has_value());
  CHECK(text(pause, "--reason") == "moving house");
  CHECK(message({"pause", "digest"}) == "pause: --reason is missing; see nowctl pause --help");
  CHECK(message({"resume"}) == "resume: JOB is missing; see nowctl resume --help");
  CHECK(text(read({"skip-next", "digest"}), "JOB") == "digest");
  CHECK(text(read({"cancel", "7", "--reason", "wrong"}), "RUN") == "7");
  const auto backfill = read({"backfill", "digest", "--from", "a", "--until", "b", "--effects", "--dry-run"});
  REQUIRE(backfill.has_value());
  CHECK(text(backfill, "--until") == "b");
  CHECK(flag(backfill, "--effects"));
  CHECK(message({"backfill", "digest", "--from", "a"}) == "backfill: --until is missing; see nowctl backfill --help");
}

TEST_CASE("a job may have the name of a command") {
  for (const char* job : {"stops", "spend", "runs", "jobs", "next", "run", "why"}) {
    CAPTURE(job);
    const auto run = read({"run", job, "--wait"});
    REQUIRE(run.has_value());
    CHECK(text(run, "JOB") == job);
    CHECK(flag(run, "--wait"));
    CHECK(text(read({"pause", job, "--reason", "x"}), "JOB") == job);
    CHECK(text(read({"next", job}), "JOB") == job);
    CHECK(text(read({"runs", "--job", job}), "--job") == job);
    CHECK(text(read({"why", job, "2026-06-01", "--timezone", "UTC"}), "JOB") == job);
  }
}

TEST_CASE("a cron expression may name its zone itself") {
  const auto next = read({"next", "--cron", "0 9 * * * Europe/Berlin"});
  REQUIRE(next.has_value());
  CHECK(text(next, "--cron") == "0 9 * * *");
  CHECK(text(next, "--timezone") == "Europe/Berlin");
  CHECK(read({"next", "--cron", "0 9 * * * Europe/Berlin", "--timezone", "Europe/Berlin"}).has_value());
  CHECK(message({"next", "--cron", "0 9 * * * Europe/Berlin", "--timezone", "UTC"}) ==
        "next: --cron names the zone Europe/Berlin, and --timezone UTC: say one of them; see nowctl next --help");
  CHECK(message({"next", "--cron", "0 9 * * mon"}).find("--cron needs --timezone") != std::string::npos);
}

TEST_CASE("what a run for a given moment does not do by itself is asked for") {
  const auto run = read({"run", "a", "--as-of", "2026-06-01", "--deliver", "--after", "--even-if-paused"});
  REQUIRE(run.has_value());
  CHECK(flag(run, "--deliver"));
  CHECK(flag(run, "--after"));
  CHECK(flag(run, "--even-if-paused"));
  CHECK(message({"run", "a", "--deliver"}).find("go with --as-of") != std::string::npos);
  const auto backfill = read({"backfill", "a", "--from", "x", "--until", "y", "--deliver", "--after"});
  REQUIRE(backfill.has_value());
  CHECK(flag(backfill, "--deliver"));
  CHECK(flag(backfill, "--after"));
}

TEST_CASE("a skip is undone, and a waiting request cancelled") {
  CHECK(flag(read({"skip-next", "a", "--undo"}), "--undo"));
  CHECK(message({"skip-next", "a", "--undo", "--reason", "x"}).find("does not go with --undo") != std::string::npos);
  CHECK(text(read({"cancel", "--request", "7"}), "--request") == "7");
  CHECK(message({"cancel"}) == "cancel: RUN is missing, or --request N; see nowctl cancel --help");
  CHECK(message({"cancel", "7", "--request", "8"}).find("exclude each other") != std::string::npos);
  CHECK(text(read({"requests", "--job", "a"}), "--job") == "a");
}

TEST_CASE("what holds dispatch is accepted for one cause, with or without a reason") {
  const auto clock = read({"clock", "accept", "--reason", "set right"});
  REQUIRE(clock.has_value());
  CHECK(clock->command.name == "clock");
  CHECK(text(clock, "--reason") == "set right");
  CHECK(read({"ledger", "accept"})->command.name == "ledger");
  CHECK(message({"ledger"}) == "ledger: the only action is accept; see nowctl ledger --help");
}

TEST_CASE("next --around-dst is about all jobs, one job or an expression, and always about the coming two years") {
  CHECK(flag(read({"next", "--around-dst"}), "--around-dst"));
  CHECK(text(read({"next", "--around-dst", "digest"}), "JOB") == "digest");
  CHECK(read({"next", "--around-dst", "--cron", "@daily", "--timezone", "UTC"}).has_value());
  CHECK(message({"next", "--around-dst", "--from", "x"}).starts_with("next: --around-dst shows the coming two years"));
}

TEST_CASE("completion takes the name of a shell it knows") {
  const auto zsh = read({"completion", "zsh"});
  REQUIRE(zsh.has_value());
  CHECK(text(zsh, "SHELL") == "zsh");
  CHECK(message({"completion"}) == "completion: name the shell: bash, zsh or fish; see nowctl completion --help");
  CHECK(message({"completion", "csh"}) ==
        "completion: 'csh' is none of bash, zsh and fish; see nowctl completion --help");
}

TEST_CASE("every command has a help that needs no other argument, fits 80 columns, and is named in the general one") {
  const std::string help = read({"--help"})->text;
  for (const std::string& row : wrap(help, 10'000)) CHECK(display_width(row) <= 80);
  CHECK(all_commands().size() >= 24);
  for (const Command& entry : all_commands()) {
    if (entry.hidden) continue;
    const char* command = entry.name.c_str();
    INFO(command);
    const auto line = read({command, "--help"});
    REQUIRE(line.has_value());
    CHECK(line->text.rfind("usage: nowctl " + std::string(command), 0) == 0);
    CHECK(help.find("\n  " + std::string(command) + " ") != std::string::npos);
    for (const std::string& row : wrap(line->text, 10'000)) CHECK(display_width(row) <= 80);
  }
  CHECK(read({"--help"})->text == help);
  CHECK(read({"--version"})->text.rfind("nowctl ", 0) == 0);
}

TEST_CASE("every option of a command is in its usage and explained in its help") {
  for (const Command& command : all_commands()) {
    if (command.hidden) continue;
    std::string usage;
    for (const std::string& form : usage_forms(command)) usage += form + "\n";
    for (const Option& option : command.options) {
      INFO(command.name << " " << option.name);
      CHECK(usage.find(option.name) != std::string::npos);
      CHECK(!option.help.empty());
      CHECK(command_help(command).find("\n  " + option.name) != std::string::npos);
    }
  }
}

TEST_CASE("a command of another program gets the one that is meant") {
  for (const auto& [word, meant] : {std::pair{"logs", "nowctl show RUN"},
                                    {"list", "nowctl jobs"},
                                    {"status", "nowctl doctor"},
                                    {"history", "nowctl runs"},
                                    {"help", "nowctl --help"},
                                    {"retry", "nowctl run JOB --as-of T"}}) {
    CAPTURE(word);
    CHECK(message({word}).find(meant) != std::string::npos);
  }
}

TEST_CASE("a job that is named like a command is a job where a job is asked for") {
  const auto run = read({"--format", "json", "run", "stops", "--wait"});
  REQUIRE(run.has_value());
  CHECK(text(run, "JOB") == "stops");
  CHECK(flag(run, "--wait"));
  CHECK(text(read({"pause", "jobs", "--reason", "r"}), "JOB") == "jobs");
  CHECK(text(read({"next", "next"}), "JOB") == "next");
  CHECK(text(read({"show", "runs"}), "RUN") == "runs");
  CHECK(text(read({"run", "clock", "--effects"}), "JOB") == "clock");
}

TEST_CASE("of the texts of a run one part is asked for, or all") {
  CHECK(flag(read({"show", "latest", "--conversation"}), "--conversation"));
  CHECK(message({"show", "3", "--prompt", "--inputs"}).find("exclude each other") != std::string::npos);
  CHECK(text(read({"explain", "stale"}), "WORD") == "stale");
  CHECK(text(read({"explain"}), "WORD").empty());
}

TEST_CASE("no option is listed twice in a message") {
  const std::string text = message({"pause", "x", "-m", "hi"});
  CHECK(text.find("--help") != std::string::npos);
  const auto first = text.find("--help,");
  CHECK((first == std::string::npos || text.find("--help,", first + 1) == std::string::npos));
}
