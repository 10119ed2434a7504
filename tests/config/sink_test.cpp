// nowd.yaml: sinks.
#include <nlohmann/json.hpp>

#include "config/support.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

std::vector<std::string> said_of_sink(const std::string& text) { return said_of_config("sinks:\n  s: " + text + "\n"); }

const Sink& only(const Config& config) {
  REQUIRE(config.sinks.size() == 1);
  return config.sinks.begin()->second;
}

std::string webhook(const std::string& lines) { return "{webhook: {" + lines + "}}"; }
std::string email(const std::string& lines) { return "{email: {" + lines + "}}"; }
const std::string people = "from: nowd@example.com, to: [ops@example.com]";

}  // namespace

TEST_CASE("sinks of each kind are read with every key") {
  const auto loaded = parse_config(R"(sinks:
  slack: {webhook: {url: "${credential:slack}", form: slack}}
  own:
    webhook:
      url: https://api.example.com/hook?k=${env:KEY}
      headers: {Authorization: "Bearer ${credential:api}", X-Job: "{{job}}: {{subject}}"}
      body: {msg: "{{job}} {{text}}", n: 5, list: ["{{today:%d.%m.}}"]}
  api:
    webhook: {url: "https://slack.com/api/chat.postMessage", success: {pointer: /ok, value: true}}
  shared: {file: {path: /srv/shared.md, mode: "0644"}}
  plain: {file: {path: /srv/plain.md, mode: 0604}}
  ops:
    email:
      server: "smtps://mail.example.com:465"
      from: nowd@example.com
      to: [ops@example.com, boss@example.com]
      user: nowd
      password: {credential: smtp}
      subject: "{{job}}: {{state}}"
    timeout: 45s
  local: {email: {server: "smtp://localhost:25", tls: none, from: nowd@example.com, to: ops@example.com}}
  files: {file: {path: "/srv/reports/{{job}}/{{purpose}}-{{today}}.md"}}
  notify: {exec: [/usr/local/bin/notify, "{{job}}", "{{subject}}"]}
)",
                                   "/etc/nowd/nowd.yaml");
  CHECK(said(loaded.diagnostics) == std::vector<std::string>{});
  const auto& sinks = loaded.config.sinks;
  REQUIRE(sinks.size() == 9);
  CHECK(std::get<WebhookSink>(sinks.at("api").target).success == SuccessRule{"/ok", true});
  CHECK_FALSE(std::get<WebhookSink>(sinks.at("slack").target).success.has_value());
  CHECK(std::get<FileSink>(sinks.at("shared").target).mode == 0644);
  CHECK(std::get<FileSink>(sinks.at("plain").target).mode == 0604);
  CHECK(std::get<FileSink>(sinks.at("files").target).mode == 0640);

  const auto& slack = std::get<WebhookSink>(sinks.at("slack").target);
  CHECK(sinks.at("slack").name == "slack");
  CHECK(sinks.at("slack").timeout == seconds{30});
  CHECK(slack.url == "${credential:slack}");
  CHECK(slack.form == WebhookSink::Form::slack);
  CHECK(slack.body.is_null());

  const auto& own = std::get<WebhookSink>(sinks.at("own").target);
  CHECK(own.form == WebhookSink::Form::json);
  CHECK(own.headers == std::map<std::string, std::string>{{"Authorization", "Bearer ${credential:api}"},
                                                          {"X-Job", "{{job}}: {{subject}}"}});
  CHECK(dump_json(own.body) == R"({"list":["{{today:%d.%m.}}"],"msg":"{{job}} {{text}}","n":5})");

  EmailSink mail;
  mail.server = "smtps://mail.example.com:465";
  mail.from = "nowd@example.com";
  mail.to = {"ops@example.com", "boss@example.com"};
  mail.user = "nowd";
  mail.password = {SecretSource::Kind::credential, "smtp"};
  mail.subject = "{{job}}: {{state}}";
  CHECK(std::get<EmailSink>(sinks.at("ops").target) == mail);
  CHECK(sinks.at("ops").timeout == seconds{45});
  CHECK(std::get<EmailSink>(sinks.at("local").target).tls == EmailSink::Tls::none);
  CHECK(std::get<EmailSink>(sinks.at("local").target).to == std::vector<std::string>{"ops@example.com"});

  CHECK(std::get<FileSink>(sinks.at("files").target).path == "/srv/reports/{{job}}/{{purpose}}-{{today}}.md");
  CHECK(std::get<ExecSink>(sinks.at("notify").target).argv ==
        std::vector<std::string>{"/usr/local/bin/notify", "{{job}}", "{{subject}}"});
}

