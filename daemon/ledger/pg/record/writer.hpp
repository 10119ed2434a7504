// The thread that writes the ledger: group commit for facts, one transaction for each other operation.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "ledger/ledger.hpp"
#include "ledger/pg/record/batch.hpp"
#include "ledger/pg/session/as_result.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

/// Promises: queued facts are committed in groups (limits: 512 writes, 8 MiB), dispatches before other facts. A single
/// write does not wait for a group to fill. The outcome reaches the caller on the executor, after the commit. A write
/// that the schema refuses fails alone. A write or operation that meets a lock of another session is retried after the
/// rest of the queue.
class Writer {
 public:
  Writer(boost::asio::any_io_executor executor, std::string conninfo, const Clock& clock, NodeIdentity identity);
  ~Writer();

  /// From now on, operations with may_be_left fail if the database is away.
  void hurry();
  /// Writes the queue if the database is there, marks the node as stopped, and joins the thread: within about 10 s,
  /// also if the database hangs.
  void stop();

  boost::asio::awaitable<Result<Written>> write_facts(Claim claim, Facts facts);

  /// Runs `body` (Session::Context& → T) in a transaction of its own.
  template <class T>
  boost::asio::awaitable<Result<T>> transact(std::function<T(Session::Context&)> body,
                                             Importance importance = Importance::may_be_left) {
    return async<T>([this, body, importance](auto done) {
      auto run = [this, body, importance, done] {
        done(attempt<T>([&] { return session_.transact(body, importance); }));
      };
      enqueue({std::move(run), [done] { done(unavailable(Stopping().what())); }, importance, {}});
    });
  }

  Session& session() { return session_; }

  /// How long an operation has waited for a lock, and its statement; none if that is under 10 s.
  std::optional<std::string> lock_in_the_way() const;

 private:
  /// How long an operation has waited for locks of other sessions, and whether that is in the log.
  struct LockWait {
    std::optional<Tick> since;
    bool logged = false;
  };
  struct Pending {
    RunWrite write;
    std::size_t bytes = 0;
    std::function<void(Result<Written>)> done;
    LockWait lock = {};
  };
  struct Operation {
    std::function<void()> run;    ///< throws LockTimeout: run it again later
    std::function<void()> leave;  ///< fails it, because the ledger is stopping
    Importance importance = Importance::may_be_left;
    LockWait lock = {};
  };

  /// Awaits a callback that may come from the writer's thread.
  template <class T, class Start>
  boost::asio::awaitable<Result<T>> async(Start start) {
    auto initiate = [this, start = std::move(start)](auto handler) mutable {
      auto shared = std::make_shared<decltype(handler)>(std::move(handler));
      auto work = boost::asio::make_work_guard(executor_);
      start([this, shared, work](Result<T> result) {
        boost::asio::post(executor_, [shared, result = std::move(result)]() mutable { (*shared)(std::move(result)); });
      });
    };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result<T>)>(
        std::move(initiate), boost::asio::use_awaitable);
  }

  /// Turns the exceptions of an operation into an Error. Session handles lost connections and conflicts; LockTimeout
  /// passes.
  template <class T, class Body>
  static Result<T> attempt(Body body) {
    try {
      return body();
    } catch (const LockTimeout&) {
      throw;
    } catch (const Stopping& e) {
      return unavailable(e.what());
    } catch (const LoginRefused& e) {
      return refused("database: " + sentence(e.what()));
    } catch (const std::exception& e) {
      return invalid("ledger: " + sentence(e.what()));
    }
  }

  void enqueue(Operation operation);
  void loop();
  void perform(Operation operation);
  void leave_queued();
  void commit(std::vector<Pending> group);
  void commit_one_by_one(std::vector<Pending> group, std::vector<RunWrite> writes);
  std::vector<Pending> take_group();
  bool idle() const;
  std::string waits(const LockWait& lock, const std::string& what) const;
  void log_lock(LockWait& lock, const std::string& what);
  void log_unlocked(const LockWait& lock) const;
  void set_lock_in_the_way(std::optional<std::string> lock);

  boost::asio::any_io_executor executor_;
  Session session_;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<std::string> in_the_way_;
  std::deque<Pending> dispatches_;
  std::deque<Pending> writes_;
  std::deque<Operation> operations_;
  bool stopping_ = false;
  bool ended_ = false;  ///< the thread has nothing left to do
};

}  // namespace nowd::pg
