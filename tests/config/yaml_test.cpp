// What YAML nowd accepts, and where it says that something is wrong.
#include "config/support.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

using Said = std::vector<std::string>;

TEST_CASE("a diagnostic reads like a compiler's: file, line, column, what and what to do") {
  const Diagnostic error{Diagnostic::Severity::error, "jobs/digest.yaml", 7, 3, "minute '61' is not in 0-59"};
  CHECK(error.str() == "jobs/digest.yaml:7:3: minute '61' is not in 0-59");
  const Diagnostic whole{Diagnostic::Severity::warning, "nowd.yaml", 0, 0, "no such file"};
  CHECK(whole.str() == "nowd.yaml: warning: no such file");
}

TEST_CASE("an unknown key is never ignored, and the nearest known one is offered") {
  CHECK(said_of_job("name: a\nschedule: manual\npromt: x\nprompt: x\n") ==
        Said{"3:1: unknown key 'promt'; did you mean 'prompt'?"});
  CHECK(says(said_of_job(job_with("limits: {modelcalls: 3}\n")),
             {"4:10: unknown key 'modelcalls' in limits", "'model_calls'"}));
  CHECK(says(said_of_job(job_with("zebra: 3\n")), {"unknown key 'zebra'; known are name, description, schedule"}));
}

TEST_CASE("all faults of a file are reported at once, in its order") {
  const auto found = load("name: Bad Name\nschedule: 61 9 * * *\nprompt: '{{todday}}'\nlimits: {wall: soon}\nx: 1\n");
  REQUIRE(said(found.diagnostics).size() == 5);
  for (std::size_t i = 0; i < 5; ++i) CHECK(found.diagnostics[i].line == static_cast<int>(i) + 1);
  CHECK(found.jobs.empty());
}

TEST_CASE("a key that is given twice is refused at its second place, naming the first") {
  CHECK(said_of_job("name: a\nschedule: manual\nprompt: x\nname: b\n") ==
        Said{"4:1: key 'name' is given twice, first at line 1; remove one"});
}

TEST_CASE("anchors, aliases, tags and merge keys are refused, wherever they stand") {
  CHECK(says(said_of_job(job_with("params: {a: &x 1}\n")), {"4:13: anchors (&) are not supported"}));
  CHECK(says(said_of_job(job_with("params: {a: &x 1, b: *x}\n")), {"4:22: aliases (*name) are not supported"}));
  CHECK(says(said_of_job(job_with("description: !!str x\n")), {"4:14: tags are not supported"}));
  CHECK(says(said_of_job(job_with("params: !!map {a: 1}\n")), {"4:9: tags are not supported"}));
  CHECK(says(said_of_job(job_with("<<: {a: 1}\n")), {"4:1: merge keys (<<) are not supported"}));
}

TEST_CASE("an alias bomb is a fault, not a walk over millions of nodes") {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    const std::string previous = std::string("*") + static_cast<char>(c - 1) + ", ";
    bomb += std::string(1, c) + ": &" + c + " [" + previous + previous + previous + previous + "x]\n";
  }
  const auto found = load(bomb);
  CHECK_FALSE(found.ok());
  CHECK(found.diagnostics.size() <= 101);
}

TEST_CASE("a cron expression that YAML takes for an alias, or refuses for its @, gets the right advice") {
  CHECK(says(said_of_job(job_with_schedule("*/5 * * * * UTC")), {"3:11: aliases", "must be quoted: \"*/5 * * * *\""}));
  CHECK(says(said_of_job(job_with_schedule("* * * * * UTC")), {"must be quoted"}));
  CHECK(says(said_of_job(job_with_schedule("@daily UTC")), {"3:11: a text cannot start with '@' in YAML; quote it"}));
}

TEST_CASE("a template that YAML takes for a mapping gets the right advice") {
  CHECK(says(said_of_job("name: a\nschedule: manual\nprompt: {{today}}\n"),
             {"3:10: a key must be plain text", "quote it: \"{{today}}\""}));
}

TEST_CASE("a syntax error has a place, and hides nothing that was read before it") {
  const auto found = load("name: a\nschedule: manual\nprompt: x\npromt: y\n---\nname: b\nprompt: hi: there\n");
  CHECK(says(said(found.diagnostics), {"4:1: unknown key 'promt'"}));
  CHECK(says(said(found.diagnostics), {"7:11: there is a ':' where none can be"}));
  CHECK(found.broken_jobs == std::set<JobName>{"a", "b"});
}