TEST_CASE("a sink is of exactly one kind") {
  CHECK(says(said_of_sink("{timeout: 5s}"), {"2:6: sinks.s: needs one of webhook, email, file and exec"}));
  CHECK(says(said_of_sink("{file: {path: /x}, exec: [x]}"), {"sinks.s: file and exec cannot stand together"}));
  CHECK(says(said_of_sink("{webhok: {url: 'https://x'}}"), {"2:7: unknown key 'webhok'", "did you mean 'webhook'?"}));
  CHECK(says(said_of_sink("{file: {path: /x}, timeout: 0s}"), {"sinks.s.timeout: '0s' is out of range"}));
  CHECK(says(said_of_config("sinks:\n  'a b': {exec: [x]}\n"), {"2:3: 'a b' is not a name"}));
  CHECK(parse_config("sinks: {s: {timeout: 5s}}", "nowd.yaml").config.sinks.empty());
}

TEST_CASE("a webhook's URL is http or https, or begins with a secret") {
  for (const char* good : {"https://hooks.example/x", "http://127.0.0.1:9/x", "'${credential:slack}'",
                           "'${env:HOOK}/x'", "'https://ntfy.sh/${credential:topic}'"}) {
    INFO(good);
    CHECK(said_of_sink(webhook("url: " + std::string(good))).empty());
  }
  CHECK(says(said_of_sink(webhook("url: 'ftp://x/y'")), {"sinks.s.webhook.url: 'ftp://x/y'", "${credential:NAME}"}));
  CHECK(says(said_of_sink(webhook("url: slack")), {"it must begin with http:// or https://"}));
  CHECK(says(said_of_sink(webhook("url: '${slack}'")), {"neither ${credential:NAME} nor ${env:NAME}"}));
  CHECK(says(said_of_sink(webhook("url: 'https://u:p@x/'")), {"holds a user name or password"}));
  CHECK(says(said_of_sink(webhook("url: 'https://x/{{job}}'")), {"templates are not filled in here"}));
  CHECK(says(said_of_sink(webhook("form: slack")), {"'url' is missing; write url:"}));
}

TEST_CASE("a webhook's form, headers and body are judged at load") {
  const std::string url = "url: 'https://x/y', ";
  CHECK(says(said_of_sink(webhook(url + "form: slak")), {"'slak' is not known here; did you mean 'slack'?"}));
  CHECK(says(said_of_sink(webhook(url + "form: slack, body: {a: b}")), {"webhook.body: is for form: json only"}));
  CHECK(says(said_of_sink(webhook(url + "body: {a: ['{{txet}}']}")), {"did you mean {{text}}?"}));
  CHECK(says(said_of_sink(webhook(url + "body: {a: '{{inputs.x}}'}")), {"there is no input 'x'"}));
  CHECK(says(said_of_sink(webhook(url + "headers: {X-Text: '{{text}}'}")), {"{{text}} is not a known token"}));
  CHECK(says(said_of_sink(webhook(url + "headers: {'X Y': a}")), {"'X Y' is not a header name"}));
  CHECK(says(said_of_sink(webhook(url + "headers: {X-A: '${nope}'}")), {"neither ${credential:NAME} nor ${env:NAME}"}));
  CHECK(says(said_of_sink(webhook(url + "heders: {}")), {"did you mean 'headers'?"}));
}

TEST_CASE("a mail server speaks smtp or smtps, and TLS unless it is this host") {
  for (const char* good : {"server: 'smtps://mail.example.com'", "server: 'smtp://mail.example.com:587'",
                           "server: 'smtp://127.0.0.1:25', tls: none", "server: 'smtp://[::1]:25', tls: none",
                           "server: 'smtp://mail.example.com', tls: required"}) {
    INFO(good);
    CHECK(said_of_sink(email(std::string(good) + ", " + people)).empty());
  }
  for (const char* bad : {"mail.example.com", "https://mail.example.com", "smtp://", "smtp://a b", "smtp://x:0",
                          "smtp://x:99999", "smtp://x:25/path", "smtp://x:abc", "smtp://user:pw@x:25"}) {
    INFO(bad);
    CHECK(says(said_of_sink(email("server: '" + std::string(bad) + "', " + people)), {"sinks.s.email.server: "}));
  }
  CHECK_FALSE(says(said_of_sink(email("server: 'smtp://user:pw@x:25', " + people)), {"pw"}));
  CHECK(says(said_of_sink(email("server: 'smtp://mail.example.com', tls: none, " + people)),
             {"email.tls: none is for servers on this host only"}));
  CHECK(says(said_of_sink(email("server: 'smtp://127.0.0.1.evil.example', tls: none, " + people)),
             {"none is for servers on this host only"}));
  CHECK(says(said_of_sink(email("server: 'smtps://localhost', tls: none, " + people)), {"none contradicts smtps://"}));
}

