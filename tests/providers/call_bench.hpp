// One provider against one scripted model server, driven to the end of a call.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>

#include "golden.hpp"
#include "net/http/http_client.hpp"
#include "providers/wire/provider.hpp"
#include "support/model_server.hpp"

namespace nowd::test {

/// Drives a coroutine that gives an outcome; an exception of it is the test's.
inline ModelOutcome run_call(boost::asio::io_context& io, boost::asio::awaitable<ModelOutcome> task) {
  std::optional<ModelOutcome> result;
  std::exception_ptr failure;
  boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, ModelOutcome outcome) {
    failure = error;
    result = std::move(outcome);
  });
  io.restart();
  while (!result) io.run_one();
  if (failure) std::rethrow_exception(failure);
  return std::move(*result);
}

struct CallBench {
  CallBench() {
    config.name = "primary";
    config.api = "openai-chat";
    config.model = "configured-model";
    config.base_url = model.base_url();
    config.key = {SecretSource::Kind::credential, "openai"};
    request.model = "gpt-5.2";
    request.messages = {{Message::Role::user, "Hello", {}, {}, {}}};
    context.deadline = minutes{10};
  }

  std::unique_ptr<Provider> provider() {
    const auto read = [this](const SecretSource&) { return secret; };
    return *make_provider(config, http, clock, read, io.get_executor());
  }
  ModelOutcome run(boost::asio::awaitable<ModelOutcome> task) { return run_call(io, std::move(task)); }
  ModelOutcome call() {
    auto made = provider();
    return run(made->call(request, context));
  }

  ModelServer model;
  boost::asio::io_context io;
  SystemClock clock;
  HttpClient http{io.get_executor(), clock};
  Result<Secret> secret = Secret("sk-canary-123");
  ProviderConfig config;
  ModelRequest request;
  CallContext context;
};

}  // namespace nowd::test
