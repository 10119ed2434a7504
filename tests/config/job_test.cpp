// Jobs: what a file must and may say, and what it refers to.
#include "config/canonical/canonical.hpp"
#include "config/support.hpp"
#include "config/table/section.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

Job job_of(const std::string& text) {
  const auto found = load(text);
  for (const std::string& message : said(found.diagnostics)) UNSCOPED_INFO(message);
  REQUIRE(found.jobs.size() == 1);
  return found.jobs.front();
}

std::vector<std::string> said_with(const std::string& lines) { return said_of_job(job_with(lines)); }

}  // namespace

TEST_CASE("ten lines are a whole job") {
  const Job job = job_of(R"(name: standup
schedule: 0 9 * * mon-fri Europe/Berlin
inputs:
  notes: {exec: [get-notes, "{{window.start}}", "{{window.end}}"], data_time: /notes/*/at}
prompt: |
  Summarise the stand-up notes for {{today}}. Say so if there are none.

  {{inputs.notes}}
)");
  CHECK(job.name == "standup");
  CHECK(job.schedule.text == "0 9 * * mon-fri Europe/Berlin");
  REQUIRE(job.inputs.size() == 1);
  CHECK(std::get<ExecAction>(job.inputs[0].action).argv.size() == 3);
  CHECK(job.inputs[0].data_time == "/notes/*/at");
  CHECK(job.inputs[0].required);
  CHECK(job.prompt.ends_with("{{inputs.notes}}\n"));
  CHECK(job.provider == "primary");
  CHECK(job.limits == Limits{});
  CHECK(job.source == "job.yaml:1");
}

TEST_CASE("a job must have a name, a schedule and a prompt, and hears of all three at once") {
  const auto messages = said_of_job("description: x\n");
  CHECK(messages.size() == 3);
  CHECK(says(messages, {"1:1: 'name' is missing"}));
  CHECK(says(messages, {"'schedule' is missing"}));
  CHECK(says(messages, {"'prompt' is missing"}));
}

TEST_CASE("every key reaches the job") {
  const Job job = job_of(job_with(R"(description: For tests
system: Be brief.
provider: demo
max_output_tokens: 500
params: {temperature: 0.5, top_k: 3, seed: null, stop: ["yes", no]}
output: {format: json, schema: {type: object}, min_chars: 10, must_end_with: "."}
clocks: observe
limits: {wall: 1h30m, model_calls: 3, tool_calls: 0}
inputs:
  page:
    http: {method: POST, url: "https://a.example/{{today}}", headers: {X-Day: "{{today}}"}, body: "{{window.start}}", allow_private: true, hosts: b.example}
    data_time: header:Last-Modified
    max_bytes: 1 MiB
    required: false
    timeout: 5s
  more: {file: "/srv/{{today:%Y}}/notes", max_bytes: 100}
)"));
  CHECK(job.description == "For tests");
  CHECK(job.system == "Be brief.");
  CHECK(job.provider == "demo");
  CHECK(job.max_output_tokens == 500);
  CHECK(dump_json(job.params) == R"({"seed":null,"stop":["yes","no"],"temperature":0.5,"top_k":3})");
  CHECK(job.output.format == OutputRules::Format::json);
  CHECK(job.output.min_chars == 10);
  CHECK(job.limits == Limits{minutes{90}, 3, 0});
  const auto& http = std::get<HttpAction>(job.inputs[0].action);
  CHECK(http ==
        HttpAction{
            "POST", "https://a.example/{{today}}", {{"X-Day", "{{today}}"}}, "{{window.start}}", true, {"b.example"}});
  CHECK(job.inputs[0].max_bytes == 1024 * 1024);
  CHECK_FALSE(job.inputs[0].required);
  CHECK(job.inputs[0].timeout == seconds{5});
  CHECK(std::get<FileAction>(job.inputs[1].action).path == "/srv/{{today:%Y}}/notes");
}

TEST_CASE("values of the wrong type are refused with what they must be") {
  CHECK(says(said_with("limits: {model_calls: many}\n"), {"4:23: limits.model_calls: 'many' is not a whole number"}));
  CHECK(says(said_with("limits: {model_calls: \"5\"}\n"), {"write the number without quotes"}));
  CHECK(says(said_with("limits: {model_calls: 0}\n"), {"out of range; it must be from 1 to 10000"}));
  CHECK(says(said_with("limits: {wall: 10 minutes}\n"), {"'10 minutes' is not a duration; write it like 90s"}));
  CHECK(says(said_with("limits: 5\n"), {"4:9: limits: is text, but must be a mapping"}));
  CHECK(says(said_with("description: [a]\n"), {"description: is a list, but must be a text"}));
  CHECK(says(said_with("description:\n"), {"description: has no value"}));
  CHECK(says(said_with("system: \"\"\n"), {"system: is empty"}));
  CHECK(says(said_with("tools: {a: 1}\n"), {"tools: is a mapping, but must be a list"}));
  CHECK(says(said_with("inputs: {a: {file: x, required: yes}}\n"), {"neither true nor false"}));
  CHECK(says(said_with("inputs: {a: {file: x, max_bytes: 3 GB}}\n"), {"is not a size"}));
  CHECK(says(said_with("params: {a: .nan}\n"), {"has no form in JSON"}));
  CHECK(says(said_with("params: {a: 0123}\n"), {"leading zero"}));
  CHECK(says(said_with("params: {a: 99999999999999999999}\n"), {"too large"}));
}

TEST_CASE("an unknown token is reported at its own line of the prompt") {
  const auto messages =
      said_of_job("name: a\nschedule: manual\nprompt: |\n  Hello {{today}}\n\n    and {{yesterdy}}, {{today:%Q}}\n");
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].find("6:9: prompt: {{yesterdy}} is not a known token") == 0);
  CHECK(messages[1].find("6:23: prompt: ") == 0);
}

TEST_CASE("an input may name only inputs that stand before it") {
  CHECK(load(job_with("inputs:\n  a: {file: x}\n  b: {exec: [y, \"{{inputs.a}}\"]}\n")).ok());
  CHECK(says(said_with("inputs:\n  b: {exec: [y, \"{{inputs.a}}\"]}\n  a: {file: x}\n"), {"5:17: ", "'a'"}));
  CHECK(says(said_with("inputs:\n  b: {file: \"{{inputs.b}}\"}\n"), {"'b'"}));
  CHECK(says(said_of_job("name: a\nschedule: manual\nprompt: \"{{inputs.nots}}\"\ninputs: {notes: {file: x}}\n"),
             {"3:9: prompt: ", "'nots'", "did you mean 'notes'?"}));
}

TEST_CASE("a template in `system` is a warning, because it defeats prompt caches") {
  const auto found = load(job_with("system: It is {{today}}\n"));
  CHECK(found.ok());
  CHECK(says(said(found.diagnostics), {"4:9: warning: system:", "prompt cache"}));
}

TEST_CASE("a command is a list, never a shell string") {
  CHECK(says(said_with("inputs: {a: {exec: ls -l}}\n"), {"4:20: inputs.a.exec:", "[command, argument, …]"}));
  CHECK(says(said_with("inputs: {a: {exec: []}}\n"), {"names no command"}));
  CHECK(says(said_with("inputs: {a: {exec: [x], file: y}}\n"), {"exec and file cannot stand together"}));
  CHECK(says(said_with("inputs: {a: {timeout: 5s}}\n"), {"needs one of exec, http, file and sql"}));
}

TEST_CASE("a URL is http or https, with a host and without credentials") {
  auto said_of_url = [](const std::string& url) { return said_with("inputs: {a: {http: {url: \"" + url + "\"}}}\n"); };
  CHECK(said_of_url("https://a.example:8443/x?y={{today}}").empty());
  CHECK(says(said_of_url("ftp://a.example"), {"must begin with http:// or https://"}));
  CHECK(says(said_of_url("https:///x"), {"has no host"}));
  CHECK(says(said_of_url("https://{{inputs.x}}/"), {"leaves the host open"}));
  const auto messages = said_of_url("https://me:hunter2@a.example/");
  CHECK(says(messages, {"holds a user name or password"}));
  CHECK_FALSE(says(messages, {"hunter2"}));
}

TEST_CASE("headers take secrets by name, and a literal one is a warning that does not repeat it") {
  auto said_of_header = [](const std::string& header) {
    return said_with("inputs: {a: {http: {url: \"https://a.example\", headers: {" + header + "}}}}\n");
  };
  CHECK(said_of_header("Authorization: \"Bearer ${credential:crm}\"").empty());
  CHECK(says(said_of_header("Authorization: \"Bearer ${vault:crm}\""), {"neither ${credential:NAME} nor ${env:NAME}"}));
  CHECK(says(said_of_header("\"bad name\": x"), {"'bad name' is not a header name"}));
  const auto messages = said_of_header("authorization: Bearer hunter2");
  CHECK(says(messages, {"warning", "holds its secret in the file"}));
  CHECK_FALSE(says(messages, {"hunter2"}));
}

TEST_CASE("data_time is a pointer, or a header where there are headers") {
  CHECK_FALSE(load(job_with("inputs: {a: {file: x, data_time: notes}}\n")).ok());
  CHECK(says(said_with("inputs: {a: {file: x, data_time: header:Date}}\n"), {"which only http has"}));
}

TEST_CASE("the provider is the job's, else the default, else the only one, else a fault that lists them") {
  Config config = sample_config();
  auto load_with = [&] { return parse_jobs(job_with(""), "job.yaml", {.config = &config, .now = early_june()}); };
  CHECK(load_with().jobs.at(0).provider == "primary");
  config.defaults.provider.reset();
  CHECK(says(said(load_with().diagnostics), {"provider is missing", "demo and primary"}));
  config.providers.erase("primary");
  CHECK(load_with().jobs.at(0).provider == "demo");
  config.providers.clear();
  CHECK(says(said(load_with().diagnostics), {"there is no provider"}));
  CHECK(says(said_with("provider: primry\n"), {"4:11: provider: 'primry'", "did you mean 'primary'?"}));
}

TEST_CASE("without a configuration names are not resolved, but their shape is checked") {
  auto load_alone = [](const std::string& lines) {
    return parse_jobs(job_with(lines), "job.yaml", {.now = early_june()});
  };
  CHECK(load_alone("provider: anything\ntools: [whatever, clock]\n").ok());
  CHECK_FALSE(load_alone("provider: two words\n").ok());
  CHECK_FALSE(load_alone("tools: [two words]\n").ok());
}

TEST_CASE("tools are named, and bound arguments must exist") {
  const Job job = job_of(job_with("tools: [mail, {name: crm.get, bind: {since: \"{{window.start}}\"}}, clock]\n"));
  REQUIRE(job.tools.size() == 3);
  CHECK(job.tools[1].bind.at("since") == "{{window.start}}");
  CHECK(says(said_with("tools: [crm.gte]\n"), {"4:9: tools[0]: 'crm.gte' is not declared", "did you mean 'crm.get'?"}));
  CHECK(says(said_with("tools: [{name: crm.get, bind: {sinc: x}}]\n"),
             {"4:32: ", "has no argument 'sinc'; did you mean 'since'?"}));
  CHECK(load(job_with("tools: [{name: mail, bind: {whatever: 5}}]\n")).ok());
  CHECK(says(said_with("tools: [{name: mail, bind: {to: \"{{tody}}\"}}]\n"), {"{{tody}} is not a known token"}));
  CHECK(says(said_with("tools: [{name: mail, bind: {to: [{deep: \"{{tody}}\"}]}}]\n"),
             {"{{tody}} is not a known token"}));
  CHECK(says(said_with("tools: [mail, mail]\n"), {"'mail' is listed twice"}));
  CHECK(says(said_with("tools: [{name: clock, bind: {x: 1}}]\n"), {"not possible for clock"}));
  CHECK(says(said_with("tools: [{name: mail, bind: {nowd_as_of: x}}]\n"), {"cannot be bound"}));
}

TEST_CASE("an output schema leaves the model's date to nowd") {
  CHECK(says(said_with("output: {format: json, schema: {type: object, properties: {nowd_as_of: {type: string}}}}\n"),
             {"output.schema: has a property 'nowd_as_of'"}));
}

TEST_CASE("an output schema needs the JSON format") {
  CHECK(says(said_with("output: {schema: {type: object}}\n"), {"output.schema: is for format: json only"}));
}

TEST_CASE("what the design names but nowd cannot do yet is refused, never ignored") {
  for (const std::string line : {"slo: {}", "degrade: x"}) {
    INFO(line);
    CHECK(says(said_with(line + "\n"), {"4:", "is not supported yet; "}));
  }
}

TEST_CASE("every unbuilt key is out of the tables of those that work") {
  for (const SectionTable* table : all_section_tables())
    for (const Unbuilt& one : table->unbuilt) {
      INFO(std::string(one.key));
      CHECK(table->has(one.key) == !one.value.empty());
      CHECK_FALSE(one.meanwhile.empty());
    }
}

TEST_CASE("several documents are several jobs, and names are unique among them") {
  CHECK(load(job_with("") + "---\nname: other\nschedule: manual\nprompt: x\n").jobs.size() == 2);
  CHECK(says(said_of_job(job_with("") + "---\n" + job_with("")),
             {"5:7: job 'standup' is in this file already, at line 1"}));
}

TEST_CASE("a file counts as a whole: one fault in it, and none of its jobs is new") {
  const auto found = load(job_with("") + "---\nname: other\nschedule: 61 9 * * *\nprompt: x\n");
  CHECK(found.jobs.empty());
  CHECK(found.broken_jobs == std::set<JobName>{"standup", "other"});
  CHECK(found.files == std::map<std::string, bool>{{"job.yaml", false}});
}

TEST_CASE("what becomes of missed and overlapping occurrences is read, and checked") {
  const auto job = [](const std::string& part) {
    return load(job_with_schedule("{cron: 0 9 * * *, " + part + "}")).jobs.at(0);
  };
  CHECK(job("gap: next").missed == MissedRules{});
  CHECK(job("missed: skip").missed.policy == MissedRules::Policy::skip);
  const MissedRules rules = job("missed: {policy: all, grace: 1m, window: 3h, not_after: \"18:00\", max: 3}").missed;
  CHECK(rules == MissedRules{MissedRules::Policy::all, minutes{1}, hours{3}, hours{18}, 3});
  CHECK(job("overlap: buffer_one").overlap.policy == OverlapRules::Policy::buffer_one);
  CHECK(job("overlap: {policy: buffer_all, max: 7}").overlap == OverlapRules{OverlapRules::Policy::buffer_all, 7});
  CHECK(job("concurrency_key: repo-x").concurrency_key == "repo-x");
  const auto said = [](const std::string& part) {
    return said_of_job(job_with_schedule("{cron: 0 9 * * *, " + part + "}"));
  };
  CHECK(says(said("missed: lates"), {"did you mean 'latest'?"}));
  CHECK(says(said("missed: {window: 30s}"), {"is shorter than grace"}));
  CHECK(says(said("missed: {max: 3}"), {"is for policy: all only"}));
  CHECK(says(said("missed: {not_after: 6pm}"), {"is not a time of day"}));
  CHECK(says(said("overlap: {policy: skip, max: 3}"), {"is for policy: buffer_all only"}));
}

TEST_CASE("a policy is no part of when a job runs: changing it moves no occurrence") {
  const auto with = [](const std::string& part) {
    return load(job_with_schedule("{cron: 0 9 * * *, " + part + "}")).jobs.at(0);
  };
  CHECK(with("missed: skip").schedule_revision == with("missed: latest").schedule_revision);
  CHECK(with("missed: skip").revision != with("missed: latest").revision);
}

TEST_CASE("a job may demand calls of its tools, of tools that it has, each once") {
  const auto job = [](const std::string& output) {
    return job_with("tools: [mail, crm.get]\noutput: " + output + "\n");
  };
  const LoadedJobs loaded = load(job("{must_call: [mail]}"));
  REQUIRE(loaded.jobs.size() == 1);
  CHECK(loaded.jobs[0].output.must_call == std::vector<std::string>{"mail"});
  CHECK(loaded.jobs[0].canonical.find(R"("must_call":["mail"])") != std::string::npos);
  CHECK(job_from_canonical(loaded.jobs[0].canonical, nullptr)->output.must_call == std::vector<std::string>{"mail"});
  CHECK(load(job("{min_chars: 1}")).jobs.at(0).canonical.find("must_call") == std::string::npos);
  CHECK(says(said_of_job(job("{must_call: [mial]}")), {"output.must_call", "'mial'", "did you mean 'mail'?"}));
  CHECK(says(said_of_job(job("{must_call: [mail, mail]}")), {"'mail' is listed twice"}));
  CHECK(says(said_of_job(job_with("output: {must_call: mail}\n")), {"'mail' is no tool of this job, which has none"}));
  CHECK(says(said_of_job("name: a\nschedule: manual\nprompt: x\ncommand: [x]\noutput: {must_call: mail}\n"),
             {"nowd cannot see the effects of a command"}));
}