TEST_CASE("addresses are checked for what goes wrong when people write") {
  const std::string server = "server: 'smtps://x', ";
  for (const char* bad : {"ops", "ops@", "@example.com", "Ops <ops@example.com>", "ops@exa mple.com", "a@b@c",
                          "ops@example..com", "ops@.com", "o\\nps@example.com"}) {
    INFO(bad);
    const std::string quoted = "\"" + std::string(bad) + "\"";
    CHECK(says(said_of_sink(email(server + "to: [ops@example.com], from: " + quoted)), {"is not an e-mail address"}));
    CHECK(says(said_of_sink(email(server + "from: nowd@example.com, to: [" + quoted + "]")),
               {"sinks.s.email.to: ", "is not an e-mail address"}));
  }
  CHECK(says(said_of_sink(email(server + "from: nowd@example.com, to: []")), {"has no address"}));
  CHECK(says(said_of_sink(email(server + "from: nowd@example.com")), {"'to' is missing"}));
}

TEST_CASE("a login is a user and a password from elsewhere") {
  const std::string rest = "server: 'smtps://x', " + people;
  CHECK(says(said_of_sink(email(rest + ", user: nowd")), {"email.user: has no password beside it"}));
  CHECK(says(said_of_sink(email(rest + ", password: {env: PW}")), {"email.password: has no user beside it"}));
  const auto told = said_of_sink(email(rest + ", user: nowd, password: hunter2"));
  CHECK(says(told, {"must not stand in this file"}));
  CHECK_FALSE(says(told, {"hunter2"}));
  CHECK(says(said_of_sink(email(rest + ", subject: '{{text}}'")), {"{{text}} is not a known token"}));
}

TEST_CASE("a path is absolute, and made of nowd's own words") {
  const auto said_of_path = [](const std::string& path) { return said_of_sink("{file: {path: '" + path + "'}}"); };
  CHECK(said_of_path("/srv/{{job}}-{{run}}-{{as_of:%H%M}}-{{key}}").empty());
  CHECK(says(said_of_path("reports/x.md"), {"file.path: 'reports/x.md' is not absolute"}));
  CHECK(says(said_of_path("/srv/reports/"), {"is a folder; name a file in it"}));
  CHECK(says(said_of_path("/srv/../etc/x"), {"climbs with '..'"}));
  CHECK(says(said_of_path("/srv/{{text}}"), {"{{text}} is not a known token"}));
  CHECK(says(said_of_path("/srv/{{subject}}"), {"{{subject}} is not a known token"}));
  CHECK(says(said_of_path("/srv/{{today:%Y/%m}}"), {"has a '/' in its format"}));
  CHECK(says(said_of_sink("{file: {}}"), {"'path' is missing"}));
}

TEST_CASE("a command is a list, its first word is fixed, and the text comes on stdin") {
  CHECK(says(said_of_sink("{exec: notify me}"), {"must be a list (argv)"}));
  CHECK(says(said_of_sink("{exec: []}"), {"names no command"}));
  CHECK(says(said_of_sink("{exec: ['{{job}}', x]}"), {"the command itself is fixed"}));
  CHECK(says(said_of_sink("{exec: [notify, '{{text}}']}"), {"sinks.s.exec[1]: {{text}} is not a known token"}));
  CHECK(only(parse_config("sinks: {s: {exec: [notify]}}", "nowd.yaml").config).name == "s");
}

TEST_CASE("the tokens of messages are unknown in prompts") {
  CHECK(says(said(load("name: standup\nprompt: '{{text}}'\nschedule: manual\n").diagnostics),
             {"{{text}} is not a known token"}));
}

TEST_CASE("a success rule needs a JSON pointer and a value, and form json") {
  const std::string url = "url: 'https://example.com/', ";
  const auto rule = [&](const std::string& text) { return said_of_sink(webhook(url + "success: {" + text + "}")); };
  CHECK(rule("pointer: /data/0/ok~1not, value: null").empty());
  CHECK(says(rule("pointer: ok, value: true"), {"webhook.success.pointer: 'ok' is not a JSON pointer", "/ok"}));
  CHECK(says(rule("pointer: /a~b, value: true"), {"is not a JSON pointer"}));
  CHECK(says(rule("pointer: /ok"), {"'value' is missing"}));
  CHECK(says(rule("value: true"), {"'pointer' is missing", "success: {pointer: /ok, value: true}"}));
  CHECK(says(said_of_sink(webhook(url + "form: slack, success: {pointer: /ok, value: true}")),
             {"webhook.success: is for form: json only"}));
}

TEST_CASE("a file's mode is three octal digits that let nowd itself write") {
  const auto mode = [](const std::string& text) { return said_of_sink("{file: {path: /srv/x, mode: " + text + "}}"); };
  CHECK(mode("'0640'").empty());
  CHECK(mode("644").empty());
  for (const char* wrong : {"0o644", "u=rw", "6444", "4755", "8", "0888", "-644", "rw-r--r--"})
    CHECK(says(mode(wrong), {"file.mode: ", "is not a file's mode", "0640"}));
  CHECK(says(mode("'0444'"), {"would keep nowd itself"}));
}
