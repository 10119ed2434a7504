// Secrets planted wherever the configuration takes one, and looked for wherever nowd writes or answers.
#include <csignal>
#include <fstream>
#include <iterator>

#include "e2e/daemon.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"
#include "support/model_server.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// With characters that escapes change. The last part stands in all of them, and half of it is a leak as well.
std::string canary(const std::string& name) { return "sk/" + name + "+9/4fQ9Zx" + name + "7Lm2"; }

std::string percent(const std::string& value) {
  std::string out;
  for (const char c : value) out += c == '/' ? "%2f" : c == '+' ? "%2b" : std::string(1, c);
  return out;
}

std::string base64(const std::string& value) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < value.size(); at += 3) {
    unsigned bits = 0;
    for (std::size_t i = at; i < at + 3; ++i)
      bits = bits << 8 | (i < value.size() ? static_cast<unsigned char>(value[i]) : 0U);
    for (int shift = 18; shift >= 0; shift -= 6) out += digits[bits >> shift & 63U];
  }
  return out;
}

/// What a text that knows the secret might hold of it.
std::vector<std::string> traces(const std::string& name) {
  std::vector<std::string> out{"4fQ9Zx" + name, name + "7Lm2", "sk/" + name + "+9/4f"};
  for (const std::string before : {"", "x", "xx"}) out.push_back(base64(before + canary(name)).substr(8, 12));
  return out;
}

/// Everything that an echo can make of a secret.
std::string echo(const std::string& name) {
  const std::string secret = canary(name);
  return secret + " Bearer " + secret + " " + base64("Bearer " + secret) + " " + base64("user:" + secret) + " " +
         base64(secret) + " " + percent(secret) + " ";
}

const std::vector<std::string> names{"EnvKey",   "FileKey",  "CredKey", "HookUrl",
                                     "HookHead", "ToolHead", "DbPass",  "Agent"};

struct Planted : MigratedDatabase, DaemonFixture {
  Planted() : DaemonFixture(Database::conninfo(), Database::conninfo("nowd") + " password=" + canary("DbPass")) {
    std::filesystem::create_directory(directory() / "creds");
    write("creds/cred", canary("CredKey") + "\n");
    write("creds/hook", outside.url("/" + canary("HookUrl")));
    write("creds/tool", canary("ToolHead"));
    write("creds/agent", canary("Agent"));
    write("key", canary("FileKey") + "\n");
    through({"/usr/bin/env", "SOME_KEY=" + canary("EnvKey"), "HOOK_HEAD=" + canary("HookHead"),
             "CREDENTIALS_DIRECTORY=" + (directory() / "creds").string()});
    outside.handle([](const SeenRequest& seen) {
      std::string all;
      for (const auto& [name, value] : seen.headers) all += name + "=" + value + " ";
      const bool tool = seen.path() == "/tool";
      all +=
          echo(tool ? "ToolHead" : "HookHead") + seen.target + " " + percent(seen.target) + " " + base64(seen.target);
      return Reply(tool ? 200 : 400).piece(std::move(all));
    });
    serve();
  }

  void write(const std::string& name, const std::string& text) const { std::ofstream(directory() / name) << text; }

  std::string provider(const std::string& name, const std::string& key, const std::string& api = "openai-chat") const {
    return "  " + name + ": {api: " + api + ", base_url: \"" + (api == "gemini" ? model.origin() : model.base_url()) +
           "\", model: m, key: {" + key + "}}\n";
  }

  void serve() {
    configure("listen: unix:" + (directory() / "http.sock").string() +
              "\nlog: {level: debug}\ndefaults: {clocks: observe, on_failure: hook}\nproviders:\n" +
              provider("by_env", "env: SOME_KEY") + provider("by_file", "file: " + (directory() / "key").string()) +
              provider("by_cred", "credential: cred") + "tools:\n  print: {exec: [sh, -c, 'env; cat " +
              (directory() / "key").string() +
              "'], effect: read}\n"
              "  note: {exec: [cat], input: {type: object, properties: {text: {type: string}}}, effect: reversible}\n"
              "  ask: {http: {method: GET, allow_private: true, url: \"" +
              outside.url("/tool") +
              "\", headers: {Authorization: \"Bearer ${credential:tool}\"}}, effect: read}\n"
              "sinks:\n  hook: {webhook: {url: \"${credential:hook}\", headers: {X-Own: \"${env:HOOK_HEAD}\"}}}\n");
  }

