#include "runtime/run/supervisor.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "foundation/log.hpp"

namespace nowd {

Supervisor::Supervisor(boost::asio::any_io_executor executor, Ledger& ledger, Tools& tools, ProviderAccounts& keys,
                       const RemoteClocks& remotes, const Clock& clock, Ended ended, std::function<void()> freed)
    : Supervisor(std::move(executor), std::make_unique<RunDriver>(ledger, tools, keys, remotes, clock), ledger, clock,
                 std::move(ended), std::move(freed)) {}

Supervisor::Supervisor(boost::asio::any_io_executor executor, std::unique_ptr<Driver> driver, Ledger& ledger,
                       const Clock& clock, Ended ended, std::function<void()> freed)
    : driver_(std::move(driver)),
      ledger_(ledger),
      clock_(clock),
      ended_(std::move(ended)),
      freed_(std::move(freed)),
      drivers_(executor),
      executor_(std::move(executor)) {}

void Supervisor::start(ClaimedRun claimed, SetupSnapshot setup) {
  under_way_[claimed.claim.run] = std::make_shared<RunCancellation>(executor_);
  const std::string name = claimed.job + " run " + to_string(claimed.claim.run);
  drivers_.spawn(name, serve(std::move(claimed), std::move(setup)));
}

std::set<RunId> Supervisor::under_way() const {
  std::set<RunId> out;
  for (const auto& [run, unused] : under_way_) out.insert(run);
  return out;
}

void Supervisor::cancel(const CancelRequest& request) {
  const auto run = under_way_.find(request.run);
  if (run == under_way_.end()) return;
  if (!run->second->asked())
    log::info("stopping a run, as " + request.by + " asked: " + request.reason, {{"run", to_string(request.run)}});
  run->second->ask({request.by, request.reason});
}

boost::asio::awaitable<void> Supervisor::serve(ClaimedRun claimed, SetupSnapshot setup) {
  const RunId id = claimed.claim.run;
  const auto cancellation = under_way_.at(id);
  std::optional<std::string> bug;
  bool aborted = false;
  try {
    if (const auto report = co_await driver_->drive(claimed, std::move(setup), *cancellation)) ended_(*report);
  } catch (const boost::system::system_error& e) {
    aborted = e.code() == boost::asio::error::operation_aborted;
    bug = e.what();
  } catch (const std::exception& e) {
    bug = e.what();
  } catch (...) {
    bug = "an exception without a text";
  }
  const auto state = co_await boost::asio::this_coro::cancellation_state;
  if (aborted && state.cancelled() != boost::asio::cancellation_type::none)
    throw boost::system::system_error(boost::asio::error::operation_aborted);  // nowd is being stopped
  if (bug) co_await record_internal_error(std::move(claimed), std::move(*bug));
  under_way_.erase(id);
  freed_();
}

boost::asio::awaitable<void> Supervisor::record_internal_error(ClaimedRun claimed, std::string why) {
  log::error("internal error while serving a run: " + why,
             {{"job", claimed.job}, {"run", to_string(claimed.claim.run)}});
  EndFact end;
  end.reason = RunReason::internal;
  end.detail = std::move(why);
  end.ended = clock_.read();
  end.findings = {{Verdict::unobserved, "unobserved: nowd itself broke while it served this run"}};
  if (!claimed.dry_run)
    end.trouble = Trouble{AlertKind::run,    claimed.job,   std::string(to_string(end.reason)), end.detail, claimed.job,
                          claimed.claim.run, end.ended.wall};
  co_await record_end(ledger_, std::move(claimed), std::move(end), false, clock_);
}

}  // namespace nowd
