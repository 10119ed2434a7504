#include "config/actions/checks.hpp"

#include "config/support.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

using Argv = std::vector<std::string>;

bool runs(const Argv& argv, const std::string& element) {
  for (const std::size_t place : script_arguments(argv))
    if (argv.at(place) == element) return true;
  return false;
}

std::vector<std::string> said_with(const std::string& lines) { return said_of_job(job_with(lines)); }

}  // namespace

TEST_CASE("what an interpreter takes for a program is found, however it is started") {
  for (const Argv& argv : std::vector<Argv>{
           {"sh", "-c", "X"},
           {"/bin/sh", "-c", "X"},
           {"/bin/sh", "-ec", "X"},
           {"bash", "-lc", "X"},
           {"bash", "-ceuo", "pipefail", "X"},
           {"bash", "-o", "pipefail", "-c", "X", "name", "data"},
           {"bash", "--norc", "-c", "-e", "X"},
           {"dash", "-c", "X"},
           {"zsh", "-c", "X"},
           {"ksh93", "-c", "X"},
           {"busybox", "sh", "-c", "X"},
           {"/usr/bin/env", "sh", "-c", "X"},
           {"env", "-i", "LANG=C", "bash", "-euc", "X"},
           {"env", "-S", "X"},
           {"timeout", "5", "nice", "sh", "-c", "X"},
           {"sudo", "-u", "bob", "sh", "-c", "X"},
           {"su", "bob", "-c", "X"},
           {"su", "-c", "X", "bob"},
           {"fish", "--command", "X"},
           {"fish", "--command=X"},
           {"python", "-c", "X"},
           {"/usr/bin/python3.11", "-Ic", "X"},
           {"python3", "-cX"},
           {"perl", "-e", "X"},
           {"perl", "-lane", "X", "file"},
           {"perl", "-Mstrict", "-E", "X"},
           {"ruby", "-e", "X"},
           {"node", "-e", "X"},
           {"node", "--eval=X"},
           {"nodejs", "--print", "X"},
           {"php", "-r", "X"},
           {"awk", "X", "file"},
           {"ssh", "host", "X"},
           {"psql", "-d", "crm", "-c", "X"},
           {"docker", "exec", "app", "sh", "-c", "X"},
       }) {
    const std::string& holds =
        *std::find_if(argv.begin(), argv.end(), [](const std::string& each) { return each.ends_with("X"); });
    INFO(argv.front() << " … " << holds);
    CHECK(runs(argv, holds));
  }
}

TEST_CASE("arguments of a script are data") {
  for (const Argv& argv : std::vector<Argv>{
           {"sh", "-c", "grep -- \"$1\" f", "sh", "X"},
           {"bash", "run.sh", "X"},
           {"bash", "-e", "run.sh", "-c", "X"},
           {"python3", "tool.py", "-c", "X"},
           {"python3", "-m", "tool", "X"},
           {"python3", "-c", "code", "X"},
           {"perl", "tool.pl", "-e", "X"},
           {"node", "tool.js", "X"},
           {"env", "NAME=1", "printf", "%s", "X"},
           {"grep", "-c", "X"},
           {"git", "-c", "X"},
           {"awk", "-f", "prog.awk", "X"},
           {"awk", "{print $1}", "X"},
           {"echo", "X"},
       }) {
    INFO(argv.front() << " " << argv.at(1));
    CHECK_FALSE(runs(argv, "X"));
  }
}

TEST_CASE("a value from outside in a shell's program is refused, with the remedy; a date of the run is not") {
  const auto command = [](const std::string& script) {
    return said_of_job("name: a\nschedule: manual\nprompt: x\ncommand: [/bin/sh, -c, \"" + script + "\"]\n");
  };
  CHECK(says(command("echo {{input.name}}"), {"{{input.name}} comes from outside", "'/bin/sh' runs", "Pass it as"}));
  CHECK(says(command("echo {{input}}"), {"{{input}} comes from outside"}));
  CHECK(says(command("echo {{previous.output}}"), {"{{previous.output}} comes from outside"}));
  CHECK(command("echo {{today}} {{job}} {{run}} {{window.start:%F}}").empty());
  CHECK(said_of_job("name: a\nschedule: manual\nprompt: x\ncommand: [sh, -c, 'echo \"$1\"', sh, \"{{input.name}}\"]\n")
            .empty());
  CHECK(says(said_with("inputs:\n  mail: {exec: [fetch]}\n  x: {exec: [env, bash, -lc, \"echo {{inputs.mail}}\"]}\n"),
             {"{{inputs.mail}} comes from outside"}));
  CHECK(says(said_with("when: [sh, -c, \"test {{input.n}} -gt 0\"]\n"), {"{{input.n}} comes from outside"}));
}

TEST_CASE("a token of a query stands where a value may stand: not in quotes, names or comments") {
  const auto faults = [](const std::string& query) {
    std::string out;
    for (const MisplacedToken& each : misplaced_tokens(query)) out += each.fault.substr(0, each.fault.find(';')) + "|";
    return out;
  };
  CHECK(faults("select * from t where day = {{yesterday}} and n > {{input.n}}") == "");
  CHECK(faults("select '{{yesterday}}'") == "{{yesterday}} stands in quotes, where it is text and no value|");
  CHECK(faults("select 'it''s {{today}}', {{today}}") == "{{today}} stands in quotes, where it is text and no value|");
  CHECK(faults("select E'a\\'{{today}}'") == "{{today}} stands in quotes, where it is text and no value|");
  CHECK(faults("select 'a\\', {{today}}") == "");
  CHECK(faults("select $$ {{today}} $$, $x$ '{{as_of}} $x$, {{today}}") ==
        "{{today}} stands in quotes, where it is text and no value|{{as_of}} stands in quotes, where it is text and no "
        "value|");
  CHECK(faults("select \"{{job}}\"") == "{{job}} stands in a name, and a token is a value|");
  CHECK(faults("select 1 -- {{today}}\n, {{today}}") == "{{today}} stands in a comment|");
  CHECK(faults("select /* /* {{today}} */ ' */ {{today}}") == "{{today}} stands in a comment|");
  CHECK(faults("select price$1, {{today}}, 'x'") == "");
  CHECK(says(said_with("inputs: {o: {sql: \"select * from o where day = '{{yesterday}}'\"}}\n"),
             {"inputs.o.sql", "{{yesterday}} stands in quotes", "write it without them"}));
}