  /// The texts of all rows of all tables.
  std::string ledger() {
    std::string all;
    for (const auto& row :
         sql("select format('select string_agg(t::text, '' '') from %I.%I t', schemaname, tablename) from "
             "pg_tables where schemaname not in ('pg_catalog', 'information_schema')")
             .rows)
      all += one(*row[0]);
    return all;
  }

  std::string state() const {
    std::string all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory() / "state"))
      if (entry.is_regular_file()) all += text_of(entry.path());
    return all;
  }

  static std::string text_of(const std::filesystem::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string nowctl(const std::string& arguments) {
    Process asked({"/bin/sh", "-c",
                   "CREDENTIALS_DIRECTORY=" + (directory() / "creds").string() + " SOME_KEY='" + canary("EnvKey") +
                       "' HOOK_HEAD='" + canary("HookHead") + "' " + built("daemon/ctl/nowctl") + " " + arguments +
                       " --config " + (directory() / "nowd.yaml").string()},
                  directory() / "asked");
    asked.wait();
    return asked.output();
  }

  /// Nothing of any secret in a text. Where one is, only what is around it is shown.
  static void check_clean(const std::string& where, const std::string& text) {
    CHECK(!text.empty());
    for (const std::string& name : names)
      for (const std::string& trace : traces(name)) {
        const std::size_t at = text.find(trace);
        INFO(where << ", secret " << name << ": "
                   << (at == std::string::npos ? "" : text.substr(at < 60 ? 0 : at - 60, 200)));
        CHECK(at == std::string::npos);
      }
  }

  void check_all_clean() {
    check_clean("the log", process().output());
    check_clean("the ledger", ledger());
    check_clean("the state", state());
    for (const char* path : {"/", "/metrics", "/runs/1", "/jobs/a", "/readyz", "/nothing"})
      check_clean(path, get(path));
    for (const char* ask : {"runs", "show 1", "clocks 1", "stops", "deliveries", "spend", "doctor", "why a"})
      check_clean(std::string("nowctl ") + ask, nowctl(ask));
    check_clean("nowctl validate", nowctl("validate --online " + (directory() / "jobs" / "a.yaml").string()));
  }

  HttpFixture outside;
  ModelServer model;
};

ModelTurn answers(int status, std::string body) {
  ModelTurn turn = fails(status, "", "");
  turn.text = std::move(body);
  return turn;
}

}  // namespace

TEST_CASE_METHOD(Planted, "no key is told by an answer, a call, a tool's result or a sink that echo it") {
  ModelTurn first = calls("note", dump_json({{"text", echo("EnvKey")}}));
  first.text = "I know " + echo("EnvKey");
  first.calls.push_back({"call_2", "ask", "{}"});
  first.calls.push_back({"call_3", "print", "{}"});
  first.headers.emplace_back("x-request-id", canary("EnvKey"));
  model.turn(first);
  model.turn(says("Done with " + echo("EnvKey")));
  job("a", "schedule: manual\nprompt: x\nprovider: by_env\ntools: [note, ask, print]\ndeliver: hook\n");
  start();
  CHECK(run("a") == "succeeded");
  wait_for("the sink's answer",
           [&] { return one("select state from nowd.delivery where purpose = 'output'") == "failed"; });
  CHECK(one("select count(*) from nowd.tool_call where state = 'confirmed'") == "3");
  CHECK(one("select content like '%[redacted]%' from nowd.body where part = 'output'") == "t");
  check_all_clean();
}

