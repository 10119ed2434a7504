#include "ctl/cli/completion.hpp"

#include "support/catch.hpp"

using namespace nowd::ctl;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const OptionEntry* find(const std::vector<OptionEntry>& options, const std::string& name) {
  for (const OptionEntry& option : options)
    if (option.names.front() == name) return &option;
  return nullptr;
}

CommandEntry command(const std::string& name) {
  for (const CommandEntry& one : command_tree().commands)
    if (one.name == name) return one;
  return {};
}

}  // namespace

TEST_CASE("the tree is the parser's: options with and without values, choices, arguments") {
  const CommandTree tree = command_tree();
  REQUIRE(find(tree.options, "--format") != nullptr);
  CHECK(find(tree.options, "--format")->value == "table|json");
  CHECK(!find(tree.options, "--no-color")->takes_value);
  const CommandEntry next = command("next");
  REQUIRE(find(next.options, "--gap") != nullptr);
  CHECK(find(next.options, "--gap")->takes_value);
  CHECK(find(next.options, "--gap")->value == "next|shift|skip");
  REQUIRE(next.arguments.size() == 1);
  CHECK(next.arguments.front().names.front() == "JOB");
}

TEST_CASE("what is refused as not supported yet is not offered") {
  CHECK(command("certify").name.empty());
  CHECK(command("replay").name.empty());
}

TEST_CASE("each shell's script knows every command and option") {
  const CommandTree tree = command_tree();
  const std::string bash = bash_completion(tree), zsh = zsh_completion(tree), fish = fish_completion(tree);
  for (const CommandEntry& one : tree.commands) {
    CAPTURE(one.name);
    CHECK(contains(bash, "      " + one.name + ") "));
    CHECK(contains(zsh, "        " + one.name + ") "));
    CHECK(contains(fish, " -a " + one.name + " -d "));
    for (const OptionEntry& option : one.options) {
      CAPTURE(option.names.front());
      CHECK(contains(bash, option.names.front()));
      CHECK(contains(zsh, "'" + option.names.front()));
      CHECK(contains(fish, " -l " + option.names.front().substr(2)));
    }
  }
}

TEST_CASE("a summary with an apostrophe stays one word of the shell") {
  CHECK(contains(zsh_completion(command_tree()), R"('clocks:one run'\''s clocks,)"));
}

TEST_CASE("where a job is meant, each shell asks nowctl which there are") {
  const CommandTree tree = command_tree();
  const std::string bash = bash_completion(tree), zsh = zsh_completion(tree), fish = fish_completion(tree);
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
