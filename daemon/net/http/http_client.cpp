#include "net/http/http_client.hpp"

#include <algorithm>
#include <utility>

#include "net/http/curl_loop.hpp"
#include "net/http/http_exchange.hpp"
#include "net/http/http_rules.hpp"

namespace asio = boost::asio;

namespace nowd {

std::optional<std::string> HttpResponse::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, [](const auto& entry) { return std::string_view(entry.first); });
  if (found == headers.end()) return {};
  return found->second;
}

void throw_exception_from_error(const HttpFailure& failure, const boost::source_location&) {
  throw UnhandledError(failure.error);
}

struct HttpClient::Impl {
  Impl(asio::any_io_executor on, const Clock& wall)
      : executor(std::move(on)), clock(wall), loop(std::make_shared<CurlLoop>(executor)) {}

  /// Keeps a weak pointer only: the coroutine may start or resume after the client's destruction.
  static asio::awaitable<HttpOutcome> run(std::weak_ptr<Impl> client, HttpRequest request, BodySink sink) {
    auto impl = client.lock();
    if (!impl) co_return HttpFailure{unavailable("the HTTP client is closed")};
    const Result<std::string> origin = origin_of(request.url);
    HttpExchange exchange(impl->loop, impl->executor, impl->clock, std::move(request), std::move(sink));
    impl.reset();
    HttpOutcome outcome = co_await exchange.run();
    impl = client.lock();
    const HttpResponse& seen = outcome ? *outcome : outcome.error().partial;
    if (impl && impl->observer && origin && seen.headers_at) impl->observer(*origin, seen);
    co_return outcome;
  }

  asio::any_io_executor executor;
  const Clock& clock;
  std::shared_ptr<CurlLoop> loop;
  Observer observer;
};

HttpClient::HttpClient(asio::any_io_executor executor, const Clock& clock)
    : impl_(std::make_shared<Impl>(std::move(executor), clock)) {}

HttpClient::~HttpClient() { impl_->loop->close(); }

void HttpClient::observe(Observer observer) { impl_->observer = std::move(observer); }

asio::awaitable<HttpOutcome> HttpClient::fetch(HttpRequest request) {
  return Impl::run(impl_, std::move(request), nullptr);
}

asio::awaitable<HttpOutcome> HttpClient::stream(HttpRequest request, BodySink on_body) {
  return Impl::run(impl_, std::move(request), std::move(on_body));
}

}  // namespace nowd
