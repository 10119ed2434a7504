// Hears NOTIFY nowd: shortens the time until a request is seen. A poll carries correctness.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <string>
#include <thread>

namespace nowd {

/// Calls `heard` on the executor for each notification. Connects again by itself; says nothing when it cannot: the
/// writer's session already does.
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
