// nowd.yaml: settings, providers and tools.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "config/support.hpp"
#include "support/catch.hpp"
#include "support/places.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

const std::string data = test_data("config").string();

std::string said_once(const std::string& text) {
  const auto messages = said_of_config(text);
  REQUIRE(messages.size() == 1);
  return messages.front();
}

std::string provider(const std::string& lines) { return "providers:\n  p: {" + lines + "}\n"; }
std::string tool(const std::string& lines) { return "tools:\n  t: {" + lines + "}\n"; }

}  // namespace

TEST_CASE("every setting of nowd.yaml reaches the configuration") {
  const LoadedConfig loaded = load_config(data + "/nowd.yaml");
  CHECK(said(loaded.diagnostics) == std::vector<std::string>{});
  const Config& config = loaded.config;
  CHECK(config.database == "host=/run/postgresql dbname=nowd user=nowd");
  CHECK(config.jobs == std::vector<std::string>{data + "/jobs.d", "/etc/nowd/more.yaml"});
  CHECK(config.state == data + "/state");
  CHECK(config.listen == "unix:/run/nowd/http.sock");
  CHECK(config.concurrency == 8);
  CHECK(config.log_level == "debug");
  CHECK(config.log_format == "json");
  CHECK(config.require_synchronised_clock);
  CHECK(config.defaults.timezone == "Europe/Berlin");
  CHECK(config.defaults.provider == "primary");
  CHECK(config.source == data + "/nowd.yaml");
}

TEST_CASE("providers are read with every key") {
  const Config config = load_config(data + "/nowd.yaml").config;
  const ProviderConfig& primary = config.providers.at("primary");
  CHECK(primary.base_url == "https://api.openai.com/v1");
  CHECK(primary.key == SecretSource{SecretSource::Kind::credential, "openai"});
  CHECK(primary.timeout == ProviderTimeouts{seconds{1}, seconds{2}, seconds{3}, seconds{4}});
  CHECK(primary.max_tokens_field == ProviderConfig::MaxTokensField::max_completion_tokens);
  CHECK(dump_json(primary.params) == R"({"temperature":0})");
  CHECK(config.providers.at("local").key == SecretSource{SecretSource::Kind::file, data + "/keys/local"});
  const auto& script = config.providers.at("demo").script;
  REQUIRE(script.size() == 3);
  CHECK(script[0].text == "Hello from {{job}}");
  REQUIRE(script[1].calls.size() == 1);
  CHECK(script[1].calls[0].first == "crm.get");
  CHECK(script[1].delay == milliseconds{250});
  CHECK(script[2].stop == "length");
}

TEST_CASE("tools are read with every key") {
  const Config config = load_config(data + "/nowd.yaml").config;
  const Tool& get = config.tools.at("crm.get");
  CHECK(get.effect == Effect::read);
  CHECK(get.timeout == seconds{10});
  CHECK(get.max_bytes == 64 * 1024);
  CHECK(get.data_time == "/updated_at");
  const Tool& note = config.tools.at("crm.note");
  CHECK(note.input["type"] == "object");
  CHECK(std::get<HttpAction>(note.action).allow_private);
}

TEST_CASE("an empty configuration is all defaults") {
  const LoadedConfig loaded = parse_config("# nothing yet\n", "/etc/nowd/nowd.yaml");
  Config expected;
  expected.source = "/etc/nowd/nowd.yaml";
  CHECK(loaded.ok());
  CHECK(loaded.config == expected);
}

TEST_CASE("a missing configuration is a fault with the remedy") {
  const LoadedConfig loaded = load_config("/nonexistent/nowd.yaml");
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].str().starts_with("/nonexistent/nowd.yaml: no such file; "));
  CHECK(says(said(loaded.diagnostics), {"--config"}));
}

