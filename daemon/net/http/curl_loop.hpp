// libcurl's multi interface driven by Asio (descriptors and one timer), and libcurl's handle for a request.
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace nowd {

/// Callbacks of one transfer. The loop calls them after curl has returned, so they may add, remove and destroy
/// transfers, also their own.
class CurlTransfer {
 public:
  virtual ~CurlTransfer() = default;
  virtual void turn_ended() = 0;             ///< after touch()
  virtual void finished(int curl_code) = 0;  ///< the loop has already removed the transfer
};

/// Invariant: curl is never entered from inside one of its callbacks. They only record events (touch()); the loop acts
/// on them when curl has returned. The sockets are level-triggered in one epoll, and Asio waits for that: Asio itself
/// would re-arm a socket for every piece, and would wake up for every writable one. Handles are `void*`, as curl
/// declares them, so that its header stays in the .cpp files.
class CurlLoop : public std::enable_shared_from_this<CurlLoop> {
 public:
  explicit CurlLoop(const boost::asio::any_io_executor& executor);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  /// Starts a transfer. Requires: `transfer` lives until it has finished or is removed.
  void add(void* easy, CurlTransfer& transfer);
  /// Ends a transfer early and closes its connection. No effect if it is not running.
  void remove(void* easy);
  /// From a callback: requests a call of turn_ended() after curl has returned.
  void touch(CurlTransfer& transfer);
  /// Ends every transfer with curl's "aborted" code. Requires: no add() afterwards.
  void close();
  bool closed() const { return multi_ == nullptr; }

 private:
  static int on_socket(void* easy, int fd, int what, void* self, void* socket);
  static int on_timer(void* multi, long milliseconds, void* self);
  bool watch(int fd, int what);
  void unwatch(int fd);
  void wait_for_sockets();
  void read_sockets();
  void start_timer(long milliseconds);
  void enter(int fd, int events);
  void handle_events();

  boost::asio::steady_timer timer_;
  boost::asio::posix::stream_descriptor sockets_;  ///< the epoll of all curl sockets
  std::size_t watched_ = 0;                        ///< sockets in the epoll
  bool waiting_ = false;                           ///< for the epoll
  void* multi_;
  std::unordered_map<void*, CurlTransfer*> transfers_;
  std::vector<CurlTransfer*> touched_;
};

struct HttpRequest;

/// A request in libcurl's form: the easy handle and the data that must live as long. HTTP/1.1, no redirects, http and
/// https only, TLS verified. HttpExchange enforces timeouts and limits.
class CurlRequest {
 public:
  /// Requires: `request` passed fault_of() (http_rules.hpp) and outlives this object, which does not copy the body.
  /// `streamed` asks for an uncompressed body (events must not wait in a decompressor), decodes a compressed one
  /// anyway, and may use an old connection, unlike an unsafe method of fetch(): see HttpExchange::on_sending.
  CurlRequest(const HttpRequest& request, bool streamed);
  ~CurlRequest();
  CurlRequest(const CurlRequest&) = delete;
  CurlRequest& operator=(const CurlRequest&) = delete;

  void* easy() const { return easy_; }
  /// curl's description of the error; may be empty.
  const char* detail() const { return detail_.data(); }

 private:
  void set_method(const HttpRequest& request);
  void set_headers(const HttpRequest& request);
  void add_header(const std::string& line);

  void* easy_;
  void* headers_ = nullptr;         ///< a curl_slist
  std::array<char, 256> detail_{};  ///< CURL_ERROR_SIZE
};

}  // namespace nowd
