// Reading the ledger for the daemon's own page and metrics: on threads of its own, with little patience, and only so
// many at once. One slow page delays other pages, never a run.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <string>

#include "ledger/reader/reader.hpp"

namespace nowd {

class ReaderPool {
 public:
  /// Runs on one of the threads, with a connection of its own.
  using Question = std::function<Result<Json>(LedgerReader&)>;

  /// Awaitables resume on `executor`, from whose thread this is used.
  ReaderPool(boost::asio::any_io_executor executor, std::string database);
  ~ReaderPool();

  /// Two are answered at a time, each statement within 3 s; six more may wait. Errors: those of LedgerReader;
  /// `budget_spent` when more are asked.
  boost::asio::awaitable<Result<Json>> ask(Question question);

 private:
  boost::asio::any_io_executor executor_;
  const std::string database_;
  int asked_ = 0;
  boost::asio::thread_pool threads_;
};

}  // namespace nowd
