// What is known of remote clocks, kept over a restart of the daemon. It holds for one boot of this host: bounds are
// measured against its boot clock.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "domain/clocks/remote_clock.hpp"
#include "foundation/error.hpp"

namespace nowd {

class ClockLedger {
 public:
  virtual ~ClockLedger() = default;
  virtual boost::asio::awaitable<Result<std::vector<RemoteClockRow>>> remote_clocks(std::string boot_id) = 0;
  /// Replaces the rows of these clocks.
  virtual boost::asio::awaitable<Result<void>> keep(std::string boot_id, std::vector<RemoteClockRow> rows) = 0;
};

}  // namespace nowd
