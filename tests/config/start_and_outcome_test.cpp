// What decides that a job runs besides its schedule (when, after), and who hears of its end (deliver, on_failure).
#include <filesystem>
#include <fstream>

#include "config/support.hpp"
#include "foundation/random.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

std::vector<std::string> said_with(const std::string& lines) { return said_of_job(job_with(lines)); }
Job job_of(const std::string& lines) { return load(job_with(lines)).jobs.at(0); }

LoadedJobs load_all(const std::string& text, bool all_jobs = true) {
  const std::string path = (std::filesystem::temp_directory_path() / ("nowd-" + random_uuid() + ".yaml")).string();
  std::ofstream(path) << text;
  LoadedJobs loaded = load_jobs({path}, {.config = &sample_config(), .now = early_june(), .all_jobs = all_jobs});
  std::filesystem::remove(path);
  return loaded;
}

std::string named(const std::string& name, const std::string& lines) {
  return "---\nname: " + name + "\nprompt: x\n" + lines;
}

}  // namespace

TEST_CASE("sinks of a job are names of nowd.yaml, one or several, each once") {
  CHECK(job_of("deliver: slack\n").deliver == std::vector<std::string>{"slack"});
  CHECK(job_of("deliver: [slack, ops]\non_failure: ops\n").on_failure == std::vector<std::string>{"ops"});
  CHECK(says(said_with("deliver: slak\n"), {"4:10", "deliver", "'slak' is not declared", "did you mean 'slack'?"}));
  CHECK(says(said_with("on_failure: [ops, ops]\n"), {"'ops' is listed twice"}));
}

TEST_CASE("an alert that can only go through the sink it may be about is a warning") {
  CHECK(says(said_with("deliver: slack\non_failure: slack\n"), {"warning", "if that sink breaks, no message arrives"}));
  CHECK(said_with("deliver: slack\non_failure: [slack, ops]\n").empty());
  CHECK(said_with("deliver: [slack]\non_failure: ops\n").empty());
}

TEST_CASE("a heartbeat is a URL without templates; its secret may stand outside the file") {
  CHECK(job_of("heartbeat: https://hc.example.com/1\n").heartbeat == "https://hc.example.com/1");
  CHECK(job_of("heartbeat: \"${env:HC}\"\n").heartbeat == "${env:HC}");
  CHECK(says(said_with("heartbeat: hc.example.com\n"), {"must begin with http"}));
  CHECK(says(said_with("heartbeat: \"https://x/{{run}}\"\n"), {"templates are not filled in here"}));
}

TEST_CASE("when is a command or a query, and one of both") {
  CHECK(std::get<ExecAction>(job_of("when: [test, -e, /x]\n").when->action).argv.size() == 3);
  const When query = *job_of("when: {sql: select 1, timeout: 5s}\n").when;
  CHECK(std::get<SqlAction>(query.action).query == "select 1");
  CHECK(query.timeout == seconds{5});
  CHECK(says(said_with("when: {exec: [a], sql: b}\n"), {"cannot stand together"}));
  CHECK(says(said_with("when: test -e x\n"), {"when"}));
  CHECK(says(said_with("when: {sql: \"select {{tody}}\"}\n"), {"{{tody}}", "did you mean {{today}}?"}));
}

TEST_CASE("data from outside names no program") {
  CHECK(says(said_with("when: [\"{{input.program}}\"]\n"), {"lets data from outside name the program"}));
  CHECK(said_with("when: [check, \"{{input.customer}}\"]\n").empty());
}

TEST_CASE("a job that follows another needs no schedule, and has the default zone") {
  const LoadedJobs loaded = load_all(named("a", "schedule: manual\n") + named("b", "after: a\n"));
  REQUIRE(said(loaded.diagnostics).empty());
  CHECK(loaded.jobs.at(1).after == "a");
  CHECK(loaded.jobs.at(1).schedule.text == "after a");
  CHECK(loaded.jobs.at(1).schedule.zone.name() == "Europe/Berlin");
  CHECK(says(said_of_job("name: b\nprompt: x\n"), {"'schedule' is missing"}));
}

