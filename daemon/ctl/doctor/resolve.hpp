// Names of hosts, looked up at the same time.
#pragma once

#include <chrono>
#include <future>
#include <string>
#include <vector>

#include "ctl/doctor/uses.hpp"

namespace nowd::ctl {

/// Starts when it is made. getaddrinfo() cannot be told to stop: what is late is forgotten, and ends with the process.
class Resolving {
 public:
  explicit Resolving(const std::vector<HostUse>& hosts);
  /// Waits until five seconds after the start. Empty: it resolves; else why not.
  std::string fault(std::size_t index);

 private:
  std::chrono::steady_clock::time_point deadline_;
  std::vector<std::future<std::string>> answers_;
};

}  // namespace nowd::ctl
