// A provider: something that answers a ModelRequest. One file pair per dialect; encode and decode are pure.
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

/// What came of one call. A call that failed on the way still has a reply (stop provider_error, stream_cut …): a run
/// treats both alike, by its stop.
struct ModelOutcome {
  ModelReply reply;
  ExchangeTimes times;
  std::string request_body;   ///< as sent, without credentials
  std::string response_body;  ///< as received (streams: the events' data, one a line), bounded
  std::string remote;         ///< "https://api.openai.com:443": whose clock `remote_date` is
  int http_status = 0;        ///< 0: none
  std::string error_message;  ///< of an error status: what its body says; empty for whatever came with another
  int error_status = 0;       ///< of an error inside a 200: the status it would have come with; 0: it does not say
  RateLimits limits;          ///< what the key may still do, as the server says; for whom it does not, empty
  std::optional<milliseconds> retry_after;  ///< the least wait that the server asks for
  std::optional<bool> should_retry;         ///< the server's own judgement
  std::optional<milliseconds> server_duration;
};

/// What a provider may know of the run it serves (the script provider renders its texts with it).
struct CallContext {
  TemplateValues values;
  int call = 1;             ///< 1 for the run's first call of this provider
  milliseconds deadline{};  ///< what is left of the run's wall time; the call ends by then, and is not made if it is 0
  std::string idempotency_key;  ///< for a command, which may pass it on to what it calls
  /// Is told what a call that is given up had counted by then. May be empty, and may not throw.
  std::function<void(const Usage&)> told{};
};

class Provider {
 public:
  virtual ~Provider() = default;
  /// Never throws for what the wire does. Cancelling (terminal) ends the call.
  virtual boost::asio::awaitable<ModelOutcome> call(ModelRequest request, CallContext context) = 0;
};

/// The one place where dialects are registered. Errors: `invalid` for an `api` that is not supported (yet).
Result<std::unique_ptr<Provider>> make_provider(const ProviderConfig& config, HttpClient& http, const Clock& clock,
                                                SecretReader secrets, boost::asio::any_io_executor executor);

}  // namespace nowd
