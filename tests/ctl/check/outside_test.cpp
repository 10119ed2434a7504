#include "ctl/check/outside.hpp"

#include "support/catch.hpp"
#include "support/http_fixture.hpp"

using namespace nowd;
using namespace nowd::ctl;
using nowd::test::HttpFixture;
using nowd::test::Reply;

namespace {

ProviderConfig provider(const std::string& name, const std::string& url) {
  ProviderConfig config;
  config.name = name;
  config.api = "openai-chat";
  config.base_url = url;
  config.model = "m";
  return config;
}

}  // namespace

TEST_CASE("everything outside is asked, in the order of the configuration; a sink gets no message") {
  HttpFixture server;
  server.reply("/v1/models", Reply().piece(R"({"data": [{"id": "m"}]})"));
  Uses uses;
  uses.providers.push_back(provider("here", server.url("/v1")));
  uses.providers.push_back(provider("away", "http://127.0.0.1:1/v1"));
  uses.providers.push_back({.name = "demo", .api = "script"});
  Sink hook;
  hook.name = "hook";
  hook.target = WebhookSink{.url = server.url("/hook")};
  uses.sinks.push_back(hook);
  hook.name = "locked";
  hook.target = WebhookSink{.url = "http://127.0.0.1:1/${env:NOWD_TEST_NO_SUCH_SECRET}"};
  uses.sinks.push_back(hook);
  uses.hosts.push_back({"127.0.0.1", "tools.crm", "nowd.yaml"});

  Outside outside(true);
  const Findings seen = outside.ask_all(uses, "nowd.yaml");
  REQUIRE(seen.size() == 6);
  CHECK(seen[0].value.ends_with("has m"));
  CHECK(seen[1].status == Status::bad);
  CHECK(seen[2].value == "a script, no model");
  CHECK(seen[3].thing == "sink hook");
  CHECK(seen[3].status == Status::ok);
  CHECK(seen[4].value == "not asked: its secret cannot be read here");
  CHECK(seen[5].value == "127.0.0.1 resolves");
  CHECK(seen[1].source == "nowd.yaml");
  for (const auto& request : server.requests()) CHECK(request.method != "POST");
}

TEST_CASE("who does not answer in time is bad, and keeps nobody else waiting") {
  HttpFixture server;
  server.reply("/v1/models", Reply().until_closed());
  Uses uses;
  uses.providers.push_back(provider("mute", server.url("/v1")));
  uses.providers.push_back({.name = "demo", .api = "script"});
  Outside outside(true, milliseconds{100});
  const Findings seen = outside.ask_all(uses, "nowd.yaml");
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].status == Status::bad);
  CHECK(seen[1].status == Status::ok);
}
