// Reading a database for a job: `sql` inputs and `when`. Read-only, one connection per query, on threads of its own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <string>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/time/time.hpp"

namespace nowd {

/// A query with $1, $2 … for its parameters.
struct Query {
  std::string database;  ///< conninfo or URL; empty = the one that Queries was made with
  std::string sql;
  std::vector<std::string> parameters;
  milliseconds timeout{60'000};
  std::size_t max_bytes = 256 * 1024;  ///< of the answer; one byte more says that it was cut
};

class Queries {
 public:
  /// Awaitables resume on `executor`.
  Queries(boost::asio::any_io_executor executor, std::string own_database);
  ~Queries();

  /// At most 10 000 rows as a JSON array of objects with the columns' names; numbers, booleans and JSON as such, all
  /// else as text. Errors: `unavailable` (nobody there, out of time), `refused` (login, rights), `invalid` (the
  /// server's words). The timeout counts from here, the wait for a thread included. Cancelling (terminal) ends the wait
  /// at once, and the query on its server.
  boost::asio::awaitable<Result<std::string>> run(Query query);

 private:
  struct Asked;
  static Result<std::string> answer(Asked& asked);

  boost::asio::any_io_executor executor_;
  const std::string own_database_;
  boost::asio::thread_pool threads_;
  boost::asio::thread_pool cancelling_;  ///< a request to cancel is a connection of its own, and may take its time
};

}  // namespace nowd
