#include "ctl/doctor/resolve.hpp"

#include <netdb.h>

#include <thread>

#include "ctl/doctor/outside.hpp"

namespace nowd::ctl {
namespace {

std::string resolve(const std::string& host) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (found != nullptr) ::freeaddrinfo(found);
  return error == 0 ? "" : ::gai_strerror(error);
}

}  // namespace

Resolving::Resolving(const std::vector<HostUse>& hosts) : deadline_(std::chrono::steady_clock::now() + longest_check) {
  for (const HostUse& use : hosts) {
    std::packaged_task<std::string()> task([host = use.host] { return resolve(host); });
    answers_.push_back(task.get_future());
    std::thread(std::move(task)).detach();
  }
}

std::string Resolving::fault(std::size_t index) {
  std::future<std::string>& answer = answers_.at(index);
  if (answer.wait_until(deadline_) != std::future_status::ready) return "no answer within " + human(longest_check);
  return answer.get();
}

}  // namespace nowd::ctl
