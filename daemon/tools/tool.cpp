// Calling: plan (pure), do, judge (pure).
#include <algorithm>
#include <nlohmann/json.hpp>

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

Error no_time_left() { return {ErrorKind::budget_spent, "the run has no time left for this call"}; }

CallRules rules_of(milliseconds timeout, std::int64_t max_bytes, const std::string& data_time,
                   const CallEnvironment& environment, const SecretReader& secrets) {
  return {std::min(timeout, environment.deadline), static_cast<std::size_t>(std::max<std::int64_t>(max_bytes, 0)),
          data_time, environment.data_window, secrets.known()};
}

asio::awaitable<ToolOutcome> call_exec(asio::any_io_executor executor, const Clock& clock, ExecAction action,
                                       Json arguments, CallEnvironment environment, CallRules rules) {
  auto command = plan_exec(action, arguments, environment, rules);
  if (!command) co_return not_started(command.error());
  const Reading started = clock.read();
  const auto ended = co_await run_command(executor, clock, marked(std::move(*command)));
  if (!ended) {
    ToolOutcome outcome = not_started(ended.error());
    if (ended.error().kind != ErrorKind::in_doubt) co_return outcome;
    outcome.state = CallState::unknown;
    outcome.started = started;
    co_return outcome;
  }
  co_return exec_outcome(*ended, rules, environment.run.zone);
}

asio::awaitable<ToolOutcome> call_http(HttpClient& http, SecretReader secrets, HttpAction action, Json arguments,
                                       CallEnvironment environment, CallRules rules) {
  const auto call = plan_http(action, arguments, environment, rules, secrets);
  if (!call) co_return not_started(call.error());
  HttpAnswer answer;
  const std::size_t enough = rules.max_bytes + redaction_slack;
  HttpClient::BodySink sink = [&answer, enough](std::string_view piece) {
    answer.body += piece;
    answer.incomplete = answer.body.size() > enough;
    return !answer.incomplete;
  };
  auto received = co_await http.stream(call->request, std::move(sink));
  if (!received) co_return http_failure(received.error(), *call, rules, environment.run.zone);
  answer.response = std::move(*received);
  if (answer.response.status >= 400) answer.body = answer.response.body;  // errors do not pass through the sink
  co_return http_outcome(answer, *call, rules, environment.run.zone);
}

asio::awaitable<ToolOutcome> call_sql(Tools::SqlReader sql, const Clock& clock, SqlAction action,
                                      CallEnvironment environment, CallRules rules) {
  if (!sql) co_return not_started(refused("no database can be asked here"));
  auto call = plan_sql(action, environment, rules);
  if (!call) co_return not_started(call.error());
  const Reading started = clock.read();
  const Result<std::string> rows = co_await sql(std::move(*call));
  co_return sql_outcome(rows, started, clock.read(), rules, environment.run.zone);
}

/// A read that hangs keeps its thread, not its run.
asio::awaitable<ToolOutcome> call_file(asio::thread_pool& threads, const Clock& clock, FileAction action,
                                       CallEnvironment environment, CallRules rules) {
  const Reading started = clock.read();
  const milliseconds limit = rules.timeout;
  const std::string path = action.path;
  auto outcome = co_await blocking_work<ToolOutcome>(
      threads, limit,
      [action = std::move(action), environment = std::move(environment), rules = std::move(rules), &clock] {
        return read_file_input(action, environment, rules, clock);
      });
  if (outcome) co_return std::move(*outcome);
  ToolOutcome late;
  late.state = CallState::failed;
  late.started = started;
  late.ended = clock.read();
  late.error = late.result = "file " + path + ": not read within " + human(limit) + "; is its file system reachable?";
  co_return late;
}

}  // namespace

Tools::Tools(asio::any_io_executor executor, HttpClient& http, const Clock& clock, SecretReader secrets, SqlReader sql)
    : executor_(std::move(executor)), http_(http), clock_(clock), secrets_(std::move(secrets)), sql_(std::move(sql)) {}

asio::awaitable<ToolOutcome> Tools::call(Tool tool, Json arguments, CallEnvironment environment) {
  co_return cleaned(co_await perform(std::move(tool), std::move(arguments), std::move(environment)));
}

asio::awaitable<ToolOutcome> Tools::fetch(Input input, CallEnvironment environment) {
  co_return cleaned(co_await read(std::move(input), std::move(environment)));
}

/// A command can print what it finds, and nowd's own keys lie on the same host: no model and no provider gets them.
ToolOutcome Tools::cleaned(ToolOutcome outcome) const {
  std::string clean = secrets_.known()(outcome.result);
  if (clean != outcome.result && !outcome.unredacted) outcome.unredacted = outcome.result;
  outcome.result = std::move(clean);
  outcome.error = secrets_.known()(outcome.error);
  return outcome;
}

asio::awaitable<ToolOutcome> Tools::perform(Tool tool, Json arguments, CallEnvironment environment) {
  const CallRules rules = rules_of(tool.timeout, tool.max_bytes, tool.data_time, environment, secrets_);
  if (rules.timeout <= milliseconds{0}) co_return not_started(no_time_left());
  if (arguments.is_null()) arguments = Json::object();
  if (const auto* exec = std::get_if<ExecAction>(&tool.action))
    co_return co_await call_exec(executor_, clock_, *exec, std::move(arguments), std::move(environment), rules);
  co_return co_await call_http(http_, secrets_, std::get<HttpAction>(tool.action), std::move(arguments),
                               std::move(environment), rules);
}

asio::awaitable<ToolOutcome> Tools::read(Input input, CallEnvironment environment) {
  const CallRules rules = rules_of(input.timeout, input.max_bytes, input.data_time, environment, secrets_);
  if (rules.timeout <= milliseconds{0}) co_return not_started(no_time_left());
  if (const auto* file = std::get_if<FileAction>(&input.action))
    co_return co_await call_file(files_, clock_, *file, std::move(environment), rules);
  if (const auto* query = std::get_if<SqlAction>(&input.action))
    co_return co_await call_sql(sql_, clock_, *query, std::move(environment), rules);
  if (const auto* exec = std::get_if<ExecAction>(&input.action))
    co_return co_await call_exec(executor_, clock_, *exec, Json(), std::move(environment), rules);
  co_return co_await call_http(http_, secrets_, std::get<HttpAction>(input.action), Json(), std::move(environment),
                               rules);
}

}  // namespace nowd