TEST_CASE("a key that stands in the file is refused, and never repeated") {
  const std::string openai = "api: openai-chat, base_url: \"https://a.example\", model: m, ";
  for (const std::string key : {"key: hunter2secret", "key: [hunter2secret]", "key: {env: hunter2-secret}",
                                "key: {credential: hunter2/secret}"}) {
    INFO(key);
    CHECK(said_once(provider(openai + key)).find("hunter2") == std::string::npos);
  }
  CHECK(says(said_of_config(provider(openai + "key: hunter2secret")),
             {"providers.p.key: must not stand in this file", "{credential: NAME}"}));
}

TEST_CASE("a provider says what it speaks and where") {
  CHECK(says(said_of_config(provider("model: m")), {"providers.p: 'api' is missing"}));
  CHECK(says(said_of_config(provider("api: openai-chat, model: m")), {"'base_url' is missing"}));
  CHECK(says(said_of_config(provider("api: openai-chat, base_url: api.openai.com, model: m")),
             {"must begin with http:// or https://"}));
  CHECK(says(said_of_config(provider("api: openai_chat")),
             {"providers.p.api: 'openai_chat' is not known here; did you mean 'openai-chat'?"}));
}

TEST_CASE("the APIs of one vendor need no base_url, and take one") {
  for (const std::string api : {"openai-responses", "anthropic", "gemini"}) {
    INFO(api);
    CHECK(said_of_config(provider("api: " + api + ", model: m, key: {env: K}")).empty());
    CHECK(said_of_config(provider("api: " + api + ", model: m, base_url: \"http://127.0.0.1:1\"")).empty());
    CHECK(says(said_of_config(provider("api: " + api)), {"'model' is missing"}));
    CHECK(says(said_of_config(provider("api: " + api + ", model: m, max_tokens_field: auto")),
               {"max_tokens_field: is for api: openai-chat only"}));
  }
  CHECK(says(said_of_config(provider("api: claude, model: m")), {"'claude' is not known here"}));
}

TEST_CASE("structured output is on, off, or left to the server's name") {
  const auto said = [](const std::string& value) {
    return said_of_config(provider("api: anthropic, model: m, structured_output: " + value));
  };
  CHECK(said("true").empty());
  CHECK(said("false").empty());
  CHECK_FALSE(said("strict").empty());
  CHECK(says(said_of_config(provider("api: script, script: [Hi], structured_output: true")), {"a script has none"}));
}

TEST_CASE("a server's own words for a stop are named with the class that they mean") {
  const auto said = [](const std::string& value) {
    return said_of_config(provider("api: openai-chat, base_url: \"http://x\", model: m, stop_words: " + value));
  };
  CHECK(said("{end_turn: complete, cut: truncated_output}").empty());
  CHECK(says(said("{end_turn: done}"), {"stop_words.end_turn: 'done' is not known here"}));
  CHECK(says(said("{end_turn: stream_cut}"), {"'stream_cut' is not known here"}));
  CHECK_FALSE(said("[end_turn]").empty());
  CHECK(says(said_of_config(provider("api: script, script: [Hi], stop_words: {a: complete}")), {"a script has none"}));
}

TEST_CASE("a script has turns and nothing that belongs to the network") {
  CHECK(says(said_of_config(provider("api: script")), {"'script' is missing"}));
  CHECK(says(said_of_config(provider("api: script, script: []")), {"has no turns"}));
  CHECK(says(said_of_config(provider("api: script, script: [Hi], base_url: \"http://x\"")), {"a script has none"}));
  CHECK(says(said_of_config(provider("api: openai-chat, base_url: \"http://x\", model: m, script: [Hi]")),
             {"is for api: script only"}));
  CHECK(says(said_of_config(provider("api: script, script: [\"{{tody}}\"]")), {"{{tody}} is not a known token"}));
  CHECK(says(said_of_config(provider("api: script, script: [{calls: [{name: x, arguments: {a: \"{{tody}}\"}}]}]")),
             {"{{tody}}"}));
}

