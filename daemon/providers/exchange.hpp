// A provider over HTTP: one exchange per call, timed on this host's clocks, in whatever dialect.
#pragma once

#include "net/http/http_client.hpp"
#include "providers/wire/dialect.hpp"
#include "providers/wire/endpoint.hpp"
#include "providers/wire/provider.hpp"

namespace nowd {

/// Promises: one call is at most one request (whether to try again is decided elsewhere: a repeated call is billed
/// twice); nothing of the outcome but the answer's own text and calls can hold the key; a reply is good only if its
/// terminal event was seen, whatever became of the connection afterwards.
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

/// An outcome of a call that was not made, or brought no answer.
ModelOutcome failed_call(Stop stop, std::string detail);
/// What every provider answers when the run has no time left: nothing is sent.
ModelOutcome out_of_time();

}  // namespace nowd
