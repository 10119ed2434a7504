#include "runtime/clocks/remote_clocks.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <utility>

#include "foundation/log.hpp"

namespace nowd {
namespace {

constexpr seconds between_writes{10};
/// Tools may call any number of hosts: beyond this number, new ones are ignored, so that the others stay.
constexpr std::size_t max_clocks = 1000;

std::optional<seconds> age_of(const HttpResponse& response) {
  const auto header = response.header("age");
  if (!header) return std::nullopt;
  std::int64_t value = 1;  // an unreadable Age counts as not zero
  std::from_chars(header->data(), header->data() + header->size(), value);
  return seconds{value};
}

}  // namespace

RemoteClocks::RemoteClocks(boost::asio::any_io_executor executor, ClockLedger& ledger, const Clock& clock)
    : ledger_(ledger), clock_(clock), timer_(std::move(executor)) {}

/// If this host's uncertainty is unknown, an exchange proves only that the two clocks disagree; the guard needs no
/// more.
void RemoteClocks::observe(const std::string& origin, const HttpResponse& response) {
  const auto date = response.header("date");
  if (!date || !response.headers_at) return;
  if (clocks_.size() >= max_clocks)  // estimates that have expired go first
    std::erase_if(clocks_, [now = clock_.tick()](const auto& each) { return each.second.offset(now).samples == 0; });
  if (clocks_.size() >= max_clocks && !clocks_.contains(origin)) return;
  clocks_[origin].observe({response.sent.wall, response.sent.uncertainty.value_or(nanoseconds{0}), response.sent.boot,
                           response.headers_at->boot, parse_http_date(*date), age_of(response)});
  changed_.insert(origin);
}

std::vector<RemoteSkew> RemoteClocks::ahead(const std::vector<std::string>& origins) const {
  std::vector<RemoteSkew> out;
  const Tick now = clock_.tick();
  for (const std::string& origin : origins) {
    const auto known = clocks_.find(origin);
    if (known == clocks_.end()) continue;
    if (const auto ahead = known->second.offset(now).proven_ahead_by) out.push_back({origin, *ahead});
  }
  return out;
}

void RemoteClocks::forget() {
  for (auto& [origin, clock] : clocks_) {
    clock.forget();
    changed_.insert(origin);
  }
}

boost::asio::awaitable<void> RemoteClocks::restore() {
  const Result<std::vector<RemoteClockRow>> rows = co_await ledger_.remote_clocks(clock_.boot_id());
  if (!rows) co_return log::error("could not read the estimates of remote clocks: " + rows.error().message);
  const Reading now = clock_.read();
  for (const RemoteClockRow& row : *rows)
    clocks_.emplace(row.remote,
                    RemoteClock::from_row(row, now.wall, now.boot));  // an estimate of this process is newer
}

boost::asio::awaitable<void> RemoteClocks::run() {
  co_await restore();
  for (;;) {
    timer_.expires_after(between_writes);
    co_await timer_.async_wait(boost::asio::use_awaitable);
    co_await write();
  }
}

boost::asio::awaitable<bool> RemoteClocks::write() {
  if (changed_.empty()) co_return true;
  std::vector<RemoteClockRow> rows;
  const Reading now = clock_.read();
  for (const std::string& origin : changed_)
    if (const auto known = clocks_.find(origin); known != clocks_.end())
      rows.push_back(known->second.to_row(origin, now.wall, now.boot));
  auto writing = std::exchange(changed_, {});
  const Result<void> kept = co_await ledger_.save_remote_clocks(clock_.boot_id(), std::move(rows));
  if (kept) co_return true;
  log::error("could not save the estimates of remote clocks, trying again: " + kept.error().message);
  changed_.merge(writing);
  co_return false;
}

}  // namespace nowd
