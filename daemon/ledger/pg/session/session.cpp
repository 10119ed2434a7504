#include "ledger/pg/session/session.hpp"

#include <sys/socket.h>

#include <algorithm>

#include "foundation/log.hpp"
#include "foundation/random.hpp"
#include "ledger/pg/fleet/recovery.hpp"
#include "ledger/pg/session/session.sql.hpp"

namespace nowd::pg {
namespace {

/// Deterministic plans: every join of the writer goes from a short batch through an index. Statistics of a table that
/// was empty a minute ago would choose other plans.
constexpr const char* plain_plans =
    "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set enable_bitmapscan = off;"
    "set plan_cache_mode = force_generic_plan; set jit = off";

/// A daemon that hangs inside a transaction holds locks, also on its beat. The server ends the session before another
/// daemon could declare this one dead, and before the others have waited so long that they must stop.
constexpr const char* limit_idle_transaction = "set idle_in_transaction_session_timeout = '10s'";

/// A transaction that waits longer for a lock is retried after the rest of the queue: an open transaction of another
/// session does not stop everything.
constexpr const char* limit_lock_wait = "set lock_timeout = '3s'";

/// No function or operator of another schema replaces one of Postgres.
constexpr const char* pin_search_path = "set search_path = pg_catalog, pg_temp";

/// Maximum time of temporary refusals of the first login, before the start fails.
constexpr seconds refusal_patience{30};
/// Maximum time without a commit; then a separate beat is sent between operations that wait for locks.
constexpr seconds oldest_beat{4};
/// Calls of give_up() during the same statement, until the statement is cut off.
constexpr int calls_until_cut = 3;

/// Another daemon declared this node dead, or the database is an older copy: nothing was written.
struct Buried : std::runtime_error {
  Buried() : std::runtime_error("another daemon declared this one dead") {}
};

}  // namespace

Session::Session(std::string conninfo, const Clock& clock, NodeIdentity identity)
    : conninfo_(std::move(conninfo)), clock_(clock), identity_(std::move(identity)) {}

void Session::connect() {
  progress_.begins("connect");
  Connection fresh(conninfo_, "nowd");
  progress_.ends();
  fresh.report_to(&progress_);
  {
    Transaction setup(fresh);
    for (const char* script : {plain_plans, limit_idle_transaction, limit_lock_wait, pin_search_path})
      setup.run_script(script);
    setup.commit();
  }
  std::string server;
  try {
    Transaction asking(fresh);
    server = *asking.run(sql::server_and_timeline).rows.at(0)[0];
  } catch (const SqlError&) {  // a managed server may hide it
  }
  if (server.ends_with('/')) throw ConnectionLost("the server is a standby");
  if (server != server_) ahead_of_fleet_ = true;
  server_ = std::move(server);
  const std::lock_guard lock(mutex_);
  socket_ = fresh.socket();
  connection_.emplace(std::move(fresh));
  greeted_ = false;
}

void Session::register_node() {
  if (next_node_.empty()) next_node_ = random_uuid();
  Transaction transaction(*connection_);
  transaction.run(sql::insert_node, {next_node_, identity_.host, std::to_string(identity_.pid), clock_.boot_id(),
                                     identity_.version, rfc3339(clock_.now()), identity_.predecessor, loaded_});
  if (identity_.predecessor) {
    const Uuid& predecessor = *identity_.predecessor;
    if (!transaction.run(sql::end_node, {predecessor, "dead", "successor"}).empty()) {
      Context context{transaction, next_node_, clock_.now()};
      const int ended = end_runs_of(context, predecessor, "the daemon that ran it was killed");
      log::info("took over from the daemon before this one", {{"node", predecessor}, {"runs", std::to_string(ended)}});
    }
  }
  transaction.commit();
  node_ = std::exchange(next_node_, {});
  beat_ = beat_on_disk_ = 0;
  beat_server_ = server_;
  identity_.predecessor.reset();
  if (identity_.registered) identity_.registered(node_);
}

void Session::run_once(const Work& work, Importance importance) {
  ++operation_;
  while (!try_once(work, importance)) {
  }
}

void Session::refuse_to_wait(Importance importance) const {
  const bool away = !reachable_.load();
  const bool may_be_left = stops() && importance == Importance::may_be_left;
  if ((gives_up() && (away || conflicts_ > 0)) || (may_be_left && away)) throw Stopping();
}

bool Session::try_once(const Work& work, Importance importance) {
  refuse_to_wait(importance);
  bool committing = false;
  try {
    if (!connection_) connect();
    if (node_.empty()) register_node();
    if (failures_ > 0) log::info("database: connected again after " + std::to_string(failures_) + " attempts");
    failures_ = 0;
    refused_since_.reset();
    connected_once_ = true;
    if (doubt_) {
      const bool of_this = doubt_->operation == operation_;
      if (commit_happened() && of_this) return true;
    }
    const Tick sent = clock_.tick();
    Transaction transaction(*connection_);
    const Table beaten = transaction.run(sql::beat, {node_, std::to_string(beat_)});
    if (beaten.empty()) {
      follow_beat(transaction);
      return false;
    }
    Context context{transaction, node_, *instant_of(beaten.rows[0][0])};
    if (!greeted_ && greet_) greet_(context);
    work(context);
    doubt_ = Doubt{*beaten.rows[0][1], operation_};
    committing = true;
    transaction.commit();
    doubt_.reset();
    greeted_ = true;
    lost_commits_.reset();
    ++beat_;
    if (context.waits_for_disk) beat_on_disk_ = beat_;
    beat_server_ = server_;
    conflicts_ = 0;
    denied_ = {};
    confirmed_ = sent.time_since_epoch().count();
    reachable_ = true;
    return true;
  } catch (const ConnectionLost& e) {
    lost(e.what());
    wait(milliseconds{std::min(100 * failures_, 1000)});
  } catch (const LoginRefused& e) {
    // At the start, lasting refusals are a mistake in the configuration; later, maintenance is the likely cause.
    if (!refused_since_) refused_since_ = clock_.tick();
    const bool goes_on = clock_.tick() - *refused_since_ >= refusal_patience;
    if (!connected_once_ && (e.certain || goes_on)) throw;
    lost(e.what());
    wait(milliseconds{1000});
  } catch (const LockTimeout& e) {
    if (committing) doubt_.reset();
    if (!doubt_) {
      keep_beating();
      throw;
    }
    wait(milliseconds{100});  // the commit in doubt is still under way
  } catch (const Conflict& e) {
    if (committing) doubt_.reset();
    if (++conflicts_ % 20 == 0) log::warning(std::string("database: a transaction keeps conflicting: ") + e.what());
    wait(milliseconds{std::min(conflicts_, 100)});
  } catch (const Passing& e) {
    if (committing) doubt_.reset();
    if (!connected_once_ && !e.lasts) throw;       // at the start: a mistake in the set-up
    if (!denied_.again(e.lasts || doubt_)) throw;  // a commit in doubt must be looked up, without a time limit
    reachable_ = false;
    if (!doubt_) {
      const Denied so_far = denied_;
      keep_beating();
      denied_ = so_far;
      // Other sessions commit meanwhile: the server cannot execute this statement.
      if (denied_.is_long() && reachable_) throw;
    }
    if (denied_.is_news())
      log::warning(std::string("database: it refuses for now, trying again; nothing is lost: ") + e.what());
    wait(denied_.pause());
  } catch (const Buried& e) {
    log::warning("node: " + std::string(e.what()) + "; registering anew, its runs were ended", {{"node", node_}});
    node_.clear();
    disconnect();  // the next connection compares the ledger with the known mark
  } catch (...) {
    if (committing) doubt_.reset();
    throw;
  }
  return false;
}

bool Session::Denied::again(bool lasts) {
  constexpr int max_refusals = 15;  // about 6 s: well short of the 15 s after which others declare this daemon dead
  return ++count_ <= max_refusals || lasts;
}

/// A daemon that waits for locks is alive: the others must not declare it dead.
void Session::keep_beating() {
  if (beating_ || !connected_once_ || clock_.tick() - confirmed() < oldest_beat) return;
  beating_ = true;
  try {
    try_once([](Context&) {}, Importance::may_be_left);
  } catch (const LockTimeout&) {  // the lock is on our own row
  } catch (const Stopping&) {     // the waiting operation may still have to be written
  } catch (const SqlError&) {     // refused like the waiting operation
  }
  beating_ = false;
}

void Session::follow_beat(Transaction& transaction) {
  const Table own = transaction.run(sql::own_beat, {node_});
  const bool another_server = server_ != beat_server_;
  if (own.empty()) {
    if (another_server || beat_on_disk_ > 0) find_lost_commits(beat_);
    throw Buried();
  }
  const std::int64_t count = std::stoll(*own.rows[0][1]);
  if (count < beat_ && (another_server || count < beat_on_disk_)) find_lost_commits(beat_ - count);
  if (own.rows[0][0] != "alive") throw Buried();
  // A crash of the database lost commits that did not wait for the disk: claims and planned occurrences. No other
  // daemon took our runs; a run with a lost claim is fenced at its next write.
  if (count < beat_ && !lost_commits_)
    log::warning("database: it lost the last " + std::to_string(beat_ - count) +
                 " transactions in a crash; going on from there");
  beat_ = beat_on_disk_ = count;
  beat_server_ = server_;
}

void Session::find_lost_commits(std::int64_t count) {
  lost_commits_ = lost_commits_.value_or(0) + count;
  log::error("database: it lost " + std::to_string(count) + " transactions that it had confirmed");
}

bool Session::commit_happened() {
  Transaction transaction(*connection_);
  const Table row = transaction.run(sql::read_beat, {node_});
  transaction.commit();
  const bool happened = !row.empty() && row.rows[0][1] == doubt_->transaction;
  doubt_.reset();
  log::info(std::string("database: the connection was lost inside COMMIT; looked it up: it ") +
            (happened ? "happened" : "did not happen"));
  if (happened) {
    ++beat_;
    reachable_ = true;
  }
  return happened;
}

void Session::disconnect() {
  progress_.ends();
  const std::lock_guard lock(mutex_);
  socket_ = -1;
  connection_.reset();
}

void Session::lost(const std::string& why) {
  disconnect();
  reachable_ = false;
  // Logged once, then about every half minute.
  if (failures_++ % 30 == 0) log::warning("database: not reachable, waiting; nothing is lost: " + why);
  if (stops() && away_) away_();
}

void Session::wait(milliseconds at_most) {
  std::unique_lock lock(mutex_);
  const Patience before = patience_;
  wake_.wait_for(lock, at_most, [&] { return patience_ != before; });
}

void Session::hurry() {
  const std::lock_guard lock(mutex_);
  if (patience_ == Patience::waits) patience_ = Patience::hurries;
  wake_.notify_all();
}

void Session::give_up() {
  const std::lock_guard lock(mutex_);
  patience_ = Patience::gives_up;
  wake_.notify_all();
  const std::uint64_t progress = progress_.count();
  calls_without_progress_ =
      progress == last_progress_ && !progress_.statement().empty() ? calls_without_progress_ + 1 : 0;
  last_progress_ = progress;
  if (calls_without_progress_ >= calls_until_cut && socket_ >= 0) shutdown(socket_, SHUT_RDWR);
}

void Session::mark_node_stopped() {
  if (!connection_ || node_.empty()) return;
  try {
    Transaction transaction(*connection_);
    Context context{transaction, node_, clock_.now()};
    transaction.run(sql::end_node, {node_, "stopped", "shutdown"});
    end_runs_of(context, node_, "nowd was stopped");
    transaction.commit();
  } catch (const std::exception& e) {
    log::warning(std::string("database: could not mark this node as stopped: ") + e.what());
  }
}

}  // namespace nowd::pg
