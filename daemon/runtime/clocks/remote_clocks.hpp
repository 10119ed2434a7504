// The clocks of the hosts that this daemon talks to: every exchange is a look at one of them.
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
  /// Which of these clocks are proven to be ahead of this host's, and by how much.
  std::vector<RemoteSkew> ahead(const std::vector<std::string>& origins) const;
  /// This host's clock was stepped or slept: what was learnt before does not hold.
  void forget();

  /// Takes up what the ledger has of this boot, and keeps it there; until cancelled.
  boost::asio::awaitable<void> run();
  /// Writes down what changed. False = it was refused; it is kept for the next time.
  boost::asio::awaitable<bool> write();

 private:
  boost::asio::awaitable<void> take_up();

  ClockLedger& ledger_;
  const Clock& clock_;
  boost::asio::steady_timer timer_;
  std::map<std::string, RemoteClock> clocks_;
  std::set<std::string> changed_;  // since they were last written down
};

}  // namespace nowd
