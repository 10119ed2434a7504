#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "support/http_fixture.hpp"
#include "tools/call_fixture.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct Exchange {
  HttpFixture server;
  Caller caller;
  ToolOutcome post(Json arguments = Json::object()) {
    return caller.call(http_tool("POST", server.url("/x")), std::move(arguments));
  }
  SeenRequest seen(std::size_t index = 0) const { return server.requests().at(index); }
};

}  // namespace

TEST_CASE("arguments go out as JSON, without those that stand in the url") {
  Exchange it;
  it.server.reply("/customers/a%2Fb/notes", Reply().piece("done").date("Mon, 01 Jun 2026 07:00:05 GMT"));
  it.caller.environment.idempotency_key = "key-9";
  const auto outcome = it.caller.call(http_tool("POST", it.server.url("/customers/{id}/notes?n={n}")),
                                      Json{{"id", "a/b"}, {"n", 1}, {"text", "hi"}});
  CHECK(outcome.state == CallState::confirmed);
  CHECK(outcome.result == "done");
  CHECK(outcome.exit_code == 200);
  CHECK(outcome.remote_date == parse_rfc3339("2026-06-01T07:00:05Z").value());
  CHECK(outcome.remote == "http://127.0.0.1:" + std::to_string(it.server.port()));
  CHECK(outcome.started.has_value());
  CHECK(outcome.ended.has_value());
  const SeenRequest request = it.seen();
  CHECK(request.method == "POST");
  CHECK(request.target == "/customers/a%2Fb/notes?n=1");
  CHECK(request.body == R"({"text":"hi"})");
  CHECK(request.header("content-type") == "application/json");
  CHECK(request.header("idempotency-key") == "key-9");
  CHECK(request.header("x-nowd-as-of") == "2026-06-01T09:00:00+02:00");
  CHECK(request.header("x-nowd-idempotency-key") == "key-9");
  CHECK(request.header("x-nowd-job") == "digest");
}

TEST_CASE("GET and HEAD have no body: what is left over goes into the query") {
  Exchange it;
  it.server.reply("/x", Reply().piece("[]"));
  it.caller.call(http_tool("GET", it.server.url("/x")), Json{{"q", "a b"}, {"l", {1, 2}}});
  CHECK(it.seen().target == "/x?l=1&l=2&q=a%20b");
  CHECK(it.seen().body.empty());
  CHECK(it.seen().header("content-type").empty());
  CHECK(it.seen().header("idempotency-key").empty());
}

TEST_CASE("a body template is filled so that a value stays a value") {
  Exchange it;
  it.server.reply("/x", Reply());
  Tool tool = http_tool("POST", it.server.url("/x"));
  http_of(tool).body = R"({"text":"{{args.text}} on {{today}}","n":{{args.n}}})";
  it.caller.call(tool, Json{{"text", "a\"},\"admin\":true,{\""}, {"n", 3}});
  const Json body = parse_json(it.seen().body).value();
  CHECK(body == Json{{"text", "a\"},\"admin\":true,{\" on 2026-06-01"}, {"n", 3}});
  CHECK(it.seen().header("content-type") == "application/json");

  const auto outcome = it.caller.call(tool, Json{{"text", "x"}, {"n", "1,\"admin\":true"}});
  CHECK(outcome.state == CallState::confirmed);
  CHECK(parse_json(it.seen(1).body).value() == Json{{"text", "x on 2026-06-01"}, {"n", "1,\"admin\":true"}});

  http_of(tool).headers["Content-Type"] = "application/x-www-form-urlencoded";
  http_of(tool).body = "text={{args.text}}&n={{args.n}}";
  it.caller.call(tool, Json{{"text", "a&b=c"}, {"n", 3}});
  CHECK(it.seen(2).body == "text=a%26b%3Dc&n=3");
}

TEST_CASE("a status says what became of the call") {
  const auto [status, state] = GENERATE(table<int, CallState>({{200, CallState::confirmed},
                                                               {204, CallState::confirmed},
                                                               {301, CallState::failed},
                                                               {307, CallState::failed},
                                                               {400, CallState::failed},
                                                               {404, CallState::failed},
                                                               {429, CallState::failed},
                                                               {500, CallState::unknown},
                                                               {503, CallState::unknown}}));
  Exchange it;
  it.server.reply("/x",
                  Reply(status).header("Location", it.server.url("/other")).piece(status == 204 ? "" : "because"));
  const auto outcome = it.post();
  INFO(status);
  CHECK(outcome.state == state);
  CHECK(outcome.exit_code == status);
  CHECK(outcome.error.empty() == (state == CallState::confirmed));
  if (state != CallState::confirmed) {
    CHECK(outcome.result.find("HTTP " + std::to_string(status)) == 0);
    CHECK(outcome.result.find("because") != std::string::npos);
  }
  CHECK(it.server.requests().size() == 1);  // no redirect is followed, nothing is tried twice
  if (status == 301) CHECK(outcome.error.find("redirects are not followed") != std::string::npos);
}

