// Estimates the clocks of remote hosts from the HTTP exchanges with them.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "domain/clocks/remote_clock.hpp"
#include "domain/gates/guard.hpp"
#include "foundation/time/clock.hpp"
#include "ledger/records.hpp"
#include "net/http/http_client.hpp"

namespace nowd {

class RemoteClocks {
 public:
  RemoteClocks(boost::asio::any_io_executor executor, ClockLedger& ledger, const Clock& clock);

  /// For HttpClient::observe.
  void observe(const std::string& origin, const HttpResponse& response);
  /// Those of these clocks that are proven to be ahead of this host's, with the least amount.
  std::vector<RemoteSkew> ahead(const std::vector<std::string>& origins) const;
  /// Forgets all estimates, after this host's clock was stepped or slept.
  void forget();

  /// Restores the estimates of this boot from the ledger, and saves changes there; runs until cancelled.
  boost::asio::awaitable<void> run();
  /// Saves changed estimates. False: the ledger refused them; the next call tries again.
  boost::asio::awaitable<bool> write();

 private:
  boost::asio::awaitable<void> restore();

  ClockLedger& ledger_;
  const Clock& clock_;
  boost::asio::steady_timer timer_;
  std::map<std::string, RemoteClock> clocks_;
  std::set<std::string> changed_;  // since the last write()
};

}  // namespace nowd
