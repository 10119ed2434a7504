#include "net/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <list>

#include "foundation/log.hpp"
#include "foundation/text/words.hpp"

namespace asio = boost::asio;

namespace nowd {
namespace {

struct Task {
  std::string name;
  asio::cancellation_signal stop;
  bool asked_to_stop = false;
};

bool is_cancellation(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

std::string text_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception of an unknown type";
  }
}

}  // namespace

struct TaskGroup::State {
  State(asio::any_io_executor on, Broke on_failure)
      : executor(std::move(on)),
        broke(std::move(on_failure)),
        all_ended(executor, asio::steady_timer::time_point::max()) {}

  void ask_to_stop(Task& task) {
    task.asked_to_stop = true;
    task.stop.emit(asio::cancellation_type::terminal);
  }

  void ended(const std::shared_ptr<Task>& task, const std::exception_ptr& error) {
    // A task that ends with "aborted" after a request to stop has not failed.
    const bool failed = error && !(task->asked_to_stop && is_cancellation(error));
    if (failed)
      log::error("task " + task->name + " ended with an exception: " + text_of(error), {{"task", task->name}});
    tasks.remove(task);
    if (failed && broke) broke(task->name, text_of(error));
    if (tasks.empty()) all_ended.cancel();
  }

  asio::any_io_executor executor;
  const Broke broke;
  asio::steady_timer all_ended;  ///< never expires: its cancellation wakes join()
  std::list<std::shared_ptr<Task>> tasks;
  bool stopping = false;
};

TaskGroup::TaskGroup(asio::any_io_executor executor, Broke broke)
    : state_(std::make_shared<State>(std::move(executor), std::move(broke))) {}

TaskGroup::~TaskGroup() {
  if (!state_->tasks.empty()) log::error("a task group was destroyed before it was joined: " + joined(names()));
}

void TaskGroup::spawn(std::string name, asio::awaitable<void> task) {
  auto entry = std::make_shared<Task>();
  entry->name = std::move(name);
  state_->tasks.push_back(entry);
  auto on_end = [state = state_, entry](const std::exception_ptr& error) { state->ended(entry, error); };
  asio::co_spawn(state_->executor, std::move(task), asio::bind_cancellation_slot(entry->stop.slot(), on_end));
  if (state_->stopping) state_->ask_to_stop(*entry);
}

void TaskGroup::cancel() {
  state_->stopping = true;
  const auto tasks = state_->tasks;  // a copy: the signals may end tasks and spawn others
  for (const auto& task : tasks) state_->ask_to_stop(*task);
}

asio::awaitable<void> TaskGroup::join() {
  const auto state = state_;
  while (!state->tasks.empty()) co_await state->all_ended.async_wait(asio::as_tuple(asio::use_awaitable));
  state->stopping = false;
}

std::size_t TaskGroup::size() const { return state_->tasks.size(); }

std::vector<std::string> TaskGroup::names() const {
  std::vector<std::string> names;
  for (const auto& task : state_->tasks) names.push_back(task->name);
  return names;
}

}  // namespace nowd
