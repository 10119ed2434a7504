// A provider: an HTTP server, a command or a script that answers a ModelRequest.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "domain/job/config.hpp"
#include "domain/job/secret_text.hpp"
#include "domain/model/messages.hpp"
#include "domain/prompt/template.hpp"
#include "foundation/secret.hpp"
#include "providers/failure/limit_headers.hpp"

namespace nowd {

class HttpClient;

/// The outcome of one call. A failed call has a reply too (stop provider_error, stream_cut …), so that a run handles
/// all outcomes by their stop.
struct ModelOutcome {
  ModelReply reply;
  ExchangeTimes times;
  std::string request_body;   ///< without credentials
  std::string response_body;  ///< at most ReplyReader::max_kept bytes; of a stream the data of its events, one per line
  std::string remote;         ///< "https://api.openai.com:443": the server of `remote_date`
  int http_status = 0;        ///< 0: none
  std::string error_message;  ///< the message in the body of a status >= 400; otherwise empty
  int error_status = 0;       ///< for an error inside a 200: the HTTP status that the error names; 0: none
  RateLimits limits;          ///< remaining limits of the key, as the server reports them; otherwise empty
  std::optional<milliseconds> retry_after;  ///< minimum wait that the server asks for
  std::optional<bool> should_retry;         ///< x-should-retry: the server's own judgement
  std::optional<milliseconds> server_duration;
};

/// Facts of the run for the provider of a call (the script provider renders its texts with them).
struct CallContext {
  TemplateValues values;
  int call = 1;                 ///< 1 for the run's first call of this provider
  milliseconds deadline{};      ///< remaining wall time of the run: a limit for the call; 0: make no call
  std::string idempotency_key;  ///< for a command, which may pass it on to other services
  /// Called with the tokens counted so far when a call is cancelled. May be empty; must not throw.
  std::function<void(const Usage&)> report_usage{};
};

class Provider {
 public:
  virtual ~Provider() = default;
  /// Failures of the network or of the server are outcomes, not exceptions. Terminal cancellation ends the call.
  virtual boost::asio::awaitable<ModelOutcome> call(ModelRequest request, CallContext context) = 0;
};

/// The provider of a configuration: registry.cpp. Errors: those of make_dialect(), and `invalid` without a model.
Result<std::unique_ptr<Provider>> make_provider(const ProviderConfig& config, HttpClient& http, const Clock& clock,
                                                SecretReader secrets, boost::asio::any_io_executor executor);

}  // namespace nowd
