#include "runtime/clocks/chrony_watch.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "domain/clocks/chrony.hpp"
#include "net/process/program.hpp"
#include "net/process/subprocess.hpp"

namespace nowd {
namespace {

constexpr seconds between_questions{32};
constexpr milliseconds longest_answer{2'000};
constexpr std::size_t longest_line = 1024;

}  // namespace

ChronyWatch::ChronyWatch(boost::asio::any_io_executor executor, SystemClock& clock, std::string program)
    : executor_(executor), timer_(executor), clock_(clock), program_(std::move(program)) {}

boost::asio::awaitable<void> ChronyWatch::run() {
  for (;;) {
    co_await ask();
    timer_.expires_after(between_questions);
    co_await timer_.async_wait(boost::asio::use_awaitable);
  }
}

boost::asio::awaitable<bool> ChronyWatch::ask() {
  const Result<std::string> program = find_program(program_);
  if (!program) co_return false;
  Command command;
  command.argv = {*program, "-n", "-c", "tracking"};
  command.environment = {{"PATH", std::string(children_path)}};
  command.timeout = longest_answer;
  command.max_output = longest_line;
  const Result<CommandResult> asked = co_await run_command(executor_, clock_, std::move(command));
  if (!asked || asked->end != CommandResult::End::exited || asked->code != 0) co_return false;
  const auto bound = chrony_bound(asked->output);
  if (bound) clock_.hear_chrony(*bound);
  co_return bound.has_value();
}

}  // namespace nowd