TEST_CASE("a tool says what it may do to the world") {
  CHECK(says(said_of_config(tool("exec: [x]")), {"tools.t: 'effect' is missing", "read, reversible or irreversible"}));
  CHECK(says(said_of_config(tool("exec: [x], effect: none")), {"tools.t.effect: 'none' is not known here"}));
  CHECK(says(said_of_config(tool("effect: read")), {"needs one of exec and http"}));
}

TEST_CASE("a tool's arguments belong to its schema, and one of them to nowd") {
  CHECK(says(said_of_config(tool("exec: [x], effect: read, input: {type: array}")), {"its type must be object"}));
  CHECK(says(said_of_config(tool("exec: [x], effect: read, input: {properties: [a]}")),
             {"properties must be a mapping"}));
  CHECK(says(said_of_config(tool("exec: [x], effect: read, input: {properties: {a: 5}}")),
             {"properties.a is no schema"}));
  CHECK(says(said_of_config(tool("exec: [x], effect: read, input: {properties: {nowd_as_of: {}}}")),
             {"'nowd_as_of' belongs to nowd"}));
  const std::string http = "effect: read, input: {properties: {id: {}}}, http: ";
  CHECK(says(said_of_config(tool(http + "{url: \"https://a.example/{number}\"}")),
             {"slot {number} is no argument of this tool; known is id"}));
  CHECK(says(said_of_config(tool(http + "{url: \"https://{id}/\"}")), {"leaves the host open"}));
  CHECK(said_of_config(tool(http + "{url: \"https://{id}/\", hosts: a.example}")).empty());
  CHECK(says(said_of_config(tool(http + "{url: \"https://a.example\", body: \"{{args.it}}\"}")), {"'it'"}));
  CHECK(said_of_config(tool("effect: read, http: {url: \"https://a.example/{any}\", body: \"{{args.any}}\"}")).empty());
}

TEST_CASE("a template in a tool's command would reach the tool as it is, so it is refused") {
  CHECK(says(said_of_config(tool("exec: [x, \"{{today}}\"], effect: read")), {"templates are not filled in here"}));
}

TEST_CASE("the built-in clock cannot be redefined") {
  CHECK(says(said_of_config("tools: {clock: {exec: [x], effect: read}}\n"), {"1:9: 'clock' is nowd's own tool"}));
}

TEST_CASE("names of tools and providers are names") {
  CHECK(says(said_of_config("tools: {a b: {exec: [x], effect: read}}\n"), {"1:9: 'a b' is not a name"}));
  CHECK(says(said_of_config("providers: {a/b: {api: script, script: [Hi]}}\n"), {"'a/b' is not a name"}));
}

TEST_CASE("defaults are checked against what there is") {
  CHECK(says(said_of_config("defaults: {timezone: Europe/Berln}\n"), {"1:22: defaults.timezone:", "Europe/Berlin"}));
  CHECK(says(said_of_config("defaults: {provider: x}\n"), {"'x' is not declared under providers:"}));
  CHECK(said_of_config("defaults: {provider: p}\n" + provider("api: nonsense")).size() ==
        1);  // one fault, reported once
}

TEST_CASE("nowd is reachable from this host only") {
  for (const std::string good :
       {"none", "127.0.0.1:7420", "127.0.0.1:0", "\"[::1]:80\"", "localhost:1", "unix:/run/x"}) {
    INFO(good);
    CHECK(said_of_config("listen: " + good + "\n").empty());
  }
  for (const std::string bad :
       {"7420", "127.0.0.1", "127.0.0.1:65536", "unix:x", "\":80\"", "127.0.0.1.evil.example:80"}) {
    INFO(bad);
    CHECK_FALSE(said_of_config("listen: " + bad + "\n").empty());
  }
  CHECK(says(said_of_config("listen: 0.0.0.0:7420\n"), {"reachable from other hosts, which is not supported yet"}));
}

