// Groups of named coroutines that are joined before shutdown. No coroutine is started detached, outside of a group.
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
/// Requires: owners of its timers and sockets are destroyed after drop_coroutines() and before the loop.
class EventLoop : public boost::asio::io_context {
 public:
  EventLoop() : io_context(1) {}
  /// Destroys all suspended coroutines and queued handlers. Nothing runs afterwards.
  void drop_coroutines() { shutdown(); }
};

/// Promises: the log has the exception of each failed task with its name; join() returns when all tasks have ended;
/// cancel() asks all tasks to stop (terminal cancellation), also those spawned before the next join() returns.
/// Requires: used on the io_context's thread only; joined before it is destroyed.
class TaskGroup {
 public:
  /// Called after the log line of a failed task, with the text of its exception.
  using Broke = std::function<void(const std::string& task, const std::string& reason)>;
  explicit TaskGroup(boost::asio::any_io_executor executor, Broke broke = {});
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  void spawn(std::string name, boost::asio::awaitable<void> task);
  void cancel();
  boost::asio::awaitable<void> join();
  std::size_t size() const;
  std::vector<std::string> names() const;  ///< of the running tasks, for shutdown's log line

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace nowd
