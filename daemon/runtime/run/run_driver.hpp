// Drives one run: commits each decision of the run machine to the ledger, then executes it. The central page of the
// daemon.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <optional>

#include "domain/run/run_machine.hpp"
#include "foundation/time/clock.hpp"
#include "ledger/ledger.hpp"
#include "runtime/accounts/provider_accounts.hpp"
#include "runtime/clocks/remote_clocks.hpp"
#include "runtime/run/run_plan.hpp"
#include "runtime/setup.hpp"
#include "tools/tool.hpp"

namespace nowd {

/// The report of a run that ended and is on disk.
struct RunReport {
  ClaimedRun claimed;
  Reading dispatched;
  std::optional<Instant> inferred_at;
  std::optional<Instant> effect_at;
  EndFact end;
  std::vector<std::string> refusals;  ///< rules by which the guard refused
};

/// Carries a request to cancel the run to its driver. The first request counts.
class RunCancellation {
 public:
  explicit RunCancellation(boost::asio::any_io_executor executor)
      : never_(std::move(executor), boost::asio::steady_timer::time_point::max()) {}

  void ask(Cancelled cancelled) {
    if (!asked_) asked_ = std::move(cancelled);
    never_.cancel();
  }
  const std::optional<Cancelled>& asked() const { return asked_; }

  /// Waits for a request. Does not throw, even when the coroutine is cancelled.
  boost::asio::awaitable<void> wait() {
    if (!asked_) co_await never_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }

 private:
  std::optional<Cancelled> asked_;
  boost::asio::steady_timer never_;
};

/// Serves runs: the daemon's own, or those of a rehearsal.
class Driver {
 public:
  virtual ~Driver() = default;

  /// Takes a claimed run to its end. Returns nothing if another daemon owns the run now, if nowd is being stopped, or
  /// if the ledger refused every end of it: then a later sweep ends the run. A request in `cancellation` cuts the
  /// action under way (the process group of a tool or command has ended by then), and the run ends durably. Throws only
  /// on cancellation of the coroutine.
  virtual boost::asio::awaitable<std::optional<RunReport>> drive(ClaimedRun claimed, SetupSnapshot setup,
                                                                 RunCancellation& cancellation) = 0;
};

class RunDriver final : public Driver {
 public:
  RunDriver(Ledger& ledger, Tools& tools, ProviderAccounts& keys, const RemoteClocks& remotes, const Clock& clock);

  boost::asio::awaitable<std::optional<RunReport>> drive(ClaimedRun claimed, SetupSnapshot setup,
                                                         RunCancellation& cancellation) override;

 private:
  struct Run;
  struct AccountReservation;
  boost::asio::awaitable<std::optional<RunReport>> end_as(RunReport report, EndFact end, bool in_doubt);
  boost::asio::awaitable<Result<void>> read_outputs(ClaimedRun& claimed, const Setup& setup);
  boost::asio::awaitable<RunEvent> perform_unless_cancelled(Run& run, RunAction action, RunCancellation& cancellation);
  boost::asio::awaitable<void> perform_into(std::optional<RunEvent>& event, Run& run, RunAction action);
  boost::asio::awaitable<RunEvent> perform(Run& run, RunAction action);
  boost::asio::awaitable<RunEvent> act(Run& run, ReadInput action);
  boost::asio::awaitable<RunEvent> act(Run& run, AskModel action);
  boost::asio::awaitable<RunEvent> act(Run& run, CallTool action);
  boost::asio::awaitable<std::optional<ModelAnswered>> wait_for_account(Run& run, const AskModel& action,
                                                                        AccountReservation& reservation);
  boost::asio::awaitable<std::optional<Refused>> wait_in_queue(Run& run, const ProviderConfig& provider,
                                                               AccountReservation& reservation);
  std::optional<RetryDecision> learn(Run& run, const ModelOutcome& outcome, int attempt,
                                     AccountReservation& reservation);
  CallMoment moment_of(const Run& run, int attempt) const;
  RunPlan plan(const ClaimedRun& claimed, const Setup& setup, const Reading& host);
  static bool has_spent_the_day(const Run& run, const Written& written);
  boost::asio::awaitable<bool> is_still_owner(Run& run);
  CallEnvironment environment(const Run& run, const std::string& key) const;
  Now now() const { return {clock_.now(), clock_.tick()}; }

  Ledger& ledger_;
  Tools& tools_;
  ProviderAccounts& accounts_;
  const RemoteClocks& remotes_;
  const Clock& clock_;
  Followers followers_;
};

/// The last write of a run: records `end`, or, if the ledger refuses it, a minimal end that it has no reason to refuse.
/// Returns the end that is on disk. Nothing: another daemon ended the run, nowd is being stopped, or both ends were
/// refused, which is logged; then a later sweep ends the run. `in_doubt`: as for minimal_end().
boost::asio::awaitable<std::optional<EndFact>> record_end(Ledger& ledger, ClaimedRun claimed, EndFact end,
                                                          bool in_doubt, const Clock& clock);

}  // namespace nowd
