// Listens to NOTIFY nowd, so that a daemon sees a request sooner. Only the poll is needed for correctness.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <string>
#include <thread>

namespace nowd {

/// Calls `heard` on the executor for each notification. Reconnects by itself; logs no failures, because the writer's
/// session logs them.
class Notices {
 public:
  Notices(boost::asio::any_io_executor executor, std::string conninfo, std::function<void()> heard);
  ~Notices();

 private:
  void loop();
  boost::asio::any_io_executor executor_;
  std::string conninfo_;
  std::function<void()> heard_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace nowd
