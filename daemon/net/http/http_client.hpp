// An HTTP client on libcurl's multi interface, driven by Asio: streaming, proxies by environment, TLS verified.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/time/clock.hpp"

namespace nowd {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  milliseconds connect_timeout{5'000};
  milliseconds first_byte_timeout{60'000};  ///< from `sent` to the first byte of the *body*
  milliseconds idle_timeout{30'000};        ///< between two pieces of the body
  milliseconds total_timeout{300'000};      ///< on the boot clock
  std::size_t max_body = 8 * 1024 * 1024;   ///< decompressed; more ends the exchange with `invalid`
  std::size_t max_headers = 64 * 1024;
  /// false: refuse loopback, private, link-local, CGNAT, v4-mapped and metadata addresses. Checks the address of the
  /// actual connection.
  bool allow_private = true;
  /// By http_proxy, https_proxy, no_proxy. Ignored without allow_private: a proxy would resolve the name without a
  /// check of the address.
  bool use_proxy = true;
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case; the final response's only
  std::string body;                                          ///< empty if a sink received it
  std::string remote_ip;
  Reading sent;                          ///< start of sending, after the connection
  std::optional<Reading> headers_at;     ///< end of the response's headers
  std::optional<Reading> first_byte_at;  ///< first byte of the body
  Reading ended;

  /// The first value of a header (name in lower case), or nothing.
  std::optional<std::string> header(std::string_view name) const;
};

/// A failed exchange and its progress, which decides whether it may be repeated.
struct HttpFailure {
  Error error;           ///< the message has URL (without query and credentials), cause and remedy
  bool sent = false;     ///< some bytes may have left: the server may have acted
  HttpResponse partial;  ///< the known part of the response
};
using HttpOutcome = boost::system::result<HttpResponse, HttpFailure>;
[[noreturn]] void throw_exception_from_error(const HttpFailure& failure, const boost::source_location&);

/// HTTP/1.1, follows no redirects. Thousands of concurrent exchanges on one thread.
/// Terminal cancellation of the awaiting coroutine ends the exchange, closes its connection and throws
/// operation_aborted. The destructor ends running exchanges with `unavailable`.
///
/// Sends a request once: only GET and HEAD keep curl's own retry after a connection that was lost without an answer.
/// Adds `User-Agent: nowd` if the request has none, and no other header (no Content-Type).
///
/// Errors: `invalid` for a request that cannot be sent (not http(s), a line break in a header) and for an answer that
/// is too large or not HTTP; `refused` for a private address and an untrusted certificate; `budget_spent` for
/// total_timeout; `unavailable` for all other errors, including the other timeouts.
class HttpClient {
 public:
  HttpClient(boost::asio::any_io_executor executor, const Clock& clock);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// The whole response in memory. Asks for gzip and decompresses it, unless the request has an Accept-Encoding.
  boost::asio::awaitable<HttpOutcome> fetch(HttpRequest request);

  /// `on_body` gets each piece on arrival, after status and headers. If it returns false, the exchange ends early
  /// without an error, with the response so far. An exception of `on_body` ends the exchange and is rethrown to the
  /// caller. The bodies of a status >= 400 are in the response instead. Asks for no compression, but decodes it.
  using BodySink = std::function<bool(std::string_view piece)>;
  boost::asio::awaitable<HttpOutcome> stream(HttpRequest request, BodySink on_body);

  /// Called for every exchange of this client that got headers: their Date is a reading of the server's clock.
  using Observer = std::function<void(const std::string& origin, const HttpResponse& response)>;
  void observe(Observer observer);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace nowd