TEST_CASE("an answer that is lost after sending is unknown") {
  Exchange it;
  it.server.reply("/x", Reply().cut());
  auto outcome = it.post();
  CHECK(outcome.state == CallState::unknown);
  CHECK(outcome.error.find("whether the server acted is not known") != std::string::npos);
  CHECK_FALSE(outcome.result.empty());

  it.server.reply("/half", Reply().content_length(100).piece("ten bytes.").cut());
  outcome = it.caller.call(http_tool("POST", it.server.url("/half")), Json::object());
  CHECK(outcome.state == CallState::unknown);
}

TEST_CASE("a server that never answers is unknown when the time is up") {
  Exchange it;
  it.server.reply("/x", Reply().until_closed());
  Tool tool = http_tool("POST", it.server.url("/x"));
  tool.timeout = milliseconds{200};
  const auto outcome = it.caller.call(tool, Json::object());
  CHECK(outcome.state == CallState::unknown);
  CHECK(it.server.requests().size() == 1);
}

TEST_CASE("what was never sent is refused") {
  Caller caller;
  std::string dead;
  {
    dead = HttpFixture().url("/x");
  }
  const auto outcome = caller.call(http_tool("POST", dead), Json::object());
  CHECK(outcome.state == CallState::refused);
  CHECK_FALSE(outcome.error.empty());
  CHECK_FALSE(outcome.exit_code.has_value());
}

TEST_CASE("loopback is refused unless the tool says allow_private") {
  Exchange it;
  it.server.reply("/x", Reply().piece("inside"));
  Tool tool = http_tool("POST", it.server.url("/x"));
  http_of(tool).allow_private = false;
  const auto outcome = it.caller.call(tool, Json::object());
  CHECK(outcome.state == CallState::refused);
  CHECK(it.server.requests().empty());
}

TEST_CASE("a credential goes into its header, and out of everything that comes back") {
  Exchange it;
  it.caller.secrets = {{"crm", "tok-en/123456"}, {"TENANT", "acme-secret"}};
  it.server.handle([](const SeenRequest& request) {
    return Reply(request.target == "/bad" ? 400 : 200)
        .piece("you said " + request.header("authorization") + " and dG9rLWVuLzEyMzQ1Ng== and tok-en%2F123456");
  });
  Tool tool = http_tool("POST", it.server.url("/x"));
  http_of(tool).headers = {{"Authorization", "Bearer ${credential:crm}"}, {"X-Tenant", "t-${env:TENANT}-{{today}}"}};
  auto outcome = it.caller.call(tool, Json::object());
  CHECK(it.seen().header("authorization") == "Bearer tok-en/123456");
  CHECK(it.seen().header("x-tenant") == "t-acme-secret-2026-06-01");
  CHECK(outcome.result == "you said Bearer [redacted] and [redacted] and [redacted]");

  http_of(tool).url = it.server.url("/bad");
  outcome = it.caller.call(tool, Json::object());
  CHECK(outcome.state == CallState::failed);
  CHECK(outcome.result.find("tok-en") == std::string::npos);
  CHECK(outcome.error.find("tok-en") == std::string::npos);
}

TEST_CASE("a header that cannot be made is refused before anything is sent, without its value") {
  Exchange it;
  it.caller.secrets = {{"broken", "abcdefgh\r\nX-Evil: 1"}};
  Tool tool = http_tool("POST", it.server.url("/x"));
  const auto refused = [&](const std::string& name, const std::string& value) {
    http_of(tool).headers = {{name, value}};
    const auto outcome = it.caller.call(tool, Json::object());
    CHECK(outcome.state == CallState::refused);
    CHECK(outcome.error.find("abcdefgh") == std::string::npos);
    return outcome.error;
  };
  CHECK(refused("Authorization", "${credential:broken}").find("header Authorization: the value has a line break") == 0);
  CHECK(refused("Authorization", "${credential:none}").find("'none' cannot be read") != std::string::npos);
  CHECK(refused("Authorization", "${vault:x}").find("${vault:x} is not known") != std::string::npos);
  CHECK(refused("Authorization", "${credential:x").find("'${' has no '}'") != std::string::npos);
  CHECK(refused("Bad Name", "x").find("is not the name of a header") != std::string::npos);
  CHECK(refused("X-A", "a\r\nb").find("line break") != std::string::npos);
  CHECK(it.server.requests().empty());
}

TEST_CASE("an input's text cannot name a credential") {
  Exchange it;
  it.server.reply("/x", Reply().piece("ok"));
  it.caller.secrets = {{"crm", "topsecret"}};
  it.caller.environment.inputs = {{"evil", "${credential:crm}"}};
  Input input;
  HttpAction action;
  action.url = it.server.url("/x");
  action.allow_private = true;
  action.headers = {{"X-Note", "{{inputs.evil}}"}};
  input.action = action;
  CHECK(it.caller.fetch(input).state == CallState::confirmed);
  CHECK(it.seen().header("x-note") == "${credential:crm}");
}

