#include "ledger/pg/record/writer.hpp"

#include "foundation/log.hpp"

namespace nowd::pg {
namespace {

/// Wait for a lock before it is logged.
constexpr seconds lock_patience{10};
/// Pause after a lock that is refused at once, without lock_timeout.
constexpr milliseconds between_lock_tries{50};
/// Time limit for the queue when the ledger stops, while the server answers.
constexpr seconds time_to_finish{5};
constexpr milliseconds between_cuts{200};

constexpr std::size_t max_writes = 512;
constexpr std::size_t max_byte_count = 8 * 1024 * 1024;

std::size_t size_of(const Facts& facts) {
  std::size_t bytes = 256;
  for (const BodyFact& body : facts.bodies) bytes += body.content.size();
  for (const CallFact& call : facts.calls) bytes += call.arguments.size();
  return bytes;
}

}  // namespace

Writer::Writer(boost::asio::any_io_executor executor, std::string conninfo, const Clock& clock, NodeIdentity identity)
    : executor_(std::move(executor)), session_(std::move(conninfo), clock, std::move(identity)) {
  session_.on_away([this] { leave_queued(); });
  thread_ = std::thread([this] { loop(); });
}

Writer::~Writer() { stop(); }

void Writer::hurry() {
  session_.hurry();
  if (!session_.reachable()) leave_queued();
}

void Writer::stop() {
  if (!thread_.joinable()) return;
  std::unique_lock lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
  session_.give_up();
  wake_.wait_for(lock, time_to_finish, [&] { return ended_; });
  while (!ended_) {  // the server does not answer: cut off the statement under way
    session_.give_up();
    wake_.wait_for(lock, between_cuts, [&] { return ended_; });
  }
  lock.unlock();
  thread_.join();
}

boost::asio::awaitable<Result<Written>> Writer::write_facts(Claim claim, Facts facts) {
  const std::size_t bytes = size_of(facts);
  auto shared = std::make_shared<RunWrite>(RunWrite{std::move(claim), std::move(facts)});
  return async<Written>([this, bytes, shared](auto done) {
    const std::lock_guard lock(mutex_);
    if (ended_) return done(unavailable(Stopping().what()));
    auto& queue = shared->facts.dispatch ? dispatches_ : writes_;
    queue.push_back({std::move(*shared), bytes, done});
    wake_.notify_all();
  });
}

void Writer::enqueue(Operation operation) {
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) {
      operations_.push_back(std::move(operation));
      return wake_.notify_all();
    }
  }
  operation.leave();
}

/// Called on any thread.
void Writer::leave_queued() {
  std::deque<Operation> left, kept;
  {
    const std::lock_guard lock(mutex_);
    for (Operation& each : operations_)
      (each.importance == Importance::may_be_left ? left : kept).push_back(std::move(each));
    operations_ = std::move(kept);
  }
  for (const Operation& each : left) each.leave();
}

/// A write that has met a lock goes alone, so that no other write waits for that lock.
std::vector<Writer::Pending> Writer::take_group() {
  std::vector<Pending> group;
  std::size_t bytes = 0;
  for (auto* queue : {&dispatches_, &writes_})
    while (!queue->empty() && group.size() < max_writes && bytes < max_byte_count) {
      const bool alone = queue->front().lock.since.has_value();
      if (alone && !group.empty()) return group;
      bytes += queue->front().bytes;
      group.push_back(std::move(queue->front()));
      queue->pop_front();
      if (alone) return group;
    }
  return group;
}

bool Writer::idle() const { return dispatches_.empty() && writes_.empty() && operations_.empty(); }

void Writer::loop() {
  for (;;) {
    std::vector<Pending> group;
    std::optional<Operation> operation;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !idle(); });
      if (stopping_ && idle()) break;
      group = take_group();
      if (!operations_.empty()) {
        operation = std::move(operations_.front());
        operations_.pop_front();
      }
    }
    if (!group.empty()) commit(std::move(group));
    if (operation) perform(std::move(*operation));
  }
  session_.mark_node_stopped();
  const std::lock_guard lock(mutex_);
  ended_ = true;
  wake_.notify_all();
}

void Writer::perform(Operation operation) {
  try {
    operation.run();
    if (operation.lock.logged) set_lock_in_the_way(std::nullopt);
    log_unlocked(operation.lock);
  } catch (const LockTimeout& e) {
    if (session_.gives_up() || (session_.stops() && operation.importance == Importance::may_be_left))
      return operation.leave();
    log_lock(operation.lock, e.what());
    if (operation.lock.logged) set_lock_in_the_way(waits(operation.lock, e.what()));
    enqueue(std::move(operation));
  }
}

std::optional<std::string> Writer::lock_in_the_way() const {
  const std::lock_guard lock(mutex_);
  return in_the_way_;
}

void Writer::set_lock_in_the_way(std::optional<std::string> lock) {
  const std::lock_guard own(mutex_);
  in_the_way_ = std::move(lock);
}

std::string Writer::waits(const LockWait& lock, const std::string& what) const {
  const auto waited = std::chrono::duration_cast<seconds>(session_.clock().tick() - *lock.since);
  return "another session has held a lock for " + std::to_string(waited.count()) + " s (" + what + ")";
}

void Writer::log_lock(LockWait& lock, const std::string& what) {
  const Tick now = session_.clock().tick();
  if (!lock.since) lock.since = now;
  if (!lock.logged && now - *lock.since >= lock_patience) {
    lock.logged = true;
    log::warning("database: " + waits(lock, what) +
                 ": trying again, and doing the work that needs no such lock meanwhile");
  }
  session_.wait(between_lock_tries);
}

void Writer::log_unlocked(const LockWait& lock) const {
  if (!lock.logged) return;
  const auto waited = std::chrono::duration_cast<seconds>(session_.clock().tick() - *lock.since);
  log::info("database: the lock is free after " + std::to_string(waited.count()) + " s");
}

void Writer::commit(std::vector<Pending> group) {
  std::vector<RunWrite> writes;
  for (Pending& pending : group) writes.push_back(std::move(pending.write));
  try {
    const Result<std::vector<Written>> written = attempt<std::vector<Written>>([&] {
      return session_.transact([&](Session::Context& context) { return write_batch(context, writes); },
                               Importance::must_be_written);
    });
    if (!written && group.size() > 1 && written.error().kind != ErrorKind::unavailable) {
      // The schema refused one of them: write each alone, so that the others succeed.
      log::warning("ledger: a batch was refused, writing its parts one by one: " + written.error().message);
      return commit_one_by_one(std::move(group), std::move(writes));
    }
    for (std::size_t i = 0; i < group.size(); ++i) {
      log_unlocked(group[i].lock);
      group[i].done(written ? Result<Written>((*written)[i]) : Result<Written>(written.error()));
    }
  } catch (const LockTimeout& e) {
    if (group.size() > 1) return commit_one_by_one(std::move(group), std::move(writes));
    if (session_.gives_up()) return group[0].done(unavailable(Stopping().what()));
    log_lock(group[0].lock, e.what());
    group[0].write = std::move(writes[0]);
    const std::lock_guard lock(mutex_);
    writes_.push_back(std::move(group[0]));
  }
}

void Writer::commit_one_by_one(std::vector<Pending> group, std::vector<RunWrite> writes) {
  for (std::size_t i = 0; i < group.size(); ++i) {
    std::vector<Pending> alone;
    alone.push_back(std::move(group[i]));
    alone[0].write = std::move(writes[i]);
    commit(std::move(alone));
  }
}

}  // namespace nowd::pg
