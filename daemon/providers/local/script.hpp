// `api: script`: a local model for rehearsal, demonstrations and tests. It plays a list of turns and is recognizable:
// no provider date, no usage, readings with the source "script".
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "providers/wire/provider.hpp"

namespace nowd {

/// The reply of turn `context.call`, with its texts and the texts of its call arguments rendered. Pure. `stop` is a
/// word of OpenAI Chat or a stop name of nowd; the rules of docs/inference.md apply. After the last turn, and if a
/// template cannot be rendered, the reply is malformed, with the reason as detail.
ModelReply play_script(const ProviderConfig& config, const ModelRequest& request, const CallContext& context);

class ScriptProvider final : public Provider {
 public:
  ScriptProvider(ProviderConfig config, const Clock& clock, boost::asio::any_io_executor executor)
      : config_(std::move(config)), clock_(clock), executor_(std::move(executor)) {}

  /// Waits for the turn's `delay`. A delay longer than the run's deadline ends as provider_error at the deadline.
  boost::asio::awaitable<ModelOutcome> call(ModelRequest request, CallContext context) override;

 private:
  ProviderConfig config_;
  const Clock& clock_;
  boost::asio::any_io_executor executor_;
};

}  // namespace nowd
