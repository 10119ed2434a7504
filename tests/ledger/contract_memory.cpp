// The contract over the ledger in memory, whose clock is virtual.
#include "ledger/contract_world.hpp"
#include "ledger/memory/memory_ledger.hpp"

namespace nowd::test {
namespace {

class MemoryWorld final : public World {
 public:
  Ledger& daemon(std::optional<Uuid> predecessor) override {
    daemons_.push_back(std::make_unique<MemoryLedger>(store_, clock_, std::move(predecessor)));
    return *daemons_.back();
  }
  Uuid node_of(const Ledger& daemon) const override { return static_cast<const MemoryLedger&>(daemon).node(); }
  Instant now() override { return clock_.now(); }
  VirtualClock& clock() override { return clock_; }
  boost::asio::io_context& io() override { return io_; }

  void due(const JobName& job, microseconds ago) override {
    clock_.advance(milliseconds{1});  // time passes, as it does elsewhere
    const Instant at = now() - ago;
    memory::Occurrence row;
    row.due_at = at;
    row.window_start = at - hours{1};
    if (const auto& resumed = store_.jobs.at(job).resumed_at; resumed && *resumed >= at) {
      row.state = OccurrenceState::skipped;
      row.reason = OccurrenceReason::paused;
    }
    if (!store_.occurrences.insert({job, at}, row)) throw std::runtime_error("the occurrence is there already");
  }
  void neglect(const JobName& job, seconds ago) override {
    for (const Seen& row : occurrences(job)) store_.occurrences.erase({job, row.at});
    store_.cursors.at(job).planned_from = store_.cursors.at(job).through = now() - ago;
  }
  void pause(const JobName& job) override { memory::pause(store_, job, now()); }
  void resume(const JobName& job) override { memory::resume(store_, job, now()); }
  std::int64_t ask(const JobName& job, std::optional<Instant> as_of) override {
    memory::Request request;
    request.job = job;
    request.scheduled_at = as_of.value_or(now());
    request.requested_at = now();
    request.effects = !as_of;
    return store_.ask(request);
  }

  std::vector<Seen> occurrences(const JobName& job) override {
    std::vector<Seen> found;
    for (const auto& [key, row] : store_.occurrences.all())
      if (key.first == job)
        found.push_back({key.second, std::string(to_string(row.state)), std::string(to_string(row.reason)), row.kind,
                         row.buffered, row.attempts, row.coalesced_into, row.window_start});
    return found;
  }
  std::vector<MissedRange> ranges(const JobName& job) override { return store_.ranges[job]; }
  Instant planned_through(const JobName& job) override { return store_.cursors.at(job).through; }
  std::string run(RunId run) override {
    const memory::Run& found = *store_.runs.find(run);
    return std::string(to_string(found.state)) +
           (found.reason == RunReason::none ? "" : " " + std::string(to_string(found.reason)));
  }
  std::int64_t ask_even_if_paused(const JobName& job) override {
    const std::int64_t asked = ask(job, {});
    store_.requests.at(asked).even_if_paused = true;
    return asked;
  }
  std::string request(std::int64_t request) override {
    const memory::Request& found = store_.requests.at(request);
    return found.state + (found.reason.empty() ? "" : " " + found.reason);
  }
  std::string requests(const JobName& job) override {
    std::string all;
    for (const auto& [number, each] : store_.requests)
      if (each.job == job) all += (all.empty() ? "" : ", ") + request(number);
    return all;
  }

 private:
  memory::Store store_;
  VirtualClock clock_{parse_rfc3339("2026-06-01T07:00:00.123456Z").value()};
  boost::asio::io_context io_;
  std::vector<std::unique_ptr<MemoryLedger>> daemons_;
};

}  // namespace

std::unique_ptr<World> make_world() { return std::make_unique<MemoryWorld>(); }

}  // namespace nowd::test
