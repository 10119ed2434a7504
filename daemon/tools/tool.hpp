// Calls tools and fetches inputs. Every outcome, also a failure, is a value.
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
struct CallRules;

/// Facts of the run for a call.
struct CallEnvironment {
  RunTime run;
  Now now;
  std::string idempotency_key;                ///< empty for inputs, and for reads without a key
  milliseconds deadline{};                    ///< remaining wall time of the run
  std::map<std::string, std::string> inputs;  ///< texts of the inputs read before, for templates
  DataWindow data_window;                     ///< the expected window of the data
};

/// A query with $1, $2 … for its parameters.
struct SqlCall {
  std::string database;  ///< empty: the ledger's database
  std::string sql;
  std::vector<std::string> parameters;
  milliseconds timeout{};
  std::size_t max_bytes = 0;
};

/// Dispatches calls by the kind of their action: perform_action() has one overload per kind. A new kind (such as MCP)
/// is an alternative of the variant in domain/job/job.hpp, an overload here, and a folder; the compiler finds a
/// missing one.
class Tools {
 public:
  /// Returns the rows as JSON, read-only. A longer result is cut to max_bytes plus one byte.
  using SqlReader = std::function<boost::asio::awaitable<Result<std::string>>(SqlCall)>;

  Tools(boost::asio::any_io_executor executor, HttpClient& http, const Clock& clock, SecretReader secrets,
        SqlReader sql = {});
  virtual ~Tools() = default;

  /// Calls a configured tool with complete and checked arguments (JSON on stdin for exec; {slots}, body or JSON for
  /// http).
  virtual boost::asio::awaitable<ToolOutcome> call(Tool tool, Json arguments, CallEnvironment environment);

  /// Fetches an input of a job. Renders the templates in argv, url, headers and path.
  virtual boost::asio::awaitable<ToolOutcome> fetch(Input input, CallEnvironment environment);

 private:
  using Outcome = boost::asio::awaitable<ToolOutcome>;
  template <class Action>
  Outcome dispatch(Action action, Json arguments, CallEnvironment environment, CallRules rules);
  Outcome perform_action(ExecAction action, Json arguments, CallEnvironment environment, CallRules rules);
  Outcome perform_action(HttpAction action, Json arguments, CallEnvironment environment, CallRules rules);
  Outcome perform_action(SqlAction action, Json arguments, CallEnvironment environment, CallRules rules);
  Outcome perform_action(FileAction action, Json arguments, CallEnvironment environment, CallRules rules);
  CallRules rules_for(milliseconds timeout, std::int64_t max_bytes, const std::string& data_time,
                      const CallEnvironment& environment) const;
  ToolOutcome redact_outcome(ToolOutcome outcome) const;

  boost::asio::any_io_executor executor_;
  HttpClient& http_;
  const Clock& clock_;
  SecretReader secrets_;
  SqlReader sql_;
  boost::asio::thread_pool files_{2};  ///< a slow disk must not block the loop
};

}  // namespace nowd
