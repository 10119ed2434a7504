#include "ledger/pg/writer.hpp"

#include "foundation/log.hpp"

namespace nowd::pg {
namespace {

constexpr std::size_t most_writes = 512;
constexpr std::size_t most_bytes = 8 * 1024 * 1024;

std::size_t size_of(const Facts& facts) {
  std::size_t bytes = 256;
  for (const BodyFact& body : facts.bodies) bytes += body.content.size();
  for (const CallFact& call : facts.calls) bytes += call.arguments.size();
  return bytes;
}

}  // namespace

Writer::Writer(boost::asio::any_io_executor executor, std::string conninfo, const Clock& clock, NodeIdentity identity)
    : executor_(std::move(executor)), session_(std::move(conninfo), clock, std::move(identity)) {
  thread_ = std::thread([this] { loop(); });
}

Writer::~Writer() { stop(); }

void Writer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  session_.stop();
  if (thread_.joinable()) thread_.join();
}

boost::asio::awaitable<Result<Written>> Writer::write(Claim claim, Facts facts) {
  const std::size_t bytes = size_of(facts);
  auto shared = std::make_shared<RunWrite>(RunWrite{std::move(claim), std::move(facts)});
  return async<Written>([this, bytes, shared](auto done) {
    const std::lock_guard lock(mutex_);
    auto& queue = shared->facts.dispatch ? dispatches_ : writes_;
    queue.push_back({std::move(*shared), bytes, done});
    wake_.notify_all();
  });
}

void Writer::enqueue(std::function<void()> operation) {
  const std::lock_guard lock(mutex_);
  operations_.push_back(std::move(operation));
  wake_.notify_all();
}

std::vector<Writer::Pending> Writer::take_group() {
  std::vector<Pending> group;
  std::size_t bytes = 0;
  for (auto* queue : {&dispatches_, &writes_})
    while (!queue->empty() && group.size() < most_writes && bytes < most_bytes) {
      bytes += queue->front().bytes;
      group.push_back(std::move(queue->front()));
      queue->pop_front();
    }
  return group;
}

bool Writer::idle() const { return dispatches_.empty() && writes_.empty() && operations_.empty(); }

void Writer::loop() {
  for (;;) {
    std::vector<Pending> group;
    std::function<void()> operation;
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
    if (operation) operation();
  }
  session_.say_goodbye();
}

void Writer::commit(std::vector<Pending> group) {
  std::vector<RunWrite> writes;
  for (Pending& pending : group) writes.push_back(std::move(pending.write));
  const Result<std::vector<Written>> written = attempt<std::vector<Written>>(
      [&] { return session_.transact([&](Session::Context& context) { return write_batch(context, writes); }); });
  if (written) {
    for (std::size_t i = 0; i < group.size(); ++i) group[i].done((*written)[i]);
    return;
  }
  if (group.size() == 1 || written.error().kind == ErrorKind::unavailable) {
    for (Pending& pending : group) pending.done(written.error());
    return;
  }
  // The schema refused one of them: each alone, so that the others do not pay for it.
  log::warning("ledger: a batch was refused, writing its parts one by one: " + written.error().message);
  for (std::size_t i = 0; i < group.size(); ++i) {
    std::vector<Pending> alone;
    alone.push_back({std::move(writes[i]), group[i].bytes, std::move(group[i].done)});
    commit(std::move(alone));
  }
}

}  // namespace nowd::pg
