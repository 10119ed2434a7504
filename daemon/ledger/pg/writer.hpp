// The one thread that writes the ledger: "take all that is queued" for facts, one transaction each for operations.
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
#include <thread>

#include "ledger/ledger.hpp"
#include "ledger/pg/as_result.hpp"
#include "ledger/pg/batch.hpp"
#include "ledger/pg/session.hpp"

namespace nowd::pg {

/// Promises: facts are committed in groups of all that is waiting (caps: 512 writes, 8 MiB), dispatches before what
/// runs under way have to say; a lone write waits for nobody; an outcome reaches its caller on its own executor after
/// the commit; a write that the schema refuses fails alone.
class Writer {
 public:
  Writer(boost::asio::any_io_executor executor, std::string conninfo, const Clock& clock, NodeIdentity identity);
  ~Writer();

  /// Finishes what is queued if the database is there, says goodbye, and joins the thread.
  void stop();

  boost::asio::awaitable<Result<Written>> write(Claim claim, Facts facts);

  /// Runs `body` (Session::Context& → T) in a transaction of its own.
  template <class T>
  boost::asio::awaitable<Result<T>> transact(std::function<T(Session::Context&)> body) {
    return async<T>([this, body](auto done) {
      enqueue([this, body, done] { done(attempt<T>([&] { return session_.transact(body); })); });
    });
  }

  Session& session() { return session_; }

 private:
  struct Pending {
    RunWrite write;
    std::size_t bytes = 0;
    std::function<void(Result<Written>)> done;
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

  /// Turns what ends an operation into an Error. Lost connections and conflicts never get here.
  template <class T, class Body>
  static Result<T> attempt(Body body) {
    try {
      return body();
    } catch (const Stopping& e) {
      return unavailable(e.what());
    } catch (const LoginRefused& e) {
      return refused("database: " + sentence(e.what()));
    } catch (const std::exception& e) {
      return invalid("ledger: " + sentence(e.what()));
    }
  }

  void enqueue(std::function<void()> operation);
  void loop();
  void commit(std::vector<Pending> group);
  std::vector<Pending> take_group();
  bool idle() const;

  boost::asio::any_io_executor executor_;
  Session session_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Pending> dispatches_;
  std::deque<Pending> writes_;
  std::deque<std::function<void()>> operations_;
  bool stopping_ = false;
};

}  // namespace nowd::pg
