// Each call: plan it (pure), do it, derive the outcome (pure).
#include <algorithm>
#include <nlohmann/json.hpp>

#include "foundation/text/utf8.hpp"
#include "net/blocking_work.hpp"
#include "net/http/http_client.hpp"
#include "net/process/descendants.hpp"
#include "net/process/process.hpp"
#include "tools/calls/exec_call.hpp"
#include "tools/calls/http_call.hpp"
#include "tools/calls/inputs.hpp"
#include "tools/calls/result_text.hpp"
#include "tools/tool.hpp"

namespace nowd {
namespace {

namespace asio = boost::asio;

ToolOutcome not_started(const Error& error) {
  ToolOutcome outcome;
  outcome.state = CallState::refused;
  outcome.error = outcome.result = clean_utf8(error.message);
  return outcome;
}

}  // namespace

Tools::Tools(asio::any_io_executor executor, HttpClient& http, const Clock& clock, SecretReader secrets, SqlReader sql)
    : executor_(std::move(executor)), http_(http), clock_(clock), secrets_(std::move(secrets)), sql_(std::move(sql)) {}

CallRules Tools::rules_for(milliseconds timeout, std::int64_t max_bytes, const std::string& data_time,
                           const CallEnvironment& environment) const {
  return {std::min(timeout, environment.deadline), static_cast<std::size_t>(std::max<std::int64_t>(max_bytes, 0)),
          data_time, environment.data_window, secrets_.known()};
}

asio::awaitable<ToolOutcome> Tools::perform_action(ExecAction action, Json arguments, CallEnvironment environment,
                                                   CallRules rules) {
  auto command = plan_exec(action, arguments, environment, rules);
  if (!command) co_return not_started(command.error());
  const Reading started = clock_.read();
  const auto ended = co_await run_command(executor_, clock_, marked(std::move(*command)));
  if (!ended) {
    ToolOutcome outcome = not_started(ended.error());
    if (ended.error().kind != ErrorKind::in_doubt) co_return outcome;
    outcome.state = CallState::unknown;
    outcome.started = started;
    co_return outcome;
  }
  co_return exec_outcome(*ended, rules, environment.run.zone);
}

asio::awaitable<ToolOutcome> Tools::perform_action(HttpAction action, Json arguments, CallEnvironment environment,
                                                   CallRules rules) {
  const auto call = plan_http(action, arguments, environment, rules, secrets_);
  if (!call) co_return not_started(call.error());
  HttpAnswer answer;
  const std::size_t enough = rules.max_bytes + redaction_slack;
  HttpClient::BodySink sink = [&answer, enough](std::string_view piece) {
    answer.body += piece;
    answer.incomplete = answer.body.size() > enough;
    return !answer.incomplete;
  };
  auto received = co_await http_.stream(call->request, std::move(sink));
  if (!received) co_return http_failure(received.error(), *call, rules, environment.run.zone);
  answer.response = std::move(*received);
  if (answer.response.status >= 400) answer.body = answer.response.body;  // errors do not pass through the sink
  co_return http_outcome(answer, *call, rules, environment.run.zone);
}

asio::awaitable<ToolOutcome> Tools::perform_action(SqlAction action, Json, CallEnvironment environment,
                                                   CallRules rules) {
  if (!sql_) co_return not_started(refused("no database can be asked here"));
  auto call = plan_sql(action, environment, rules);
  if (!call) co_return not_started(call.error());
  const Reading started = clock_.read();
  const Result<std::string> rows = co_await sql_(std::move(*call));
  co_return sql_outcome(rows, started, clock_.read(), rules, environment.run.zone);
}

/// A read that hangs blocks its thread, but not the run.
asio::awaitable<ToolOutcome> Tools::perform_action(FileAction action, Json, CallEnvironment environment,
                                                   CallRules rules) {
  const Reading started = clock_.read();
  const milliseconds limit = rules.timeout;
  const std::string path = action.path;
  auto outcome = co_await blocking_work<ToolOutcome>(
      files_, limit,
      [action = std::move(action), environment = std::move(environment), rules = std::move(rules), &clock = clock_] {
        return read_file_input(action, environment, rules, clock);
      });
  if (outcome) co_return std::move(*outcome);
  ToolOutcome late;
  late.state = CallState::failed;
  late.started = started;
  late.ended = clock_.read();
  late.error = late.result = "file " + path + ": not read within " + human(limit) + "; is its file system reachable?";
  co_return late;
}

/// Commands can print any file of this host, also one with nowd's own keys: neither models nor providers may see them.
ToolOutcome Tools::redact_outcome(ToolOutcome outcome) const {
  std::string clean = secrets_.known()(outcome.result);
  if (clean != outcome.result && !outcome.unredacted) outcome.unredacted = outcome.result;
  outcome.result = std::move(clean);
  outcome.error = secrets_.known()(outcome.error);
  return outcome;
}

template <class Action>
asio::awaitable<ToolOutcome> Tools::dispatch(Action action, Json arguments, CallEnvironment environment,
                                             CallRules rules) {
  if (rules.timeout <= milliseconds{0})
    co_return redact_outcome(not_started({ErrorKind::budget_spent, "the run has no time left for this call"}));
  auto performed = std::visit(
      [&](auto& kind) {
        return perform_action(std::move(kind), std::move(arguments), std::move(environment), std::move(rules));
      },
      action);
  co_return redact_outcome(co_await std::move(performed));
}

asio::awaitable<ToolOutcome> Tools::call(Tool tool, Json arguments, CallEnvironment environment) {
  CallRules rules = rules_for(tool.timeout, tool.max_bytes, tool.data_time, environment);
  if (arguments.is_null()) arguments = Json::object();
  return dispatch(std::move(tool.action), std::move(arguments), std::move(environment), std::move(rules));
}

asio::awaitable<ToolOutcome> Tools::fetch(Input input, CallEnvironment environment) {
  CallRules rules = rules_for(input.timeout, input.max_bytes, input.data_time, environment);
  return dispatch(std::move(input.action), Json(), std::move(environment), std::move(rules));
}

}  // namespace nowd
