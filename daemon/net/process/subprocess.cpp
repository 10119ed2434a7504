#include "net/process/subprocess.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <exception>

#include "net/process/broken_pipe.hpp"
#include "net/process/process.hpp"
#include "net/process/spawn.hpp"

namespace asio = boost::asio;

namespace nowd {

asio::awaitable<Result<CommandResult>> run_command(asio::any_io_executor executor, const Clock& clock,
                                                   Command command) {
  ignore_broken_pipes();
  const Reading started = clock.read();
  auto spawned = spawn(command);
  if (!spawned) co_return spawned.error();

  Process process(std::move(executor), clock, command, std::move(*spawned));
  std::exception_ptr stopped;
  try {
    co_await process.live();
  } catch (...) {
    stopped = std::current_exception();
  }
  auto result = co_await process.bury();  // whatever stopped us: first nothing of it may be left
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none)
    throw boost::system::system_error(asio::error::operation_aborted);
  if (stopped) std::rethrow_exception(stopped);
  if (result) result->started = started;
  co_return result;
}

}  // namespace nowd
