// Runs work that may block for any time (reading a file of a network file system) on a thread, waits for it up to a
// limit, and then abandons it.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>

#include "foundation/time/time.hpp"

namespace nowd {

/// The result of `work`, or nothing if it has not ended within `limit`; the thread then continues alone. Rethrows the
/// exceptions of `work`. Terminal cancellation ends the wait. Requires: `work` owns all its data; the caller's executor
/// runs on one thread.
template <class T>
boost::asio::awaitable<std::optional<T>> blocking_work(boost::asio::thread_pool& threads, milliseconds limit,
                                                       std::function<T()> work) {
  namespace asio = boost::asio;
  struct Shared {
    explicit Shared(const asio::any_io_executor& executor) : ended(executor) {}
    asio::steady_timer ended;
    std::optional<T> result;
    std::exception_ptr failure;
  };
  const asio::any_io_executor here = co_await asio::this_coro::executor;
  auto shared = std::make_shared<Shared>(here);
  shared->ended.expires_after(limit);
  asio::post(threads, [shared, here, work = std::move(work)] {
    std::optional<T> result;
    std::exception_ptr failure;
    try {
      result = work();
    } catch (...) {
      failure = std::current_exception();
    }
    asio::post(here, [shared, failure, result = std::move(result)]() mutable {
      shared->result = std::move(result);
      shared->failure = failure;
      shared->ended.cancel();
    });
  });
  if (!shared->result && !shared->failure) co_await shared->ended.async_wait(asio::as_tuple(asio::use_awaitable));
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none)
    throw boost::system::system_error(asio::error::operation_aborted);
  if (shared->failure) std::rethrow_exception(shared->failure);
  co_return std::move(shared->result);
}

}  // namespace nowd
