// The HTTP pages and /metrics of nowd, besides its health. Reads the rows; surface/ renders them.
#pragma once

#include <functional>

#include "foundation/time/clock.hpp"
#include "ledger/reader/reader_pool.hpp"
#include "net/http/http_server.hpp"
#include "surface/metrics.hpp"
#include "surface/page/pages.hpp"

namespace nowd {

class Pages {
 public:
  /// `gauges` returns the values of this process; values of the ledger are added here.
  Pages(boost::asio::any_io_executor executor, std::string database, const Clock& clock, const RunCounters& counters,
        std::function<DaemonGauges()> gauges);

  /// 404 for an unknown path, 503 while the ledger cannot be read, each with a page that explains it.
  boost::asio::awaitable<ServedResponse> answer(ServedRequest request);

 private:
  boost::asio::awaitable<ServedResponse> page(PagePath path);
  boost::asio::awaitable<ServedResponse> metrics();
  boost::asio::awaitable<void> refresh();
  PageTime time() const;

  ReaderPool ledger_;
  const Clock& clock_;
  const RunCounters& counters_;
  std::function<DaemonGauges()> gauges_;
  std::optional<Json> known_;  ///< gauges of the ledger
  std::optional<Tick> asked_at_;
};

}  // namespace nowd
