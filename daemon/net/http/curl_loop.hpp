// libcurl's multi interface driven by Asio: descriptors and one timer. Knows nothing of HTTP.
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

/// One transfer's side of the loop. Both are called when curl has returned, so they may do anything: add and remove
/// transfers, destroy themselves and others.
class CurlTransfer {
 public:
  virtual ~CurlTransfer() = default;
  virtual void turn_ended() = 0;             ///< something came that touch() was called for
  virtual void finished(int curl_code) = 0;  ///< after that the loop has forgotten it
};

/// Invariant: curl is never entered from inside one of its callbacks. They only write down what curl said (touch());
/// it is acted on when curl has returned.
/// The sockets are level-triggered in one epoll that Asio waits for: Asio alone would arm each of them anew for each
/// piece that arrives, and be woken by every arming of one that can be written to.
/// Handles are `void*`, as curl declares them, so that its header stays in the .cpp files.
class CurlLoop : public std::enable_shared_from_this<CurlLoop> {
 public:
  explicit CurlLoop(const boost::asio::any_io_executor& executor);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  /// Starts a transfer. Requires: `transfer` stays until it finished or was removed.
  void add(void* easy, CurlTransfer& transfer);
  /// Ends a transfer early and closes its connection; nothing if it is not under way.
  void remove(void* easy);
  /// From a callback: calls turn_ended() soon.
  void touch(CurlTransfer& transfer);
  /// Ends every transfer with curl's "aborted" code. After that nothing can be added.
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
  void act();

  boost::asio::steady_timer timer_;
  boost::asio::posix::stream_descriptor sockets_;  ///< an epoll of its own, for all of curl's sockets
  std::size_t watched_ = 0;                        ///< sockets in it
  bool waiting_ = false;                           ///< for it
  void* multi_;
  std::unordered_map<void*, CurlTransfer*> transfers_;
  std::vector<CurlTransfer*> touched_;
};

// A request as libcurl wants it told: the easy handle and what has to live as long as it.

struct HttpRequest;

/// HTTP/1.1, no redirects, http and https only, TLS verified; timeouts and limits are the exchange's.
class CurlRequest {
 public:
  /// Requires: `request` passed fault_of() (http_rules.hpp) and outlives this: its body is not copied.
  /// `streamed` asks for a body that is not compressed (events must not wait in a decompressor), decodes one that is
  /// all the same, and may go over a connection that was used before, which fetch() does only for safe methods: see
  /// HttpExchange::on_sending.
  CurlRequest(const HttpRequest& request, bool streamed);
  ~CurlRequest();
  CurlRequest(const CurlRequest&) = delete;
  CurlRequest& operator=(const CurlRequest&) = delete;

  void* easy() const { return easy_; }
  /// curl's own words on what went wrong; empty if it has none.
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
