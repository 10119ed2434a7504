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
  milliseconds first_byte_timeout{60'000};  ///< from sent to the first byte of the *body*
  milliseconds idle_timeout{30'000};        ///< between two pieces of the body
  milliseconds total_timeout{300'000};      ///< on the boot clock
  std::size_t max_body = 8 * 1024 * 1024;   ///< decompressed; more ends the exchange with `invalid`
  std::size_t max_headers = 64 * 1024;
  bool allow_private = true;  ///< false: refuses to connect to loopback, private, link-local, CGNAT, v4-mapped and
                              ///< metadata addresses, judged on the address that is really connected to
  bool use_proxy = true;  ///< by http_proxy, https_proxy, no_proxy; never where allow_private is false: a proxy would
                          ///< resolve the name, and nobody would have judged the address
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case; the final response's only
  std::string body;                                          ///< empty if a sink took it
  std::string remote_ip;
  Reading sent;                       ///< when the request began to be sent (connected, if that had to be done first)
  std::optional<Reading> headers_at;  ///< when the response's headers were complete
  std::optional<Reading> first_byte_at;  ///< first byte of the body
  Reading ended;

  /// The first value of a header (name in lower case), or nothing.
  std::optional<std::string> header(std::string_view name) const;
};

/// How far an exchange got when it failed: decides whether it may be repeated.
struct HttpFailure {
  Error error;           ///< the message names URL (without query and credentials), cause and remedy
  bool sent = false;     ///< bytes of the request may have left: the server may have acted
  HttpResponse partial;  ///< what is known so far
};
using HttpOutcome = boost::system::result<HttpResponse, HttpFailure>;
[[noreturn]] void throw_exception_from_error(const HttpFailure& failure, const boost::source_location&);

/// Redirects are never followed. HTTP/1.1. Up to thousands of exchanges at once; one thread.
/// Cancelling the awaiting coroutine (terminal) ends the exchange, closes its connection and throws operation_aborted.
/// Destroying the client ends what is under way with `unavailable`.
///
/// A request goes out once: curl's own repeating, after a connection was lost without an answer, is left to GET and
/// HEAD. `User-Agent: nowd` unless given; nothing else is added to what the request says (no Content-Type).
///
/// Errors: `invalid` for a request that cannot be sent as it is written (not http(s), a line break in a header) and for
/// an answer that is too large or no HTTP; `refused` for a private address and an untrusted certificate;
/// `budget_spent` for total_timeout; `unavailable` for all else, the other timeouts among it.
class HttpClient {
 public:
  HttpClient(boost::asio::any_io_executor executor, const Clock& clock);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// The whole response in memory; asks for gzip and decompresses it, unless the request has an Accept-Encoding.
  boost::asio::awaitable<HttpOutcome> fetch(HttpRequest request);

  /// `on_body` gets each piece as it arrives (status and headers are known by then); returning false ends the exchange
  /// early, without an error: the response says what was received so far. Bodies of a status >= 400 are collected
  /// instead. What it throws ends the exchange and is thrown to the caller. Asks for no compression, and undoes it.
  using BodySink = std::function<bool(std::string_view piece)>;
  boost::asio::awaitable<HttpOutcome> stream(HttpRequest request, BodySink on_body);

  /// Is told of each exchange that came as far as its headers, whoever made it: what it says of the server's clock.
  using Observer = std::function<void(const std::string& origin, const HttpResponse& response)>;
  void observe(Observer observer);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace nowd
