// One daemon's session with the ledger: its node, its beat, and transactions that happen exactly once.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "foundation/clock.hpp"
#include "foundation/ids.hpp"
#include "ledger/clock_record.hpp"
#include "ledger/pg/connection.hpp"

namespace nowd::pg {

/// The ledger is being stopped: what was not committed will not be.
struct Stopping : std::runtime_error {
  Stopping() : std::runtime_error("the ledger is being stopped") {}
};

struct NodeIdentity {
  std::string host;
  int pid = 0;
  std::string version;
  std::optional<Uuid> predecessor;  ///< who held the state directory's lock before: dead as soon as we register
  std::function<void(const Uuid&)> registered = {};  ///< told of each node that we become; on the writer's thread
  std::optional<LedgerMark> known;                   ///< how far the state directory has seen the ledger come
  std::function<void(const LedgerMark&)> keep_mark;  ///< keeps a newer one there; called on the ledger's executor
};

/// Used from the writer's thread only, but for stop(), confirmed() and reachable().
///
/// Invariant: every transaction increments the beat of this node by compare-and-set. In doubt: after a connection was
/// lost inside COMMIT, the beat read again under its row lock says whether that commit happened.
class Session {
 public:
  Session(std::string conninfo, const Clock& clock, NodeIdentity identity);

  /// What a transaction's body is given.
  struct Context {
    Transaction& transaction;
    const Uuid& node;
    Instant now;  ///< the database's clock_timestamp(), read after the beat's row lock
  };

  /// `greet` is asked in the first transaction of each connection, before its body: the database may be another one by
  /// now. Requires: said before the first transaction.
  void on_connect(std::function<void(Context&)> greet) { greet_ = std::move(greet); }

  /// Runs `body` in a transaction and commits it, exactly once: waits while the database is away, runs it again after a
  /// conflict or a refusal that may pass (a full disk; a missing right for 6 s), looks an in-doubt commit up. Throws
  /// Stopping, LoginRefused (only before the first connection), and
  /// SqlError or whatever `body` throws (nothing happened). Requires: `body` may be run several times.
  template <class Body>
  auto transact(Body body) {
    std::optional<decltype(body(std::declval<Context&>()))> result;
    run_once([&](Context& context) { result.emplace(body(context)); });
    return std::move(*result);
  }

  /// What this daemon's files hold (nowd.node.loaded), for when it has to register anew. Writer's thread only.
  void set_loaded(std::string loaded) { loaded_ = std::move(loaded); }

  /// Marks the node as stopped and ends what it still ran; gives up at once if the database is away.
  void say_goodbye();
  void stop();

  Tick confirmed() const { return Tick{nanoseconds{confirmed_.load()}}; }
  bool reachable() const { return reachable_.load(); }
  const Clock& clock() const { return clock_; }
  const NodeIdentity& identity() const { return identity_; }

 private:
  /// How often in a row the server refused for a reason that may pass.
  class Denied {
   public:
    /// Counts one more; false = it was waited for long enough, until something goes through again.
    bool again(bool lasts);
    milliseconds pause() const { return std::min(milliseconds{50} * count_, milliseconds{1000}); }
    /// The first, then about every half minute.
    bool is_news() const { return count_ % 30 == 1; }

   private:
    int count_ = 0;
  };

  using Work = std::function<void(Context&)>;
  void run_once(const Work& work);
  bool try_once(const Work& work);
  void connect();
  void connected_again();
  void register_node();
  void follow_beat(Transaction& transaction);
  bool commit_happened();
  void wait(milliseconds at_most);
  void lost(const std::string& why);

  const std::string conninfo_;
  const Clock& clock_;
  NodeIdentity identity_;

  std::function<void(Context&)> greet_;
  bool greeted_ = false;
  std::optional<Connection> connection_;
  Uuid node_;
  std::optional<std::string> loaded_;  ///< nothing: what the daemon before this one had, until we have read our files
  std::int64_t beat_ = 0;
  bool in_doubt_ = false;
  int failures_ = 0;
  bool connected_once_ = false;
  int conflicts_ = 0;
  Denied denied_;

  std::atomic<std::int64_t> confirmed_{0};
  std::atomic<bool> reachable_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
};

}  // namespace nowd::pg
