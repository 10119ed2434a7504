// A small HTTP/1.1 server on Beast, for nowd's own page, health and metrics: loopback or a unix socket.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "foundation/error.hpp"
#include "net/task_group.hpp"

namespace nowd {

struct ServedRequest {
  std::string method;
  std::string path;  ///< without the query, percent-decoding not applied
  std::string query;
};

struct ServedResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

struct ServerLimits {
  std::uint32_t headers = 8 * 1024;
  std::uint64_t body = 64 * 1024;
  std::chrono::milliseconds request{5'000};  ///< to receive a request
  std::chrono::milliseconds answer{10'000};  ///< to send its answer
  std::size_t connections = 64;
  std::chrono::milliseconds idle{250};     ///< after this wait for a request, a connection may be replaced
  std::vector<std::string> open_to_all{};  ///< paths that need no Host of loopback
};

/// Limits: 8 KiB of headers, 64 KiB of body, 5 s for a request, 64 connections. One more replaces the connection with
/// the longest wait for a request, or is closed if no wait is long. Other methods than GET and HEAD get 405. An
/// exception of the handler becomes 500 and a log line. Every answer forbids browsers to store it, to guess its type,
/// to put it in a frame, to run scripts, and to load other files than a style sheet of this server. Without TLS and
/// login, it listens on loopback or a unix socket only. Over TCP the Host must be a name of loopback (else 421;
/// exception: ServerLimits::open_to_all), or web pages could read answers through a browser on this host (DNS
/// rebinding). A reverse proxy with a public name must use the unix socket.
class HttpServer {
 public:
  using Handler = std::function<boost::asio::awaitable<ServedResponse>(ServedRequest)>;

  /// `address`: "host:port" ("127.0.0.1:0" picks a port), "[::1]:7420" or "unix:/path" (mode 0660; replaces an
  /// abandoned socket file). Errors: `unavailable`, "listen 127.0.0.1:7420: address already in use; stop the other
  /// program or set `listen`"; `invalid` for another form; `refused` for an address beyond loopback.
  static Result<std::unique_ptr<HttpServer>> listen(boost::asio::any_io_executor executor, const std::string& address,
                                                    Handler handler, ServerLimits limits = {});
  virtual ~HttpServer() = default;

  /// Serves until cancelled, then closes its connections. Requires: has ended before the destructor.
  virtual boost::asio::awaitable<void> run() = 0;
  /// The actual address, with the port that was picked.
  virtual std::string address() const = 0;
};

}  // namespace nowd
