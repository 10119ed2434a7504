// What a call that failed at the provider is: something to wait for, to go around, to pay, to put off or to mend.
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

/// A failed call, as far as the judgement needs it.
struct FailedCall {
  Stop stop = Stop::provider_error;
  int status = 0;     ///< of HTTP; 0: none, the server was not reached
  std::string code;   ///< the error's code, which decides before the status does
  std::string said;   ///< the message of an error status; never anything of an answer
  bool asked = true;  ///< false: the call was not made, for want of a key or the like
  bool per_day = false;
  std::optional<milliseconds> retry_after;
  std::optional<bool> should_retry;
  bool operator==(const FailedCall&) const = default;
};
FailedCall failed_call_of(const ModelOutcome& outcome);

/// Nothing if the call did not fail on the way: its stop is the model's own. A stream that was cut is overload. In this
/// order: money, defer, the error's code, x-should-retry, the status. A code that is no more than the error's kind
/// ("invalid_request_error") never outranks a status that says "later". A code that is not known inside a 200 is never.
std::optional<RetryClass> retry_class(const FailedCall& call, milliseconds max_wait);

/// The part of a call that the ledger keeps besides its answer. `left`: of the run's wall time, which makes a longer
/// wait one to be deferred.
ServerNotes server_notes(const ModelOutcome& outcome, milliseconds left);

/// The table of codes, for people and for tests.
struct RetryCode {
  std::string_view code;
  RetryClass retry;
};
std::span<const RetryCode> retry_codes();

/// Whether an error is the word of a filter that read the request: `content_filter` (Azure) and its like at others. It
/// says nothing against the configuration.
bool is_about_content(std::string_view code, std::string_view said);

/// Whether an error says that the account has no money, or none that may be spent: waiting does not help. `said`, the
/// message of an error status, counts only where the API has no code for it, and only word for word.
bool is_about_money(int status, std::string_view code, std::string_view said);

// Words for what went wrong between nowd and a provider: what, where, and what to do about it.

/// "401 from api.openai.com: check the key (providers.primary.key); it says: invalid_api_key, Incorrect API key …".
std::string describe_status(const ProviderConfig& config, const Endpoint& endpoint, const HttpResponse& response,
                            const WireError& error);
/// The same for an exchange that failed on the way. Its own message names URL and cause already.
std::string describe_failure(const ProviderConfig& config, const Error& error, bool anything_arrived);

}  // namespace nowd