TEST_CASE("settings of the wrong type or out of range are refused") {
  CHECK(says(said_of_config("concurrency: 0\n"), {"concurrency: 0 is out of range"}));
  CHECK(says(said_of_config("log: {level: warn}\n"), {"log.level: 'warn' is not known here"}));
  CHECK(says(said_of_config("require_synchronised_clock: yes\n"), {"write true or false"}));
  CHECK(says(said_of_config("- a\n"), {"nowd.yaml is a mapping"}));
  CHECK(says(said_of_config("listen: none\n---\nlisten: none\n"), {"nowd.yaml has one document"}));
  CHECK(says(said_of_config("databse: x\n"), {"1:1: unknown key 'databse'; did you mean 'database'?"}));
}

TEST_CASE("settings that are not built yet are refused, never ignored") {
  for (const std::string& text :
       {std::string("freezes: []\n"), std::string("defaults: {heartbeat: 'https://x'}\n"),

        tool("mcp: {command: [x]}"), tool("exec: [x], effect: compensable"),
        tool("exec: [x], effect: read, approval: never"), tool("exec: [x], effect: read, probe: y"),
        tool("exec: [x], effect: read, repeat: pure"), tool("exec: [x], effect: read, compensate: y")}) {
    INFO(text);
    CHECK(said_once(text).find("is not supported yet; ") != std::string::npos);
  }
}

TEST_CASE("the configuration that is installed is right, as it stands and with every example switched on") {
  const std::string path = test_data("../../config/nowd.yaml").string();
  CHECK(said(load_config(path).diagnostics) == std::vector<std::string>{});
  std::ifstream in(path);
  std::string all;
  for (std::string line; std::getline(in, line);) {
    const bool is_setting = line.size() > 1 && line[0] == '#' && (line[1] != ' ' || line.starts_with("#  "));
    all += (is_setting ? line.substr(1) : line) + "\n";
  }
  const LoadedConfig loaded = parse_config(all, "nowd.yaml");
  CHECK(said(loaded.diagnostics) == std::vector<std::string>{});
  CHECK(loaded.config.providers.size() == 3);
  CHECK(loaded.config.tools.size() == 2);
  CHECK(loaded.config.sinks.size() == 4);
}

TEST_CASE("the failures of a tool that changes something are its run's, or are told to the model alone") {
  const auto tool = [](const std::string& lines) { return "tools: {t: {exec: [x], " + lines + "}}\n"; };
  CHECK(parse_config(tool("effect: irreversible"), "nowd.yaml").config.tools.at("t").on_error == OnError::fail);
  CHECK(parse_config(tool("effect: irreversible, on_error: tell"), "nowd.yaml").config.tools.at("t").on_error ==
        OnError::tell);
  CHECK(says(said_of_config(tool("effect: reversible, on_error: ignore")), {"'ignore'"}));
  CHECK(says(said_of_config(tool("effect: read, on_error: fail")), {"tools.t.on_error", "goes to the model"}));
  CHECK(says(said_of_config("defaults: {output: {must_call: [t]}}\n"), {"must_call", "write it in the jobs"}));
}

TEST_CASE("a placeholder in place of a key is warned of, without its value") {
  const std::string config =
      "providers: {local: {api: openai-chat, base_url: \"http://127.0.0.1:1/v1\", model: m, key: {env: "
      "NOWD_TEST_PLACE}}}\n";
  REQUIRE(::setenv("NOWD_TEST_PLACE", "ollama", 1) == 0);
  const auto said = said_of_config(config);
  CHECK(says(said, {"warning", "providers.local.key.env", "placeholder", "remove it"}));
  CHECK_FALSE(says(said, {"ollama"}));
  REQUIRE(::setenv("NOWD_TEST_PLACE", "sk-4fQ9Zx7Lm2", 1) == 0);
  CHECK_FALSE(says(said_of_config(config), {"placeholder"}));
  ::unsetenv("NOWD_TEST_PLACE");
}
