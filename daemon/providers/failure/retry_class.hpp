// The class of a failed model call: retry after a wait, overload, no money, defer, or never. And its message for
// people.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "domain/job/config.hpp"
#include "domain/model/stop.hpp"
#include "domain/policy/retry.hpp"
#include "domain/run/facts.hpp"
#include "foundation/time/time.hpp"
#include "net/http/http_client.hpp"
#include "providers/wire/endpoint.hpp"
#include "providers/wire/wire.hpp"

namespace nowd {

struct ModelOutcome;

/// The facts of a failed call that decide its class.
struct FailedCall {
  Stop stop = Stop::provider_error;
  int status = 0;       ///< HTTP status; 0: none, the server was not reached
  std::string code;     ///< the error's code; has priority over the status
  std::string message;  ///< of an error status; never a part of an answer
  bool asked = true;    ///< false: the call was not made, because the key is missing or the like
  bool per_day = false;
  std::optional<milliseconds> retry_after;
  std::optional<bool> should_retry;
  bool operator==(const FailedCall&) const = default;
};
FailedCall failed_call_of(const ModelOutcome& outcome);

/// Nothing if the call itself succeeded, and its stop comes from the model. A cut stream is `overload`. The first that
/// applies decides: money, defer, the error's code, x-should-retry, the status. A code that only names the kind of
/// error
/// ("invalid_request_error") does not override a status that means "later". An unknown code inside a 200 is `never`.
std::optional<RetryClass> retry_class(const FailedCall& call, milliseconds max_wait);

/// The facts of a call that the ledger keeps besides its answer.
/// `left`: of the run's wall time, which makes a longer
/// wait one to be deferred.
ServerNotes server_notes(const ModelOutcome& outcome, milliseconds left);

/// The table of codes, for tests.
struct RetryCode {
  std::string_view code;
  RetryClass retry;
};
std::span<const RetryCode> retry_codes();

/// True if a content filter rejected the request: `content_filter` (Azure) and its equivalents. The configuration is
/// not at fault.
bool is_about_content(std::string_view code, std::string_view message);

/// True if the account has no money, or has reached a limit of spending: a wait does not help. `message`, that of an
/// error status, counts only if the API has no code for this, and only word for word.
bool is_about_money(int status, std::string_view code, std::string_view message);

/// The failure, its place and the remedy:
/// "401 from api.openai.com: check the key (providers.primary.key); it says: invalid_api_key, Incorrect API key …".
std::string describe_status(const ProviderConfig& config, const Endpoint& endpoint, const HttpResponse& response,
                            const WireError& error);
/// The same for an exchange without a status; the error has URL and cause.
std::string describe_failure(const ProviderConfig& config, const Error& error, bool anything_arrived);

}  // namespace nowd
