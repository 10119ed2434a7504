// A provider over HTTP: one exchange per call, in any dialect, timed on the clocks of this host.
#pragma once

#include "net/http/http_client.hpp"
#include "providers/wire/dialect.hpp"
#include "providers/wire/endpoint.hpp"
#include "providers/wire/provider.hpp"

namespace nowd {

/// Promises: one call sends at most one request (a repeated call is billed twice, so the caller decides on retries);
/// only the text and the calls of the answer can contain the key, all other parts of the outcome are redacted; a reply
/// is good only after its terminal event, and then also if the connection broke later.
class HttpProvider final : public Provider {
 public:
  HttpProvider(ProviderConfig config, Endpoint endpoint, std::unique_ptr<Dialect> dialect, HttpClient& http,
               const Clock& clock, SecretReader secrets);

  boost::asio::awaitable<ModelOutcome> call(ModelRequest request, CallContext context) override;

 private:
  Result<Secret> read_key() const;
  HttpRequest prepare(const ModelRequest& request, const Secret& key, milliseconds deadline) const;

  ProviderConfig config_;
  Endpoint endpoint_;
  std::unique_ptr<Dialect> dialect_;
  HttpClient& http_;
  const Clock& clock_;
  SecretReader secrets_;
};

/// The outcome of a call that was not made, or had no answer.
ModelOutcome failed_call(Stop stop, std::string detail);
/// The outcome of a call when the run has no time left: nothing is sent.
ModelOutcome out_of_time();

}  // namespace nowd
