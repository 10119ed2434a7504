#include "ctl/cli/command_line.hpp"

#include <cstdlib>

#include "ctl/cli/command_tree.hpp"
#include "ctl/cli/help.hpp"
#include "support/catch.hpp"
#include "surface/text.hpp"

using namespace nowd;
using namespace nowd::ctl;

namespace {

Result<CommandLine> read(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "nowctl");
  return read_command_line(static_cast<int>(arguments.size()), arguments.data());
}

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
    CHECK(std::holds_alternative<Jobs>(line->command));
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
  CHECK(std::get<Prune>(all->command).job.empty());
  CHECK(!std::get<Prune>(all->command).dry_run);
  const auto one = read({"prune", "--job", "digest", "--dry-run"});
  REQUIRE(one.has_value());
  CHECK(std::get<Prune>(one->command).job == "digest");
  CHECK(std::get<Prune>(one->command).dry_run);
  CHECK(message({"prune", "digest"}).find("one argument too many") != std::string::npos);
}

TEST_CASE("rehearse takes any number of jobs, and a stretch in which nowd is down") {
  CHECK(std::get<Rehearse>(read({"rehearse"})->command).jobs.empty());
  const auto line = read({"rehearse", "a", "b", "--down", "x..y", "--run-length", "5m", "--count", "7"});
  REQUIRE(line.has_value());
  const Rehearse& rehearse = std::get<Rehearse>(line->command);
  CHECK(rehearse.jobs == std::vector<std::string>{"a", "b"});
  CHECK(rehearse.down == "x..y");
  CHECK(rehearse.run_length == "5m");
  CHECK(rehearse.count == "7");
}

TEST_CASE("arguments and options arrive where they belong") {
  const auto run = read({"run", "digest", "--as-of", "2026-06-01T09:00:00Z", "--effects", "--wait"});
  REQUIRE(run.has_value());
  CHECK(std::get<Run>(run->command).job == "digest");
  CHECK(std::get<Run>(run->command).as_of == "2026-06-01T09:00:00Z");
  CHECK(std::get<Run>(run->command).effects);
  CHECK(std::get<Run>(run->command).wait);
  const auto next = read({"next", "--cron", "*/5 * * * *", "--timezone", "UTC", "--count", "3"});
  REQUIRE(next.has_value());
  CHECK(std::get<Next>(next->command).cron == "*/5 * * * *");
  const auto files = read({"validate", "a.yaml", "b.yaml"});
  REQUIRE(files.has_value());
  CHECK(std::get<Validate>(files->command).files == std::vector<std::string>{"a.yaml", "b.yaml"});
  CHECK(std::get<Runs>(read({"runs", "--job", "a", "--job", "b"})->command).job == "b");
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
  CHECK(std::get<Clocks>(read({"clocks", "17"})->command).run == "17");
  const auto job = read({"clocks", "--job", "digest", "--since", "2d"});
  REQUIRE(job.has_value());
  CHECK(std::get<Clocks>(job->command).job == "digest");
  CHECK(std::get<Clocks>(job->command).since == "2d");
  CHECK(message({"clocks"}) == "clocks: give RUN or --job JOB, one of them; see nowctl clocks --help");
  CHECK(message({"clocks", "17", "--job", "digest"}) ==
        "clocks: give RUN or --job JOB, not both; see nowctl clocks --help");
  CHECK(message({"clocks", "17", "--since", "2d"}) == "clocks: --since goes with --job; see nowctl clocks --help");
  CHECK(std::get<Verify>(read({"verify", "--since", "1d"})->command).since == "1d");
}

TEST_CASE("people who act on time name the job or the run, and a pause says why") {
  const auto pause = read({"pause", "digest", "--reason", "moving house"});
  REQUIRE(pause.has_value());
  CHECK(std::get<Pause>(pause->command).reason == "moving house");
  CHECK(message({"pause", "digest"}) == "pause: --reason is missing; see nowctl pause --help");
  CHECK(message({"resume"}) == "resume: JOB is missing; see nowctl resume --help");
  CHECK(std::get<SkipNext>(read({"skip-next", "digest"})->command).job == "digest");
  CHECK(std::get<Cancel>(read({"cancel", "7", "--reason", "wrong"})->command).run == "7");
  const auto backfill = read({"backfill", "digest", "--from", "a", "--until", "b", "--effects", "--dry-run"});
  REQUIRE(backfill.has_value());
  CHECK(std::get<Backfill>(backfill->command).until == "b");
  CHECK(std::get<Backfill>(backfill->command).effects);
  CHECK(message({"backfill", "digest", "--from", "a"}) == "backfill: --until is missing; see nowctl backfill --help");
}

