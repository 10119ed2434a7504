#include "runtime/rehearsal/rehearsal_driver.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

namespace nowd {
namespace {

/// A command may do anything while it is under way, unless it says that it changes nothing.
Facts beginning(const Job& job, const Reading& host) {
  Facts facts;
  facts.dispatch = DispatchFact{host};
  const bool opaque = job.command && job.command->repeat == CommandAgent::Repeat::once;
  facts.sending.push_back({1, std::string(job.command ? command_provider : "rehearsal"), "", opaque});
  return facts;
}

EndFact ending(const ClaimedRun& claimed, const Jobs& jobs, const RunCancellation& cancellation, bool too_long) {
  EndFact end;
  if (const auto& asked = cancellation.asked()) {
    end.state = RunState::cancelled;
    end.reason = RunReason::cancelled;
    end.detail = "by " + asked->by + ": " + asked->reason;
  } else if (too_long) {
    end.state = RunState::failed;
    end.reason = RunReason::limit;
  } else {
    end.state = RunState::succeeded;
    end.stop = Stop::complete;
    for (const auto& [other, job] : jobs)
      if (claimed.starts_followers && job.after == claimed.job) end.followers.push_back(other);
  }
  return end;
}

}  // namespace

RehearsalDriver::RehearsalDriver(Ledger& ledger, VirtualTime& time, RunLength length)
    : ledger_(ledger), time_(time), length_(std::move(length)) {}

boost::asio::awaitable<void> RehearsalDriver::last(Instant until, RunCancellation& cancellation) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto over = time_.sleep_until(until);
  auto asked = cancellation.wait();
  co_await (std::move(over) || std::move(asked));
  const auto state = co_await boost::asio::this_coro::cancellation_state;
  if (state.cancelled() != boost::asio::cancellation_type::none)
    throw boost::system::system_error(boost::asio::error::operation_aborted);
}

boost::asio::awaitable<std::optional<RunReport>> RehearsalDriver::drive(ClaimedRun claimed, SetupSnapshot setup,
                                                                        RunCancellation& cancellation) {
  const Job& job = setup->jobs->at(claimed.job);
  const Reading host = time_.clock().read();
  const Result<Written> begun = co_await ledger_.write_facts(claimed.claim, beginning(job, host));
  if (!begun || begun->fenced) co_return std::nullopt;
  const milliseconds usual = length_(claimed.job);
  if (!cancellation.asked()) co_await last(host.wall + std::min(usual, job.limits.wall), cancellation);
  Facts facts;
  facts.end = ending(claimed, *setup->jobs, cancellation, usual > job.limits.wall);
  facts.end->ended = time_.clock().read();
  facts.end->duration = facts.end->ended.boot - host.boot;
  RunReport report{claimed, host, {}, {}, *facts.end};
  const Result<Written> ended = co_await ledger_.write_facts(claimed.claim, std::move(facts));
  if (!ended || ended->fenced) co_return std::nullopt;
  co_return report;
}

}  // namespace nowd
