// Runs a coroutine of a test to its end on an io_context of the test's own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace nowd::test {

/// Runs until `done`, and no longer: what else is under way stays there.
inline void run_until(boost::asio::io_context& io, const bool& done) {
  io.restart();
  while (!done && io.run_one() > 0) {
  }
  if (!done) throw std::logic_error("the coroutine waits for something that nobody will do");
}

/// The coroutine's value; its exception is thrown here.
template <class T>
T run(boost::asio::io_context& io, boost::asio::awaitable<T> work) {
  std::optional<T> value;
  std::exception_ptr error;
  bool done = false;
  boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown, T result) {
    error = std::move(thrown);
    if (!error) value.emplace(std::move(result));
    done = true;
  });
  run_until(io, done);
  if (error) std::rethrow_exception(error);
  return std::move(*value);
}

inline void run(boost::asio::io_context& io, boost::asio::awaitable<void> work) {
  std::exception_ptr error;
  bool done = false;
  boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown) {
    error = std::move(thrown);
    done = true;
  });
  run_until(io, done);
  if (error) std::rethrow_exception(error);
}

}  // namespace nowd::test
