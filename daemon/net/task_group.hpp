// Named coroutines that are joined: the only way to start one that nobody awaits (house.md, coroutines 3).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nowd {

/// An io_context whose coroutines can be destroyed before the objects that they use.
/// Requires: what holds timers and sockets of it is destroyed after drop_coroutines() and before this.
class EventLoop : public boost::asio::io_context {
 public:
  EventLoop() : io_context(1) {}
  /// Destroys all coroutines that are suspended, and the handlers that are queued. Nothing runs afterwards.
  void drop_coroutines() { shutdown(); }
};

/// Promises: a task's exception is logged with its name and never lost; join() returns when all tasks have ended;
/// cancel() asks all of them to stop (terminal cancellation), and those too that are spawned before the next join()
/// returns. Single-threaded: used from the io_context's thread.
/// Requires: joined before it is destroyed.
class TaskGroup {
 public:
  /// Hears of a task that ended with an exception: its name, and the exception's text. After the log line.
  using Broke = std::function<void(const std::string& task, const std::string& why)>;
  explicit TaskGroup(boost::asio::any_io_executor executor, Broke broke = {});
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  void spawn(std::string name, boost::asio::awaitable<void> task);
  void cancel();
  boost::asio::awaitable<void> join();
  std::size_t size() const;
  std::vector<std::string> names() const;  ///< of what still runs, for shutdown's log line

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace nowd
