// Asks providers, sinks and name servers, all at once. No request has an effect.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "ctl/check/finding.hpp"
#include "ctl/check/uses.hpp"
#include "delivery/delivery.hpp"
#include "net/http/http_client.hpp"
#include "net/task_group.hpp"

namespace nowd::ctl {

inline constexpr seconds max_check{5};

/// `with_key`: the request contained the key, so a refusal is about the key.
Finding judge_provider(const ProviderConfig& provider, const HttpOutcome& answer, bool with_key);
/// `as_daemon`: nowd has the rights of this user, so a refusal holds for nowd too.
Finding judge_sink(const Sink& sink, const Result<std::string>& seen, bool as_daemon);
/// `fault`: the resolver's error; empty: the name resolves.
Finding judge_host(const HostUse& use, const std::string& fault);

/// The destructor cancels questions without an answer; it may have to wait for the resolver of the HTTP client.
class Outside {
 public:
  explicit Outside(bool as_daemon, milliseconds limit = max_check);
  ~Outside();
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;

  /// Returns one finding per provider, sink and host, in the order of `uses`, within about `limit`. `source` is the
  /// configuration, for findings about providers and sinks.
  Findings ask_all(const Uses& uses, const std::string& source);

 private:
  boost::asio::awaitable<void> ask_provider(ProviderConfig provider, std::size_t slot);
  boost::asio::awaitable<void> ask_sink(Sink sink, std::size_t slot);
  bool can_read(const std::vector<SecretSource>& secrets) const;
  std::size_t expect(Finding if_no_answer);
  void answer(std::size_t slot, Finding finding);

  bool as_daemon_;
  milliseconds limit_;
  SystemClock clock_;
  SecretReader secrets_;
  boost::asio::io_context io_{1};
  HttpClient http_;
  Senders senders_;
  TaskGroup tasks_;
  Findings findings_;  ///< "no answer" for each question, until its answer comes
};

/// Resolves names of hosts from its construction on. getaddrinfo() cannot be cancelled: late answers are ignored, and
/// their threads end with the process.
class HostLookups {
 public:
  explicit HostLookups(const std::vector<HostUse>& hosts);
  /// Waits until max_check after the start. Empty: the name resolves; else the error.
  std::string error_of(std::size_t index);

 private:
  std::chrono::steady_clock::time_point deadline_;
  std::vector<std::future<std::string>> answers_;
};

}  // namespace nowd::ctl