TEST_CASE_METHOD(Planted, "no key is told by an error that echoes it, wherever it was cut, nor by a redirect") {
  const std::string providers[] = {"by_env", "by_file", "by_cred"};
  const std::string keys[] = {"EnvKey", "FileKey", "CredKey"};
  const auto named = [](std::string text) {
    return dump_json({{"error", {{"message", text}, {"type", text}, {"code", text.substr(0, 30)}}}});
  };
  std::size_t number = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string echoed = echo(keys[i]);
    for (const std::size_t before : {0U, 470U, 485U, 495U}) {  // 500 bytes of a server's words are kept
      const std::string text = std::string(before, '.') + echoed;
      ModelTurn stream = says("");
      stream.bytes = "data: " + named(text) + "\n\n";
      ModelTurn moved = answers(302, text);
      moved.headers.emplace_back("Location", "https://other.example/" + std::string(before / 3, '.') + canary(keys[i]));
      for (const ModelTurn& turn : {answers(401, named(text)), answers(400, text), stream, moved}) {
        model.turn(turn);
        job("e" + std::to_string(number++),
            "schedule: manual\nprompt: x\nprovider: " + providers[i] + "\nlimits: {model_calls: 1}\n");
      }
    }
  }
  model.turn(says("hello"));
  job("a", "schedule: manual\nprompt: x\nprovider: by_file\n");
  start();
  for (std::size_t i = 0; i < number; ++i) CHECK(run("e" + std::to_string(i)) == "failed");
  CHECK(run("a") == "succeeded");
  check_all_clean();
}

TEST_CASE_METHOD(Planted,
                 "a command has the secrets that its job gives it, and no other; nowd keeps none of what it says") {
  job("a",
      "schedule: manual\nprompt: x\ncommand:\n  argv: [/bin/sh, -c, \"env; env | base64 -w0 >&2; env > seen\"]\n  "
      "directory: " +
          directory().string() + "\n  environment: {OWN: \"${credential:agent}\"}\n");
  start();
  CHECK(run("a") == "succeeded");
  const std::string seen = text_of(directory() / "seen");
  CHECK(seen.find("OWN=" + canary("Agent")) != std::string::npos);
  for (const std::string& name : names)
    if (name != "Agent") CHECK(seen.find(canary(name)) == std::string::npos);
  check_all_clean();
}

TEST_CASE_METHOD(Planted, "a daemon that crashes leaves no core behind, whatever the limit says") {
  ModelTurn slow = says("never");
  slow.hold = Latch();
  model.turn(slow);
  job("a", "schedule: manual\nprompt: x\nprovider: by_file\n");
  through({"/bin/sh", "-c",
           "ulimit -c unlimited; cd '" + directory().string() + "'; exec env SOME_KEY='" + canary("EnvKey") +
               "' CREDENTIALS_DIRECTORY=creds \"$@\"",
           "sh"});
  start();
  one("select nowd.run('a')");
  wait_for("the model to be asked", [&] { return model.requests().size() == 1; });
  process().signal(SIGABRT);                 // a sanitizer takes SIGSEGV for itself
  CHECK(process().wait() == 128 + SIGABRT);  // 128 more where a core was written
  for (const auto& entry : std::filesystem::directory_iterator(directory()))
    CHECK(entry.path().filename().string().find("core") == std::string::npos);
}

TEST_CASE_METHOD(Planted,
                 "a key that changed on disk is used by the next call; the old one's refusal says where to look") {
  ModelTurn refused = fails(401, "invalid_api_key", "Incorrect API key provided");
  model.turn(says("hello"));
  model.turn(refused);
  model.turn(says("hello again"));
  job("a", "schedule: manual\nprompt: x\nprovider: by_file\n");
  start();
  CHECK(run("a") == "succeeded");
  CHECK(run("a") == "failed");
  const std::string told = one("select detail from nowd.run order by run desc limit 1");
  CHECK(told.find("401 from 127.0.0.1: check the key (providers.by_file.key)") != std::string::npos);
  CHECK(model.seen().size() == 2);
  std::ofstream(directory() / "key.new") << "sk-the-new-one\n";
  std::filesystem::rename(directory() / "key.new", directory() / "key");
  CHECK(run("a") == "succeeded");
  CHECK(model.seen().at(1).header("authorization") == "Bearer " + canary("FileKey"));
  CHECK(model.seen().at(2).header("authorization") == "Bearer sk-the-new-one");
}
