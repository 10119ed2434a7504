// App where zones change: an upgrade of tzdata reaches a daemon that goes on running.
#include <boost/asio/use_awaitable.hpp>

#include "app/app.hpp"
#include "config/daemon/secret_store.hpp"
#include "foundation/log.hpp"

namespace nowd {
namespace {

constexpr minutes between_looks{1};

/// Jobs of both setups whose zone says something else in the second.
std::vector<JobName> rezoned(const Jobs& before, const Jobs& after) {
  std::vector<JobName> names;
  for (const auto& [name, job] : after) {
    const auto known = before.find(name);
    if (known != before.end() && known->second.schedule_revision == job.schedule_revision &&
        !known->second.schedule.zone.same_rules(job.schedule.zone))
      names.push_back(name);
  }
  return names;
}

}  // namespace

boost::asio::awaitable<void> App::watch_zones() {
  boost::asio::steady_timer timer(io_);
  for (;;) {
    timer.expires_after(between_looks);
    co_await timer.async_wait(boost::asio::use_awaitable);
    if (serving_) co_await renew_zones();
  }
}

boost::asio::awaitable<void> App::renew_zones() {
  const SetupSnapshot before = scheduler_.setup();
  std::vector<Job> jobs;
  bool changed = false;
  for (const auto& [name, job] : *before->jobs) {
    jobs.push_back(job);
    const Result<Zone> zone = Zone::find(job.schedule.zone.name());
    if (!zone || (zone->release() == job.schedule.zone.release() && zone->same_rules(job.schedule.zone)))
      continue;  // in the middle of an upgrade it may not be there
    jobs.back().schedule.zone = *zone;
    changed = true;
  }
  if (!changed) co_return;
  Result<SetupSnapshot> after =
      make_setup(before->config, std::move(jobs), http_, clock_, secrets_, io_.get_executor());
  if (!after) {
    log::error("new zone data could not be taken over, trying again: " + after.error().message);
    co_return;
  }
  if (scheduler_.setup() == before) co_await rezone(before, std::move(*after));  // else a reload came first
}

boost::asio::awaitable<void> App::rezone(SetupSnapshot before, SetupSnapshot after) {
  std::vector<JobName> names = rezoned(*before->jobs, *after->jobs);
  if (names.empty()) {  // the same rules, of a newer release
    if (scheduler_.setup() == before) (void)co_await scheduler_.rezone(std::move(after), {});
    co_return;
  }
  // The release is told of by the clock watch; files that change without it are told of here.
  const std::string release = tzdata_version();
  if (release == zones_release_)
    clocks_.note({ClockEvent::Kind::tzdata,
                  clock_.now(),
                  {},
                  release,
                  release + ", with other rules for " + after->jobs->at(names.front()).schedule.zone.name()});
  zones_release_ = release;
  const std::string count = std::to_string(names.size());
  if (const Result<void> done = co_await scheduler_.rezone(std::move(after), std::move(names)); !done)
    log::error("what new zone data moved could not be recomputed, trying again: " + done.error().message);
  else
    log::info("new zone data: what is still to come of " + count + " jobs was recomputed");
}

}  // namespace nowd
