// App towards those who look: health, pages, metrics, a line for each run.
#include <iostream>

#include "app/app.hpp"
#include "app/counting.hpp"
#include "app/run_line.hpp"
#include "app/version.hpp"
#include "foundation/log.hpp"

namespace nowd {

boost::asio::awaitable<ServedResponse> App::answer(ServedRequest request) {
  const auto plain = [](int status, const std::string& text) {
    return ServedResponse{status, "text/plain; charset=utf-8", text};
  };
  if (request.path == "/healthz") co_return plain(200, "ok\n");
  if (request.path != "/readyz") co_return co_await pages_.answer(std::move(request));
  if (!ledger_.reachable()) co_return plain(503, "no: the database is not reachable\n");
  if (!serving_) co_return plain(503, "no: starting or stopping\n");
  if (const auto& held = scheduler_.held()) co_return plain(503, "no: held: " + sentence(*held) + "\n");
  if (const auto refused = scheduler_.refused()) co_return plain(503, "no: " + *refused + "\n");
  co_return plain(200, "ok\n");
}

DaemonGauges App::gauges() const {
  DaemonGauges out;
  out.version = version;
  out.started = started_;
  out.ledger_reachable = ledger_.reachable();
  out.serving = serving_;
  out.runs_under_way = supervisor_.running();
  if (!serving_) return out;
  out.beat_age = clock_.tick() - ledger_.confirmed();
  add_configured(out, scheduler_.setup()->config, remote_clocks_);
  for (const auto& [name, provider] : scheduler_.setup()->config.providers)
    if (provider.api != "script") out.providers.emplace_back(name, !keys_.shut(provider, clock_.tick()));
  return out;
}

void App::run_ended(const RunReport& ended) {
  count_run(counters_, ended);
  if (!ended.end.deliveries.empty() || ended.end.trouble) pump_.wake();
  const Zone& zone = scheduler_.setup()->jobs->count(ended.claimed.job) > 0
                         ? scheduler_.setup()->jobs->at(ended.claimed.job).schedule.zone
                         : Zone::utc();
  const std::string line = run_line(ended, zone);
  if (options_.private_database)
    std::cout << line << std::endl;
  else if (ended.end.state == RunState::succeeded)
    log::info(line, {{"job", ended.claimed.job}, {"run", to_string(ended.claimed.claim.run)}});
  else
    log::warning(line, {{"job", ended.claimed.job}, {"run", to_string(ended.claimed.claim.run)}});
}

}  // namespace nowd