TEST_CASE("a job may have the name of a command") {
  for (const char* job : {"stops", "spend", "runs", "jobs", "next", "run", "why"}) {
    CAPTURE(job);
    const auto run = read({"run", job, "--wait"});
    REQUIRE(run.has_value());
    CHECK(std::get<Run>(run->command).job == job);
    CHECK(std::get<Run>(run->command).wait);
    CHECK(std::get<Pause>(read({"pause", job, "--reason", "x"})->command).job == job);
    CHECK(std::get<Next>(read({"next", job})->command).job == job);
    CHECK(std::get<Runs>(read({"runs", "--job", job})->command).job == job);
    CHECK(std::get<Why>(read({"why", job, "2026-06-01", "--timezone", "UTC"})->command).job == job);
  }
}

TEST_CASE("a cron expression may name its zone itself") {
  const auto next = read({"next", "--cron", "0 9 * * * Europe/Berlin"});
  REQUIRE(next.has_value());
  CHECK(std::get<Next>(next->command).cron == "0 9 * * *");
  CHECK(std::get<Next>(next->command).timezone == "Europe/Berlin");
  CHECK(read({"next", "--cron", "0 9 * * * Europe/Berlin", "--timezone", "Europe/Berlin"}).has_value());
  CHECK(message({"next", "--cron", "0 9 * * * Europe/Berlin", "--timezone", "UTC"}) ==
        "next: --cron names the zone Europe/Berlin, and --timezone UTC: say one of them; see nowctl next --help");
  CHECK(message({"next", "--cron", "0 9 * * mon"}).find("--cron needs --timezone") != std::string::npos);
}

TEST_CASE("what a run for a given moment does not do by itself is asked for") {
  const auto run = read({"run", "a", "--as-of", "2026-06-01", "--deliver", "--after", "--even-if-paused"});
  REQUIRE(run.has_value());
  CHECK(std::get<Run>(run->command).deliver);
  CHECK(std::get<Run>(run->command).after);
  CHECK(std::get<Run>(run->command).even_if_paused);
  CHECK(message({"run", "a", "--deliver"}).find("go with --as-of") != std::string::npos);
  const auto backfill = read({"backfill", "a", "--from", "x", "--until", "y", "--deliver", "--after"});
  REQUIRE(backfill.has_value());
  CHECK(std::get<Backfill>(backfill->command).deliver);
  CHECK(std::get<Backfill>(backfill->command).after);
}

TEST_CASE("a skip is undone, and a waiting request cancelled") {
  CHECK(std::get<SkipNext>(read({"skip-next", "a", "--undo"})->command).undo);
  CHECK(message({"skip-next", "a", "--undo", "--reason", "x"}).find("does not go with --undo") != std::string::npos);
  CHECK(std::get<Cancel>(read({"cancel", "--request", "7"})->command).request == "7");
  CHECK(message({"cancel"}) == "cancel: RUN is missing, or --request N; see nowctl cancel --help");
  CHECK(message({"cancel", "7", "--request", "8"}).find("exclude each other") != std::string::npos);
  CHECK(std::get<Requests>(read({"requests", "--job", "a"})->command).job == "a");
}

TEST_CASE("what holds dispatch is accepted for one cause, with or without a reason") {
  const auto clock = read({"clock", "accept", "--reason", "set right"});
  REQUIRE(clock.has_value());
  CHECK(std::get<Accept>(clock->command).cause == "clock");
  CHECK(std::get<Accept>(clock->command).reason == "set right");
  CHECK(std::get<Accept>(read({"ledger", "accept"})->command).cause == "ledger");
  CHECK(message({"ledger"}) == "ledger: say what to do: accept; see nowctl ledger --help");
}