TEST_CASE("bytes that are not text are refused before anything reads them") {
  CHECK(
      says(said_of_job(job_with("description: a") + std::string(1, '\0') + "b\n"), {"4:15: there is a NUL byte here"}));
  CHECK(says(said_of_job(job_with("description: \xff\n")), {"4:14: byte 0xff is not UTF-8; save the file as UTF-8"}));
  CHECK(says(said_of_job(job_with("description: \xc0\xaf\n")), {"byte 0xc0 is not UTF-8"}));
  CHECK(says(said_of_job(job_with("description: \xed\xa0\x80\n")), {"byte 0xed is not UTF-8"}));
  CHECK(says(said_of_job(job_with("description: \"a\\0b\"\n")), {"4:14: there is a NUL character in this text"}));
}

TEST_CASE("a control character cannot hide the rest of a file from the reader") {
  // yaml-cpp takes byte 4 for the end of the input.
  CHECK(says(said_of_job(job_with("\x04 unknown: 1\n")), {"4:1: there is a control character (0x04) here"}));
}

TEST_CASE("a file is bounded in size, depth and number of values") {
  CHECK(says(said_of_job(job_with("# " + std::string(1024 * 1024, 'x'))), {"larger than 1 MiB"}));
  CHECK(
      says(said_of_job(job_with("params: " + std::string(40, '[') + std::string(40, ']'))), {"deeper than 32 levels"}));
  CHECK(says(said_of_job(job_with("params: " + std::string(500'000, '['))), {""}));
  std::string many = job_with("params: {a: [");
  for (int i = 0; i < 60'000; ++i) many += "1,";
  CHECK(says(said_of_job(many + "]}\n"), {"more than 50 000 values"}));
}

TEST_CASE("what YAML cannot attach to a document is not taken for a new one in silence") {
  CHECK(says(said_of_job("{name: a, schedule: manual, prompt: x}\n{name: b, schedule: manual, prompt: x}\n"),
             {"2:1: there is more text after the end of a document", "'---'"}));
  CHECK(load("name: a\nschedule: manual\nprompt: x\n...\nname: b\nschedule: manual\nprompt: x\n").ok());
}

TEST_CASE("text that YAML's reader would repeat for ever ends with a fault at once") {
  CHECK(said_of_job(",") ==
        Said{"1:1: this cannot be read as YAML; check the brackets, quotes and indentation before it"});
  CHECK(says(said_of_job("---\n,\n"), {"2:1: this cannot be read as YAML"}));
  for (const std::string text : {"?\n,", "- a\n,b", "]", "a: 1\n} b", "[a]]"}) {
    INFO(text);
    CHECK_FALSE(load(text).ok());
  }
}

TEST_CASE("empty documents and empty files are no jobs and no faults") {
  for (const std::string text : {"", "\n", "# nothing\n", "---\n", "---\n---\n...\n", "~\n", "\xef\xbb\xbf"}) {
    INFO(text);
    const auto found = load(text);
    CHECK(found.ok());
    CHECK(found.jobs.empty());
  }
}

TEST_CASE("a file that holds no end of faults is reported in bounded length") {
  std::string text;
  for (int i = 0; i < 5'000; ++i) text += "key" + std::to_string(i) + ": 1\n";
  CHECK(load(text).diagnostics.size() == 101);
}

TEST_CASE("a tab that indents is refused; inside a block of text it is text") {
  for (const std::string text :
       {"name: a\n\tprompt: b\n", "schedule:\n\tcron: x\n", "name: a\nschedule:\n  \tcron: x\n"})
    CHECK(says(said_of_job(text), {"YAML does not allow tabs for indentation; use spaces"}));
  CHECK(says(said_of_job("name: a\n\tprompt: b\n"), {"2:1: YAML does not allow tabs"}));
  const std::string block = "name: standup\nschedule: manual\nprompt: |\n  All:\n\n  \tindented\n   \t x\n# end\n";
  CHECK(said_of_job(block).empty());
  CHECK(load(block).jobs.at(0).prompt == "All:\n\n\tindented\n \t x\n");
  CHECK(said_of_job("name: standup\nschedule: manual\nprompt: >-  # folded\n  a\n  \tb\n").empty());
  CHECK(says(said_of_job("name: standup\nprompt: |\n  a\nschedule:\n\tmanual\n"), {"5:1: YAML does not allow tabs"}));
}

TEST_CASE("a file without a job, and an empty configuration, are warned of: they may have been cut short") {
  for (const std::string text : {"", "\n \n", "# name: standup\n", "---\n"}) {
    CHECK(says(said_of_job(text), {"1:1: warning: the file ", "write a job into it"}));
    CHECK(says(said_of_config(text), {"1:1: warning: the file ", "write database: and jobs: into it"}));
  }
}

TEST_CASE("where a mapping must stand, the message shows a right one") {
  CHECK(says(said_of_job(job_with("retention: 90d\n")), {"retention: is text, but must be a mapping", "{bodies: 30d"}));
  CHECK(says(said_of_job(job_with("output: json\n")), {"output: is text, but must be a mapping", "{format: json}"}));
  CHECK(
      says(said_of_job(job_with("inputs: [{exec: [a]}]\n")), {"inputs: is a list, but must be a mapping", "{exec: ["}));
  CHECK(says(said_of_job(job_with("limits:\n")), {"limits: has no value", "{wall: 10m"}));
  CHECK(says(said_of_config("sinks: {s: {webhook: \"https://x.example/\"}}\n"),
             {"webhook: is text, but must be a mapping", "{url: "}));
  CHECK(says(said_of_config("sinks: [slack]\n"), {"sinks: is a list, but must be a mapping", "{NAME: {webhook: "}));
  CHECK(says(said_of_config("tools: {t: [ls]}\n"), {"must be a mapping, such as {exec: ["}));
  CHECK(says(said_of_config("providers: {p: openai}\n"), {"must be a mapping, such as {api: openai-chat"}));
}

TEST_CASE("a key in the wrong mapping is sent to the right one") {
  CHECK(says(said_of_job(job_with("cron: 0 9 * * *\n")), {"4:1: 'cron' belongs under 'schedule:'"}));
  CHECK(says(said_of_job(job_with("timezone: Europe/Berlin\n")), {"'timezone' belongs under 'schedule:'"}));
  CHECK(says(said_of_job(job_with("environment: {A: b}\n")), {"'environment' belongs under 'command:'"}));
  CHECK(says(said_of_job(job_with("format: json\n")), {"'format' belongs under 'output:'"}));
  CHECK(says(said_of_config("timezone: UTC\n"), {"'timezone' belongs under 'defaults:'"}));
  CHECK(says(said_of_config("provider: {a: {api: script}}\n"), {"did you mean 'providers'?"}));
}

TEST_CASE("a sink that stands in the job is sent to nowd.yaml") {
  CHECK(says(said_of_job(job_with("deliver: {webhook: {url: x}}\n")),
             {"deliver: is a mapping, but names sinks", "declare the sink under sinks: in nowd.yaml"}));
}

TEST_CASE("an abbreviation of a time zone is warned of, with a place that has its rules") {
  CHECK(
      says(said_of_job(job_with_schedule("0 9 * * * CET")), {"warning", "'CET' is an abbreviation", "Europe/Berlin"}));
  CHECK(says(said_of_job(job_with_schedule("{cron: 0 9 * * *, timezone: PST8PDT}")),
             {"warning", "'PST8PDT' is an abbreviation", "America/Los_Angeles"}));
  CHECK(says(said_of_config("defaults: {timezone: EST}\n"), {"warning", "'EST' is an abbreviation"}));
  for (const std::string zone : {"UTC", "Europe/Berlin", "Japan", "Etc/GMT+5"})
    CHECK_FALSE(says(said_of_job(job_with_schedule("0 12 * * * " + zone)), {"abbreviation"}));
}

TEST_CASE("an API that people call by another name is offered by its own") {
  const auto api = [](const std::string& word) {
    return said_of_config("providers: {p: {api: " + word + ", base_url: \"http://localhost/v1\", model: m}}\n");
  };
  CHECK(says(api("openai"), {"'openai' is not known here; did you mean 'openai-chat'?", "openai-responses"}));
  CHECK(says(api("Ollama"), {"did you mean 'openai-chat'?"}));
  CHECK(says(api("claude"), {"did you mean 'anthropic'?"}));
  CHECK(says(api("opnai-chat"), {"did you mean 'openai-chat'?"}));
}

TEST_CASE("a choice between schemas at the top of a tool's arguments is refused, as every model API does") {
  for (const std::string choice : {"anyOf", "oneOf", "allOf"}) {
    const auto found = said_of_config("tools: {t: {exec: [a], effect: read, input: {type: object, " + choice +
                                      ": [{required: [a]}, {required: [b]}], properties: {a: {}, b: {}}}}}\n");
    CHECK(says(found, {"tools.t.input: has " + choice + " at its top", "under properties:"}));
  }
  CHECK(said_of_config("tools: {t: {exec: [a], effect: read, input: {type: object, properties: {a: {anyOf: [{type: "
                       "string}, {type: number}]}}}}}\n")
            .empty());
  CHECK(says(said_of_config("tools: {t: {exec: [a], effect: read, input: {type: array}}}\n"),
             {"1:", "its type must be object", "properties: {"}));
}
