// libcurl's multi interface driven by Asio: descriptors and one timer. Knows nothing of HTTP.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
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
/// Handles are `void*`, as curl declares them, so that its header stays in the .cpp files.
class CurlLoop : public std::enable_shared_from_this<CurlLoop> {
 public:
  explicit CurlLoop(boost::asio::any_io_executor executor);
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
  /// A socket that curl wants to be told about. Outlives its entry in watches_ while a wait is on its way.
  struct Watch {
    explicit Watch(const boost::asio::any_io_executor& executor) : descriptor(executor) {}
    boost::asio::posix::stream_descriptor descriptor;
    int wanted = 0;  ///< CURL_POLL_IN, OUT, INOUT
    bool reading = false;
    bool writing = false;
  };

  static int on_socket(void* easy, int fd, int what, void* self, void* watch);
  static int on_timer(void* multi, long milliseconds, void* self);
  bool watch(int fd, int what);
  void unwatch(int fd);
  void arm(int fd, const std::shared_ptr<Watch>& watch);
  void wait(int fd, const std::shared_ptr<Watch>& watch, bool for_read);
  void start_timer(long milliseconds);
  void enter(int fd, int events);
  void act();

  boost::asio::any_io_executor executor_;
  boost::asio::steady_timer timer_;
  void* multi_;
  std::unordered_map<int, std::shared_ptr<Watch>> watches_;
  std::unordered_map<void*, CurlTransfer*> transfers_;
  std::vector<CurlTransfer*> touched_;
};

}  // namespace nowd
