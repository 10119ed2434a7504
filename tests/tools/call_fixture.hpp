// A Tools with a real HTTP client and real children, and a run to call it for.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <optional>
#include <string>

#include "net/http/http_client.hpp"
#include "tools/tool.hpp"

namespace nowd::test {

class Caller {
 public:
  Caller() {
    environment.run.run = RunId{7};
    environment.run.job = "digest";
    environment.run.zone = Zone::find("Europe/Berlin").value();
    environment.run.scheduled_at = environment.run.as_of = environment.run.window_end =
        parse_rfc3339("2026-06-01T07:00:00Z").value();
    environment.run.window_start = parse_rfc3339("2026-05-31T07:00:00Z").value();
    environment.run.wall_limit = minutes{10};
    environment.now = {environment.run.as_of, Tick{}};
    environment.deadline = minutes{1};
  }

  ToolOutcome call(Tool tool, Json arguments) {
    return wait(tools_.call(std::move(tool), std::move(arguments), environment));
  }
  ToolOutcome fetch(Input input) { return wait(tools_.fetch(std::move(input), environment)); }

  CallEnvironment environment;
  std::map<std::string, std::string> secrets;  ///< by name, for ${credential:…} and ${env:…}

 private:
  ToolOutcome wait(boost::asio::awaitable<ToolOutcome> awaited) {
    std::optional<ToolOutcome> outcome;
    std::exception_ptr failure;
    boost::asio::co_spawn(context_, std::move(awaited), [&](std::exception_ptr error, ToolOutcome value) {
      failure = error;
      outcome = std::move(value);
      context_.stop();
    });
    context_.restart();
    context_.run();
    if (failure) std::rethrow_exception(failure);
    return outcome.value();
  }

  Result<Secret> read(const SecretSource& source) const {
    const auto found = secrets.find(source.name);
    if (found == secrets.end()) return unavailable("credential '" + source.name + "' cannot be read");
    return Secret(found->second);
  }

  boost::asio::io_context context_{1};
  SystemClock clock_;
  HttpClient http_{context_.get_executor(), clock_};
  Tools tools_{context_.get_executor(), http_, clock_, [this](const SecretSource& source) { return read(source); }};
};

inline Tool exec_tool(std::vector<std::string> argv) {
  Tool tool;
  tool.name = "test.exec";
  tool.action = ExecAction{std::move(argv)};
  return tool;
}
inline Tool shell(std::string script) { return exec_tool({"sh", "-c", std::move(script)}); }

inline Tool http_tool(std::string method, std::string url) {
  Tool tool;
  tool.name = "test.http";
  HttpAction action;
  action.method = std::move(method);
  action.url = std::move(url);
  action.allow_private = true;
  tool.action = std::move(action);
  return tool;
}
inline HttpAction& http_of(Tool& tool) { return std::get<HttpAction>(tool.action); }

}  // namespace nowd::test
