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
  std::chrono::milliseconds request{5'000};  ///< for a request to come in
  std::chrono::milliseconds answer{10'000};  ///< for its answer to be taken
  std::size_t connections = 64;
  std::chrono::milliseconds idle{250};     ///< a connection that waits longer for a request gives way to a new one
  std::vector<std::string> open_to_all{};  ///< paths that are answered whatever Host says, or without one
};

/// Bounds: 8 KiB of headers, 64 KiB of body, 5 s for a request, 64 connections at once. One more takes the place of the
/// connection that has waited longest for a request, or is closed where none has waited long.
/// HEAD works; anything but GET and HEAD is 405. A handler that throws gives 500 and a log line. Every answer forbids
/// browsers to store it, to guess its type, to put it in a frame, to run a script in it, and to load anything for it
/// but a style sheet from here. There is no TLS and no login here, so it listens only where this host's users are; and
/// over TCP it answers only requests whose Host is a name of loopback (else 421; ServerLimits::open_to_all), or any web
/// page could read it through its reader's browser (DNS rebinding). A reverse proxy that passes the public name on uses
/// the unix socket.
class HttpServer {
 public:
  using Handler = std::function<boost::asio::awaitable<ServedResponse>(ServedRequest)>;

  /// `address`: "host:port" ("127.0.0.1:0" picks a port), "[::1]:7420" or "unix:/path" (an old socket file nobody
  /// listens on is replaced; mode 0660).
  /// Errors: `unavailable`, "listen 127.0.0.1:7420: address already in use; stop the other program or set `listen`";
  /// `invalid` for what is no address; `refused` for one that is not this host's own.
  static Result<std::unique_ptr<HttpServer>> listen(boost::asio::any_io_executor executor, const std::string& address,
                                                    Handler handler, ServerLimits limits = {});
  virtual ~HttpServer() = default;

  /// Serves until cancelled; its connections are closed when it returns. Requires: ended before this is destroyed.
  virtual boost::asio::awaitable<void> run() = 0;
  /// The address that is really listened on.
  virtual std::string address() const = 0;
};

}  // namespace nowd
