#include "ledger/pg/session.hpp"

#include <algorithm>

#include "foundation/log.hpp"
#include "foundation/random.hpp"
#include "ledger/pg/recovery.hpp"

namespace nowd::pg {
namespace {

// What the daemon before this one had in its files is this one's until it has read them: nobody retires it meanwhile.
constexpr Statement insert_node{
    "insert_node",
    "with before as (select loaded from nowd.node where node = $7),"
    " n as (insert into nowd.node (node, host, pid, boot_id, version, started_at, loaded)"
    " values ($1, $2, $3, $4, $5, $6, coalesce($8::jsonb, (select loaded from before), '{}'))"
    " on conflict do nothing),"
    " o as (update nowd.node set loaded = '{}' where node = $7)"
    " insert into nowd.node_beat (node) values ($1) on conflict do nothing"};

constexpr Statement beat{"beat",
                         "update nowd.node_beat b set beat = beat + 1, beat_at = clock_timestamp()"
                         " where b.node = $1 and b.beat = $2"
                         " and exists (select from nowd.node n where n.node = b.node and n.state = 'alive')"
                         " returning clock_timestamp()"};

constexpr Statement read_beat{"read_beat", "select beat from nowd.node_beat where node = $1 for update"};

constexpr Statement own_beat{"own_beat",
                             "select b.beat from nowd.node_beat b join nowd.node n using (node)"
                             " where b.node = $1 and n.state = 'alive'"};

constexpr Statement end_node{"end_node",
                             "update nowd.node set state = $2, reason = $3, ended_at = clock_timestamp()"
                             " where node = $1 and state = 'alive' returning node"};

/// Deterministic plans: every join of the writer goes from a short batch through an index, whatever the statistics of a
/// table that was empty a minute ago say.
constexpr const char* plain_plans =
    "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set enable_bitmapscan = off;"
    "set plan_cache_mode = force_generic_plan; set jit = off";

/// A daemon that stands still inside a transaction holds locks, its beat among them. It loses them before anybody could
/// declare it dead, and before the others have waited so long that they must stop themselves.
constexpr const char* lets_go = "set idle_in_transaction_session_timeout = '10s'";

/// This node was declared dead, or the database is an older copy: nothing was written.
struct Buried : std::runtime_error {
  Buried() : std::runtime_error("another daemon declared this one dead") {}
};

}  // namespace

Session::Session(std::string conninfo, const Clock& clock, NodeIdentity identity)
    : conninfo_(std::move(conninfo)), clock_(clock), identity_(std::move(identity)) {}

void Session::connect() {
  Connection fresh(conninfo_, "nowd");
  Transaction setup(fresh);
  setup.run_script(plain_plans);
  setup.run_script(lets_go);
  setup.commit();
  connection_.emplace(std::move(fresh));
  greeted_ = false;
  connected_again();
}

void Session::connected_again() {
  if (failures_ > 0) log::info("database: connected again after " + std::to_string(failures_) + " attempts");
  failures_ = 0;
  if (node_.empty()) register_node();
  connected_once_ = true;
}

void Session::register_node() {
  const Uuid fresh = random_uuid();
  Transaction transaction(*connection_);
  transaction.run(insert_node, {fresh, identity_.host, std::to_string(identity_.pid), clock_.boot_id(),
                                identity_.version, rfc3339(clock_.now()), identity_.predecessor, loaded_});
  if (identity_.predecessor) {
    const Uuid& predecessor = *identity_.predecessor;
    if (!transaction.run(end_node, {predecessor, "dead", "successor"}).empty()) {
      Context context{transaction, fresh, clock_.now()};
      const int ended = end_runs_of(context, predecessor, "the daemon that ran it was killed");
      log::info("took over from the daemon before this one", {{"node", predecessor}, {"runs", std::to_string(ended)}});
    }
  }
  transaction.commit();
  node_ = fresh;
  beat_ = 0;
  identity_.predecessor.reset();
  if (identity_.registered) identity_.registered(node_);
}

void Session::run_once(const Work& work) {
  while (!try_once(work)) {
  }
}

bool Session::try_once(const Work& work) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ && !reachable_.load()) throw Stopping();
  }
  bool certain = false;  // that nothing was committed whose answer is missing
  try {
    if (!connection_) connect();
    if (in_doubt_ && commit_happened()) return true;
    certain = true;
    const Tick sent = clock_.tick();
    Transaction transaction(*connection_);
    const Table beaten = transaction.run(beat, {node_, std::to_string(beat_)});
    if (beaten.empty()) {
      follow_beat(transaction);
      return false;
    }
    Context context{transaction, node_, *instant_of(beaten.rows[0][0])};
    if (!greeted_ && greet_) greet_(context);
    work(context);
    in_doubt_ = true;
    transaction.commit();
    in_doubt_ = false;
    greeted_ = true;
    ++beat_;
    conflicts_ = 0;
    denied_ = {};
    confirmed_ = sent.time_since_epoch().count();
    reachable_ = true;
    return true;
  } catch (const ConnectionLost& e) {
    lost(e.what());
    wait(milliseconds{std::min(100 * failures_, 1000)});
  } catch (const LoginRefused& e) {
    if (!connected_once_) throw;  // at the start it is a mistake of the configuration; later somebody is at work
    lost(e.what());
    wait(milliseconds{1000});
  } catch (const Conflict& e) {
    in_doubt_ = false;
    if (++conflicts_ % 20 == 0) log::warning(std::string("database: a transaction keeps conflicting: ") + e.what());
    wait(milliseconds{std::min(conflicts_, 100)});
  } catch (const Passing& e) {
    if (certain) in_doubt_ = false;
    if (node_.empty()) connection_.reset();   // it could not register
    if (!connected_once_ && !e.lasts) throw;  // at the start it is a mistake of the set-up
    if (!denied_.again(e.lasts)) throw;
    reachable_ = false;
    if (denied_.is_news())
      log::warning(std::string("database: it refuses for now, trying again; nothing is lost: ") + e.what());
    wait(denied_.pause());
  } catch (const Buried& e) {
    in_doubt_ = false;
    log::warning("node: " + std::string(e.what()) + "; registering anew, its runs were ended", {{"node", node_}});
    node_.clear();
    connection_.reset();  // connecting again registers
  } catch (...) {
    in_doubt_ = false;
    throw;
  }
  return false;
}

