// `api: script`: a local model for rehearsal, demonstrations and tests. It plays a list of turns and never claims to be
// anything else: no provider date, no usage, readings with the source "script".
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "providers/wire/provider.hpp"

namespace nowd {

/// The reply of a run's turn, as far as no clock is needed: turn `context.call`, its texts and the texts in its call
/// arguments rendered. `stop` is a word of OpenAI Chat or one of nowd's own stop names; the rules of inference.md 1
/// hold. Past the last turn, and where a template does not render, the reply is malformed and says why.
ModelReply play(const ProviderConfig& config, const ModelRequest& request, const CallContext& context);

class ScriptProvider final : public Provider {
 public:
  ScriptProvider(ProviderConfig config, const Clock& clock, boost::asio::any_io_executor executor)
      : config_(std::move(config)), clock_(clock), executor_(std::move(executor)) {}

  /// Waits the turn's `delay`, but no longer than the run's deadline: then the call ends as provider_error.
  boost::asio::awaitable<ModelOutcome> call(ModelRequest request, CallContext context) override;

 private:
  ProviderConfig config_;
  const Clock& clock_;
  boost::asio::any_io_executor executor_;
};

}  // namespace nowd
