// Calling a tool: arguments checked against their schema, the call made, the outcome as a value.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/clocks/data_time.hpp"
#include "domain/job/config.hpp"
#include "domain/job/secret_text.hpp"
#include "domain/prompt/template.hpp"
#include "domain/run/tool_outcome.hpp"
#include "foundation/json.hpp"

namespace nowd {

class HttpClient;

/// The run's side of a call.
struct CallEnvironment {
  RunTime run;
  Now now;
  std::string idempotency_key;                ///< empty for inputs and reads without one
  milliseconds deadline{};                    ///< what is left of the run's wall time
  std::map<std::string, std::string> inputs;  ///< texts of the inputs read so far, for templates
  DataWindow data_window;                     ///< what is read is to be from here
};

/// A query as a database gets it: $1, $2 … for its parameters.
struct SqlCall {
  std::string database;  ///< empty = the ledger's own
  std::string sql;
  std::vector<std::string> parameters;
  milliseconds timeout{};
  std::size_t max_bytes = 0;
};

class Tools {
 public:
  /// Gives the rows as JSON, read-only; one byte more than max_bytes where there would be more.
  using SqlReader = std::function<boost::asio::awaitable<Result<std::string>>(SqlCall)>;

  Tools(boost::asio::any_io_executor executor, HttpClient& http, const Clock& clock, SecretReader secrets,
        SqlReader sql = {});
  virtual ~Tools() = default;

  /// Calls a configured tool with complete, checked arguments (JSON on stdin for exec; {slots}, body or JSON for http).
  virtual boost::asio::awaitable<ToolOutcome> call(Tool tool, Json arguments, CallEnvironment environment);

  /// Fetches an input of a job: templates in argv, url, headers and path are rendered first.
  virtual boost::asio::awaitable<ToolOutcome> fetch(Input input, CallEnvironment environment);

 private:
  boost::asio::awaitable<ToolOutcome> perform(Tool tool, Json arguments, CallEnvironment environment);
  boost::asio::awaitable<ToolOutcome> read(Input input, CallEnvironment environment);
  ToolOutcome cleaned(ToolOutcome outcome) const;

  boost::asio::any_io_executor executor_;
  HttpClient& http_;
  const Clock& clock_;
  SecretReader secrets_;
  SqlReader sql_;
  boost::asio::thread_pool files_{2};  ///< a slow disk may not hold up the loop
};

}  // namespace nowd
