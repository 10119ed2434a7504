// A ledger under the contract, whichever it is, with what a test needs to set a scene and to look. Every case is told
// in times relative to now(): the clock of Postgres cannot be moved.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "domain/planning/plan_ahead.hpp"
#include "foundation/time/clock.hpp"
#include "ledger/jobs.hpp"
#include "ledger/ledger.hpp"

namespace nowd::test {

/// An occurrence, as a person sees it.
struct Seen {
  Instant at;
  std::string state, reason;
  RunKind kind = RunKind::scheduled;
  bool buffered = false;
  int attempts = 0;
  std::optional<Instant> into;
  Instant window_start;
};

class World {
 public:
  virtual ~World() = default;

  /// A daemon that registers now. It lives as long as the world, though it may be called dead.
  virtual Ledger& daemon(std::optional<Uuid> predecessor = {}) = 0;
  virtual Uuid node_of(const Ledger& daemon) const = 0;
  virtual Instant now() = 0;          ///< by the clock that says what is due
  virtual VirtualClock& clock() = 0;  ///< the daemons' own
  virtual boost::asio::io_context& io() = 0;

  /// An occurrence that is due since `ago`, with a window of an hour.
  virtual void due(const JobName& job, microseconds ago = {}) = 0;
  /// As though nobody had looked at the job for so long: no rows, and the cursor back there.
  virtual void neglect(const JobName& job, seconds ago) = 0;
  virtual void pause(const JobName& job) = 0;
  virtual void resume(const JobName& job) = 0;
  virtual std::int64_t ask(const JobName& job, std::optional<Instant> as_of = {}) = 0;
  virtual std::int64_t ask_even_if_paused(const JobName& job) = 0;

  virtual std::vector<Seen> occurrences(const JobName& job) = 0;  ///< ascending
  virtual std::vector<MissedRange> ranges(const JobName& job) = 0;
  virtual Instant planned_through(const JobName& job) = 0;
  virtual std::string run(RunId run) = 0;                 ///< "failed internal"
  virtual std::string request(std::int64_t request) = 0;  ///< "refused overlap"
  virtual std::string requests(const JobName& job) = 0;   ///< the same of all, in their order, with commas

  /// "planned, skipped overlap, …", in order of their moments.
  std::string states(const JobName& job) {
    std::string all;
    for (const Seen& row : occurrences(job))
      all += (all.empty() ? "" : ", ") + row.state + (row.reason.empty() ? "" : " " + row.reason) +
             (row.buffered ? " buffered" : "");
    return all;
  }

  template <class T>
  T await(boost::asio::awaitable<T> work) {
    std::optional<T> result;
    boost::asio::co_spawn(io(), std::move(work), [&](std::exception_ptr broken, T value) {
      if (broken) std::rethrow_exception(broken);
      result.emplace(std::move(value));
    });
    io().restart();
    while (!result) io().run_one();
    return std::move(*result);
  }

  Ledger::Claimed claim(Ledger& ledger, const JobsSnapshot& jobs, int limit = 100) {
    return *await(ledger.claim_due(jobs, limit));
  }
  /// A daemon that knows these jobs.
  Ledger& daemon_with(const JobsSnapshot& jobs) {
    Ledger& ledger = daemon();
    if (!await(ledger.load_jobs(jobs)).has_value()) throw std::runtime_error("the jobs could not be loaded");
    return ledger;
  }
  /// Whether it was written.
  bool write(Ledger& ledger, const Claim& claim, Facts facts) {
    return !await(ledger.write_facts(claim, std::move(facts))).value().fenced;
  }
  /// A run succeeds only after a model's good end.
  static void answered(Facts& facts) {
    facts.end->stop = Stop::complete;
    facts.sending.push_back({90, "provider", "model"});
    AnswerFact answer;
    answer.seq = 90;
    answer.reply.stop = Stop::complete;
    answer.action = StopAction::commit;
    facts.answers.push_back(answer);
  }
  Facts end(RunState state, RunReason reason = RunReason::internal) {
    Facts facts;
    facts.end = EndFact{};
    facts.end->state = state;
    if (state == RunState::succeeded) answered(facts);
    facts.end->reason = state == RunState::succeeded ? RunReason::none : reason;
    facts.end->ended = clock().read();
    return facts;
  }
};

/// Defined once for each ledger: tests/ledger/contract_NAME.cpp.
std::unique_ptr<World> make_world();

}  // namespace nowd::test
