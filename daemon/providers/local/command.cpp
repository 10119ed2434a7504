#include "providers/local/command.hpp"

#include <algorithm>

#include "domain/job/secret_text.hpp"
#include "net/process/descendants.hpp"
#include "net/process/program.hpp"
#include "providers/exchange.hpp"
#include "providers/wire/wire.hpp"

namespace nowd {
namespace {

Result<std::vector<std::string>> rendered_argv(const CommandAgent& agent, const TemplateValues& values) {
  std::vector<std::string> argv{agent.argv.front()};
  for (std::size_t i = 1; i < agent.argv.size(); ++i) {
    const std::string& element = agent.argv[i];
    auto text = render(element, values);
    if (!text) return text.error();
    // A value from an input must not become an option of the agent.
    if (text->starts_with('-') && !element.starts_with('-'))
      return refused("command.argv: '" + element + "' became an option: '" + text->substr(0, 80) + "'");
    argv.push_back(std::move(*text));
  }
  return argv;
}

using Variables = std::vector<std::pair<std::string, std::string>>;

void set(Variables& variables, const std::string& name, std::string value) {
  const auto found =
      std::find_if(variables.begin(), variables.end(), [&](const auto& one) { return one.first == name; });
  if (found == variables.end())
    variables.emplace_back(name, std::move(value));
  else
    found->second = std::move(value);
}

}  // namespace

Result<Command> plan_command(const CommandAgent& agent, const ModelRequest& request, const CallContext& context,
                             const Account& account, const SecretReader& secrets, Redactor& redact) {
  auto argv = rendered_argv(agent, context.values);
  if (!argv) return argv.error();
  Command command;
  command.argv = std::move(*argv);
  command.environment = {{"PATH", std::string(children_path)},
                         {"HOME", account.home},
                         {"USER", account.name},
                         {"LOGNAME", account.name},
                         {"LANG", "C.UTF-8"}};
  for (const auto& [name, text] : agent.environment) {
    auto value = fill_secrets(text, context.values, secrets, redact);
    if (!value) return Error{value.error().kind, "command.environment." + name + ": " + value.error().message};
    set(command.environment, name, std::move(*value));
  }
  for (auto& [name, value] : run_environment(*context.values.run, context.values.now, context.idempotency_key))
    set(command.environment, name, std::move(value));
  if (!request.system.empty()) command.stdin_text = request.system + "\n\n";
  for (const Message& message : request.messages) command.stdin_text += message.text + "\n";
  command.directory = agent.directory;
  if (!account.own) {
    command.uid = account.uid;
    command.gid = account.gid;
  }
  command.timeout = context.deadline;
  command.max_output = static_cast<std::size_t>(agent.max_bytes) + command_slack;
  return command;
}

namespace {

constexpr std::size_t max_detail_bytes = 1000;  // of the last output, in messages for people
constexpr int max_detail_lines = 5;
constexpr std::size_t max_kept_errors = 16 * 1024;

std::string_view without_last_breaks(std::string_view text) {
  const std::size_t last = text.find_last_not_of("\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// The last whole lines, joined: "first; second".
std::string last_lines(std::string_view text) {
  text = without_last_breaks(text);
  std::size_t begin = text.size();
  for (int lines = 0; lines < max_detail_lines && begin > 0; ++lines) {
    const std::size_t newline = text.rfind('\n', begin - 1);
    const std::size_t line = newline == std::string_view::npos ? 0 : newline + 1;
    if (text.size() - line > max_detail_bytes) {
      if (lines == 0) begin = text.size() - max_detail_bytes;  // the end of one long line
      break;
    }
    begin = newline == std::string_view::npos ? 0 : newline;
  }
  text.remove_prefix(begin);
  while (text.starts_with('\n')) text.remove_prefix(1);
  std::string out(text);
  for (std::size_t at = out.find('\n'); at != std::string::npos; at = out.find('\n', at + 2)) out.replace(at, 1, "; ");
  return one_line(out, max_detail_bytes + 200);
}

/// stdout without secrets. Cut output loses its end, which may contain the beginning of a secret.
std::string redacted_output(const CommandResult& ended, const Redactor& redact) {
  std::string text = redact(ended.output);
  if (ended.output_cut) text.resize(text.size() - std::min(text.size(), command_slack));
  return text;
}

bool is_cut(const CommandAgent& agent, const CommandResult& ended) {
  return ended.output_cut || ended.output.size() > static_cast<std::size_t>(agent.max_bytes);
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

/// The reply for exit code 0: the output must be whole and not empty.
void judge_output(const CommandAgent& agent, const CommandResult& ended, ModelReply& reply) {
  reply.stop = Stop::complete;
  if (is_cut(agent, ended)) {
    reply.stop = Stop::truncated_output;
    reply.detail = "it wrote more than " + std::to_string(agent.max_bytes) +
                   " bytes to stdout (command.max_bytes); the kept part is not the whole, so it is no output. Raise "
                   "max_bytes, or have it write less";
  } else if (is_blank(reply.text)) {
    reply.stop = Stop::malformed;
    reply.detail = "it exited with 0 and wrote nothing to stdout; let it print its result, at least 'done'";
  }
}

std::string signal_name(int number) { return "signal " + std::to_string(number); }

}  // namespace

ModelReply command_reply(const CommandAgent& agent, const CommandResult& ended, const Redactor& redact) {
  ModelReply reply;
  const std::string output = redacted_output(ended, redact);
  reply.text = clean_text(without_last_breaks(output), static_cast<std::size_t>(agent.max_bytes));
  const std::string said = last_lines(is_blank(ended.errors) ? output : redact(ended.errors));
  switch (ended.end) {
    case CommandResult::End::exited:
      reply.stop_raw = "exit " + std::to_string(ended.code);
      reply.stop = Stop::provider_error;
      reply.detail = said;
      if (ended.code == 0) {
        reply.detail.clear();
        judge_output(agent, ended, reply);
      }
      break;
    case CommandResult::End::signalled:
      reply.stop_raw = signal_name(ended.code);
      reply.stop = Stop::provider_error;
      reply.detail = said;
      break;
    case CommandResult::End::timed_out:
      reply.stop_raw = "timeout";
      reply.stop = Stop::cancelled;
      reply.detail = "it had not ended when the run's wall time (limits.wall) was spent, and was ended";
      if (!said.empty()) reply.detail += "; it said last: " + said;
      break;
  }
  return reply;
}

boost::asio::awaitable<ModelOutcome> CommandProvider::call(ModelRequest request, CallContext context) {
  if (context.deadline <= milliseconds{0}) co_return out_of_time();
  const Result<Account> account = account_to_become(agent_.user);
  if (!account) co_return failed_call(Stop::provider_error, "command.user: " + account.error().message);
  Redactor redact = secrets_.known();
  Result<Command> command = plan_command(agent_, request, context, *account, secrets_, redact);
  if (!command) co_return failed_call(Stop::provider_error, command.error().message);

  ModelOutcome outcome;
  outcome.request_body = command->stdin_text;
  const Result<CommandResult> ended = co_await run_command(executor_, clock_, marked(std::move(*command)));
  if (!ended) {
    outcome.reply = failed_call(Stop::provider_error, redact(ended.error().message)).reply;
    co_return outcome;
  }
  outcome.times.sent = ended->started;
  outcome.times.ended = ended->ended;
  outcome.reply = command_reply(agent_, *ended, redact);
  outcome.response_body = clean_text(redact(ended->errors), max_kept_errors);
  co_return outcome;
}

}  // namespace nowd