TEST_CASE("a chain that never starts is refused, and names where it breaks") {
  const auto alone = load_all(named("b", "after: a\n"));
  CHECK(says(said(alone.diagnostics), {"b: after: there is no job 'a'"}));
  CHECK(alone.jobs.empty());
  CHECK(load_all(named("b", "after: a\n"), false).ok());  // one file of several
  const auto circle = load_all(named("a", "after: c\n") + named("b", "after: a\n") + named("c", "after: b\n"));
  CHECK(says(said(circle.diagnostics), {"the chain from 'c' comes back to this job"}));
  CHECK(says(said_of_job("name: a\nprompt: x\nafter: a\n"), {"names the job itself"}));
}

TEST_CASE("what the run said that a job follows needs a job to follow") {
  CHECK(says(said_of_job("name: a\nschedule: manual\nprompt: \"{{after.output}}\"\n"), {"there is no after: key"}));
  CHECK(said_of_job("name: a\nschedule: manual\nprompt: \"{{previous.output}} {{input}} {{input.a.b}}\"\n").empty());
}

TEST_CASE("a prompt in a file of its own is part of the revision, and its faults have their line") {
  const auto folder = std::filesystem::temp_directory_path() / ("nowd-" + random_uuid());
  std::filesystem::create_directories(folder);
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
    return (folder / name).string();
  };
  const std::string file = write("job.yaml", "name: a\nschedule: manual\nprompt: {file: prompt.md}\n");
  const auto load_it = [&] { return load_jobs({file}, {.config = &sample_config(), .now = early_june()}); };
  CHECK(says(said(load_it().diagnostics), {"prompt.md", "a relative path counts from this file's folder"}));
  write("prompt.md", "Hello\n{{today}}\n");
  const LoadedJobs first = load_it();
  REQUIRE(first.ok());
  CHECK(first.jobs.at(0).prompt == "Hello\n{{today}}\n");
  write("prompt.md", "Hello\n{{tody}}\n");
  CHECK(says(said(load_it().diagnostics), {"3:16", "prompt.md:2", "{{tody}}"}));
  write("prompt.md", "Bye\n");
  CHECK(load_it().jobs.at(0).revision != first.jobs.at(0).revision);
  write("prompt.md", " \n");
  CHECK(says(said(load_it().diagnostics), {"is empty"}));
  std::filesystem::remove_all(folder);
}

TEST_CASE("how long a delivery is right is the job's to say, else its lateness and length") {
  CHECK(validity(job_of("clocks: {valid_for: 3h}\n")) == hours{3});
  CHECK(validity(job_of("")) == hours{2} + minutes{10});
  CHECK(validity(job_of("limits: {wall: 1h}\n")) == hours{3});
}

TEST_CASE("defaults of nowd.yaml are where a job begins") {
  const auto loaded = parse_config(
      "sinks: {ops: {exec: [/bin/notify]}}\nproviders: {p: {api: script, script: [Hi]}}\n"
      "defaults:\n  on_failure: ops\n  deliver: ops\n  limits: {wall: 1m, tool_calls: 3}\n  system: Be brief.\n"
      "  max_output_tokens: 100\n  params: {temperature: 0, top_p: 1}\n  output: {min_chars: 5}\n"
      "  clocks: {valid_for: 1h}\n",
      "nowd.yaml");
  REQUIRE(said(loaded.diagnostics).empty());
  const JobContext context{.config = &loaded.config, .now = early_june()};
  const auto job = parse_jobs(job_with("limits: {wall: 2m}\nparams: {top_p: 0.5}\n"), "job.yaml", context).jobs.at(0);
  CHECK(job.on_failure == std::vector<std::string>{"ops"});
  CHECK(job.deliver == std::vector<std::string>{"ops"});
  CHECK(job.limits == Limits{minutes{2}, 25, 3});
  CHECK(job.system == "Be brief.");
  CHECK(job.max_output_tokens == 100);
  CHECK(dump_json(job.params) == R"({"temperature":0,"top_p":0.5})");
  CHECK(job.output.min_chars == 5);
  CHECK(validity(job) == hours{1});
  CHECK(says(said_of_config("defaults: {on_failure: ops}\n"), {"sink 'ops' is not declared"}));
}