TEST_CASE("next --around-dst is about all jobs, one job or an expression, and always about the coming two years") {
  CHECK(std::get<Next>(read({"next", "--around-dst"})->command).around_dst);
  CHECK(std::get<Next>(read({"next", "--around-dst", "digest"})->command).job == "digest");
  CHECK(read({"next", "--around-dst", "--cron", "@daily", "--timezone", "UTC"}).has_value());
  CHECK(
      message({"next", "--around-dst", "--from", "x"}).starts_with("next: --around-dst tells of the coming two years"));
}

TEST_CASE("completion takes the name of a shell it knows") {
  const auto zsh = read({"completion", "zsh"});
  REQUIRE(zsh.has_value());
  CHECK(std::get<Completion>(zsh->command).shell == "zsh");
  CHECK(message({"completion"}) == "completion: name the shell: bash, zsh or fish; see nowctl completion --help");
  CHECK(message({"completion", "csh"}) ==
        "completion: 'csh' is none of bash, zsh and fish; see nowctl completion --help");
}

TEST_CASE("every command has a help that needs no other argument, fits 80 columns, and is named in the general one") {
  const CommandTree tree = command_tree();
  CHECK(tree.commands.size() >= 24);
  for (const CommandEntry& entry : tree.commands) {
    const char* command = entry.name.c_str();
    INFO(command);
    const auto line = read({command, "--help"});
    REQUIRE(line.has_value());
    const std::string text = std::get<Tell>(line->command).text;
    CHECK(text.rfind("usage: nowctl " + std::string(command), 0) == 0);
    CHECK(general_help().find("\n  " + std::string(command) + " ") != std::string_view::npos);
    for (const std::string& row : wrap(text, 10'000)) CHECK(display_width(row) <= 80);
  }
  CHECK(std::get<Tell>(read({"--help"})->command).text == general_help());
  CHECK(std::get<Tell>(read({"--version"})->command).text.rfind("nowctl ", 0) == 0);
}

TEST_CASE("every option of a command is in its help") {
  struct Options {
    const char* command;
    std::vector<const char*> options;
  };
  for (const Options& each :
       {Options{"validate", {"--online"}},
        {"next",
         {"--cron", "--timezone", "--gap", "--fold", "--day-match", "--from", "--until", "--count", "--around-dst"}},
        {"migrate", {"--dry-run", "--no-roles"}},
        {"pause", {"--reason"}},
        {"skip-next", {"--reason"}},
        {"cancel", {"--reason"}},
        {"clock", {"--reason"}},
        {"ledger", {"--reason"}},
        {"backfill", {"--from", "--timezone", "--effects", "--dry-run"}},
        {"run", {"--as-of", "--timezone", "--effects", "--wait"}},
        {"runs", {"--job", "--since", "--state", "--limit"}},
        {"clocks", {"--job", "--since"}},
        {"verify", {"--job", "--since"}},
        {"show", {"--full"}},
        {"why", {"--timezone"}}})
    for (const char* option : each.options) {
      INFO(each.command << " " << option);
      CHECK(command_help(each.command).find("  " + std::string(option)) != std::string_view::npos);
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
  CHECK(std::get<Run>(run->command).job == "stops");
  CHECK(std::get<Run>(run->command).wait);
  CHECK(std::get<Pause>(read({"pause", "jobs", "--reason", "r"})->command).job == "jobs");
  CHECK(std::get<Next>(read({"next", "next"})->command).job == "next");
  CHECK(std::get<Show>(read({"show", "runs"})->command).run == "runs");
  CHECK(std::get<Run>(read({"run", "clock", "--effects"})->command).job == "clock");
}

TEST_CASE("of the texts of a run one part is asked for, or all") {
  CHECK(std::get<Show>(read({"show", "latest", "--conversation"})->command).conversation);
  CHECK(message({"show", "3", "--prompt", "--inputs"}).find("exclude each other") != std::string::npos);
  CHECK(std::get<Explain>(read({"explain", "stale"})->command).word == "stale");
  CHECK(std::get<Explain>(read({"explain"})->command).word.empty());
}

TEST_CASE("no option is listed twice in a message") {
  const std::string text = message({"pause", "x", "-m", "hi"});
  CHECK(text.find("--help") != std::string::npos);
  const auto first = text.find("--help,");
  CHECK((first == std::string::npos || text.find("--help,", first + 1) == std::string::npos));
}