TEST_CASE("an input is fetched for the run's window, with the data time of a header") {
  Exchange it;
  it.server.reply("/notes", Reply().header("Last-Modified", "Sun, 31 May 2026 12:00:00 GMT").piece("notes"));
  Input input;
  HttpAction action;
  action.url = it.server.url("/notes?from={{window.start}}");
  action.allow_private = true;
  input.action = action;
  input.data_time = "header:Last-Modified";
  const auto outcome = it.caller.fetch(input);
  CHECK(outcome.result == "notes");
  CHECK(outcome.data ==
        DataTimes{parse_rfc3339("2026-05-31T12:00:00Z").value(), parse_rfc3339("2026-05-31T12:00:00Z").value(), 1, 0});
  CHECK(it.seen().target == "/notes?from=2026-05-31T09%3A00%3A00%2B02%3A00");
  CHECK(it.seen().method == "GET");
}

TEST_CASE("a body without end is cut and not waited for") {
  Exchange it;
  it.server.reply("/x", Reply().chunked().piece(std::string(100'000, 'x')).until_closed());
  Tool tool = http_tool("GET", it.server.url("/x"));
  tool.max_bytes = 2000;
  tool.data_time = "/at";
  const auto outcome = it.caller.call(tool, Json::object());
  CHECK(outcome.state == CallState::confirmed);
  CHECK(outcome.cut);
  CHECK(outcome.result.size() <= 2000);
  CHECK(outcome.data->unreadable == 1);  // nobody knows what stood behind the cut
}

TEST_CASE("an error's long explanation is cut, and it is still the error it is") {
  Exchange it;
  it.server.reply("/x", Reply(422).piece(std::string(5'000'000, 'x')));
  Tool tool = http_tool("POST", it.server.url("/x"));
  tool.max_bytes = 2000;
  const auto outcome = it.caller.call(tool, Json::object());
  CHECK(outcome.state == CallState::failed);
  CHECK(outcome.exit_code == 422);
  CHECK(outcome.result.find("HTTP 422") == 0);
  CHECK(outcome.result.size() <= 2000);
}

TEST_CASE("arguments that cannot stand in the url are refused before anything is sent") {
  Exchange it;
  const auto outcome = it.caller.call(http_tool("DELETE", it.server.url("/users/{id}/sessions")), Json{{"id", ".."}});
  CHECK(outcome.state == CallState::refused);
  CHECK(it.server.requests().empty());
}

TEST_CASE("a server's refusal is told of in its own words, on one line and cut") {
  Exchange it;
  it.server.reply("/no", Reply(403).piece("{\"error\":\n  \"token expired\"}\n"));
  CHECK(it.caller.call(http_tool("POST", it.server.url("/no")), Json::object()).error ==
        "HTTP 403: {\"error\": \"token expired\"}");
  it.server.reply("/down", Reply(503).piece("maintenance"));
  CHECK(it.caller.call(http_tool("POST", it.server.url("/down")), Json::object()).error ==
        "HTTP 503: the server failed; whether it acted is not known; it said: maintenance");
  it.server.reply("/long", Reply(422).piece(std::string(5000, 'x')));
  const std::string error = it.caller.call(http_tool("POST", it.server.url("/long")), Json::object()).error;
  CHECK(error.size() < 400);
  CHECK(error.ends_with("x…"));
}

TEST_CASE("in a JSON body an argument keeps its type outside of quotes, and a text stays a text") {
  Exchange it;
  it.server.reply("/x", Reply().piece("ok"));
  Tool tool = http_tool("POST", it.server.url("/x"));
  http_of(tool).body = R"({"t":{{args.t}},"in":"<{{args.t}}>","n":{{args.n}},"l":{{args.l}},"day":{{today}}})";
  const Json arguments{{"t", "[1,2]"}, {"n", 4.5}, {"l", Json::array({"a", 1})}};
  CHECK(it.caller.call(tool, arguments).state == CallState::confirmed);
  CHECK(parse_json(it.seen().body).value() ==
        Json{{"t", "[1,2]"}, {"in", "<[1,2]>"}, {"n", 4.5}, {"l", Json::array({"a", 1})}, {"day", "2026-06-01"}});
  CHECK(it.caller.call(tool, Json{{"t", R"(x","admin":true,"y":")"}, {"n", "7"}, {"l", nullptr}}).state ==
        CallState::confirmed);
  const Json sent = parse_json(it.server.requests().back().body).value();
  CHECK(sent["t"] == R"(x","admin":true,"y":")");
  CHECK(sent["n"] == "7");
  CHECK(sent["l"].is_null());
  CHECK_FALSE(sent.contains("admin"));
}

TEST_CASE("the words of call states") {
  CHECK(to_string(CallState::refused) == "refused");
  CHECK(to_string(CallState::confirmed) == "confirmed");
  CHECK(to_string(CallState::failed) == "failed");
  CHECK(to_string(CallState::unknown) == "unknown");
}
