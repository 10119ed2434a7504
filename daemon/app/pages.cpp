#include "app/pages.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include "app/version.hpp"
#include "foundation/log.hpp"

namespace nowd {
namespace {

constexpr seconds between_gauges{5};  ///< however often /metrics is asked
constexpr seconds max_queue{5};       ///< for a page to wait until others are read
constexpr std::chrono::milliseconds next_try{50};
constexpr days drift_span{30};
constexpr int max_runs = 5'000, recent_runs = 50;

ServedResponse html(int status, std::string page) { return {status, "text/html; charset=utf-8", std::move(page)}; }

Result<Json> ask(LedgerReader& reader, const PagePath& path, Instant now) {
  if (path.kind == PagePath::Kind::run) return reader.run(path.run);
  if (path.kind == PagePath::Kind::job) return reader.job_clocks({path.job, now - drift_span, max_runs, recent_runs});
  return reader.job_overview();
}

std::string shown(const Json& rows, const PagePath& path, const PageTime& time) {
  if (path.kind == PagePath::Kind::run) return run_page(rows, time);
  if (path.kind == PagePath::Kind::job) return job_page(rows, time);
  return jobs_page(rows, time);
}

/// The database's own message may contain hosts and roles, so it only goes to the log.
std::string_view for_readers(const Error& error) {
  if (error.kind == ErrorKind::budget_spent) return "Too many pages are being read at once. Try again in a moment.";
  if (error.kind == ErrorKind::refused) return "The database does not let nowd read this. The log says more.";
  return "The database is away, or took too long to answer. The log says more.";
}

}  // namespace

Pages::Pages(boost::asio::any_io_executor executor, std::string database, const Clock& clock,
             const RunCounters& counters, std::function<DaemonGauges()> gauges)
    : ledger_(std::move(executor), std::move(database)),
      clock_(clock),
      counters_(counters),
      gauges_(std::move(gauges)) {}

PageTime Pages::time() const { return {clock_.now(), std::string(version)}; }

boost::asio::awaitable<ServedResponse> Pages::answer(ServedRequest request) {
  const std::optional<PagePath> path = page_path(request.path);
  if (!path)
    co_return html(404, no_such_page("There is no " + request.path +
                                         " here: nowd serves /, /jobs/NAME, /runs/NUMBER, "
                                         "/metrics, /healthz and /readyz.",
                                     time()));
  if (path->kind == PagePath::Kind::style)
    co_return ServedResponse{200, "text/css; charset=utf-8", std::string(style_sheet())};
  if (path->kind == PagePath::Kind::metrics) co_return co_await metrics();
  co_return co_await page(*path);
}

boost::asio::awaitable<ServedResponse> Pages::page(PagePath path) {
  ReaderPool::Question question = [path, now = clock_.now()](LedgerReader& reader) { return ask(reader, path, now); };
  Result<Json> rows = co_await ledger_.ask(question);
  boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor);
  const Tick give_up = clock_.tick() + max_queue;
  while (!rows && rows.error().kind == ErrorKind::budget_spent && clock_.tick() < give_up) {
    pause.expires_after(next_try);
    co_await pause.async_wait(boost::asio::use_awaitable);
    rows = co_await ledger_.ask(question);
  }
  if (rows) co_return html(200, shown(*rows, path, time()));
  const Error& error = rows.error();
  if (error.kind == ErrorKind::invalid && path.kind != PagePath::Kind::jobs)
    co_return html(404, no_such_page(error.message, time()));
  log::warning("a page could not be read: " + error.message);
  co_return html(503, ledger_away_page(for_readers(error), time()));
}

boost::asio::awaitable<ServedResponse> Pages::metrics() {
  co_await refresh();
  DaemonGauges gauges = gauges_();
  gauges.ledger = known_;
  co_return ServedResponse{200, std::string(metrics_type), metrics_text(counters_, gauges)};
}

/// A request during this query gets the values of before.
boost::asio::awaitable<void> Pages::refresh() {
  if (asked_at_ && clock_.tick() - *asked_at_ < between_gauges) co_return;
  asked_at_ = clock_.tick();
  ReaderPool::Question question = [](LedgerReader& reader) { return reader.gauges(); };
  const Result<Json> rows = co_await ledger_.ask(std::move(question));
  known_.reset();
  if (rows) known_ = *rows;
}

}  // namespace nowd
