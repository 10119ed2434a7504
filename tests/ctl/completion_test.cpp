#include "ctl/cli/command_line.hpp"
#include "ctl/commands.hpp"

#include "support/catch.hpp"

using namespace nowd::ctl;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const Option* find(const std::vector<Option>& options, const std::string& name) {
  for (const Option& option : options)
    if (option.name == name) return &option;
  return nullptr;
}

/// The commands for people, and the global options.
struct Description {
  Globals globals;
  std::vector<Command> commands = all_commands();
  std::vector<Option> options = global_options(globals);

  Description() { std::erase_if(commands, &Command::hidden); }
};

Command command(const std::string& name) {
  for (const Command& one : Description().commands)
    if (one.name == name) return one;
  return {};
}

}  // namespace

TEST_CASE("the description of a command has options with and without values, choices, arguments") {
  const Description all;
  REQUIRE(find(all.options, "--format") != nullptr);
  CHECK(find(all.options, "--format")->value == "table|json");
  CHECK(std::holds_alternative<bool*>(find(all.options, "--no-color")->target));
  const Command next = command("next");
  REQUIRE(find(next.options, "--gap") != nullptr);
  CHECK(std::holds_alternative<std::string*>(find(next.options, "--gap")->target));
  CHECK(choices_of(*find(next.options, "--gap")) == std::vector<std::string>{"next", "shift", "skip"});
  REQUIRE(next.arguments.size() == 1);
  CHECK(next.arguments.front().name == "JOB");
}

TEST_CASE("what is refused as not supported yet is not offered") {
  CHECK(command("certify").name.empty());
  CHECK(command("replay").name.empty());
}

TEST_CASE("each shell's script knows every command and option") {
  const Description all;
  const std::string bash = bash_completion(all.commands, all.options), zsh = zsh_completion(all.commands, all.options),
                    fish = fish_completion(all.commands, all.options);
  for (const Command& one : all.commands) {
    CAPTURE(one.name);
    CHECK(contains(bash, "      " + one.name + ") "));
    CHECK(contains(zsh, "        " + one.name + ") "));
    CHECK(contains(fish, " -a " + one.name + " -d "));
    for (const Option& option : one.options) {
      CAPTURE(option.name);
      CHECK(contains(bash, option.name));
      CHECK(contains(zsh, "'" + option.name));
      CHECK(contains(fish, " -l " + option.name.substr(2)));
    }
  }
}

TEST_CASE("a summary with an apostrophe stays one word of the shell") {
  CHECK(
      contains(zsh_completion(Description().commands, Description().options), R"('clocks:draw one run'\''s clocks,)"));
}

TEST_CASE("where a job is meant, each shell asks nowctl which there are") {
  const Description all;
  const std::string bash = bash_completion(all.commands, all.options), zsh = zsh_completion(all.commands, all.options),
                    fish = fish_completion(all.commands, all.options);
  const std::string of_run = bash.substr(bash.find("      run) options+="));
  CHECK(of_run.substr(0, of_run.find('\n')).ends_with("' jobs=1 ;;"));
  CHECK(contains(bash, "runs:--job) jobs=1 words= ;;"));
  CHECK(contains(bash, "nowctl __complete jobs 2> /dev/null"));
  CHECK(contains(zsh, "'--job:job:_nowctl_jobs'"));
  CHECK(contains(zsh, "':job:_nowctl_jobs'"));
  CHECK(contains(fish, "__fish_seen_subcommand_from show' -a '(nowctl __complete jobs 2> /dev/null)'"));
  CHECK(contains(fish, " -l job -x -a '(nowctl __complete jobs 2> /dev/null)'"));
  CHECK(command("__complete").name.empty());  // it is no command for people
}