bool Session::Denied::again(bool lasts) {
  constexpr int most = 15;  // about 6 s: well short of the 15 s after which others declare this daemon dead
  return ++count_ <= most || lasts;
}

void Session::follow_beat(Transaction& transaction) {
  const Table own = transaction.run(own_beat, {node_});
  if (own.empty() || std::stoll(*own.rows[0][0]) >= beat_) throw Buried();
  // A crash of the database lost commits that did not wait for the disk: claims, and what was planned. Nobody took our
  // runs away; those whose claim is gone are found fenced at their next write.
  log::warning("database: it lost the last " + std::to_string(beat_ - std::stoll(*own.rows[0][0])) +
               " transactions in a crash; going on from there");
  beat_ = std::stoll(*own.rows[0][0]);
}

bool Session::commit_happened() {
  Transaction transaction(*connection_);
  const Table row = transaction.run(read_beat, {node_});
  transaction.commit();
  in_doubt_ = false;
  const bool happened = !row.empty() && *row.rows[0][0] == std::to_string(beat_ + 1);
  log::info(std::string("database: the connection was lost inside COMMIT; looked it up: it ") +
            (happened ? "happened" : "did not happen"));
  if (happened) {
    ++beat_;
    reachable_ = true;
  }
  return happened;
}

void Session::lost(const std::string& why) {
  connection_.reset();
  reachable_ = false;
  // Once when it goes, then about every half minute: a log that says it without drowning everything else.
  if (failures_++ % 30 == 0) log::warning("database: not reachable, waiting; nothing is lost: " + why);
}

void Session::wait(milliseconds at_most) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, at_most, [&] { return stopping_; });
}

void Session::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
}

void Session::say_goodbye() {
  if (!connection_ || node_.empty()) return;
  try {
    Transaction transaction(*connection_);
    Context context{transaction, node_, clock_.now()};
    transaction.run(end_node, {node_, "stopped", "shutdown"});
    end_runs_of(context, node_, "nowd was stopped");
    transaction.commit();
  } catch (const std::exception& e) {
    log::warning(std::string("database: could not say goodbye: ") + e.what());
  }
}

}  // namespace nowd::pg
