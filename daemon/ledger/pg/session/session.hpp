// The session of one daemon with the ledger: its node, its beat, and transactions that happen exactly once.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "foundation/ids.hpp"
#include "foundation/time/clock.hpp"
#include "ledger/pg/session/connection.hpp"
#include "ledger/records.hpp"

namespace nowd::pg {

/// The ledger is stopping: the transaction was not committed, and will not be.
struct Stopping : std::runtime_error {
  Stopping() : std::runtime_error("the ledger is being stopped") {}
};

/// Decides about an operation that waits for the database while the daemon stops.
enum class Importance {
  may_be_left,     ///< it fails as soon as the daemon stops
  must_be_written  ///< it waits until give_up()
};

struct NodeIdentity {
  std::string host;
  int pid = 0;
  std::string version;
  std::optional<Uuid> predecessor;  ///< the last owner of the state directory's lock: dead as soon as we register
  std::function<void(const Uuid&)> registered = {};  ///< called for each node that we become; on the writer's thread
  std::optional<LedgerMark> known;                   ///< the newest mark in the state directory
  std::function<void(const LedgerMark&)> keep_mark;  ///< stores a newer mark there; called on the ledger's executor
};

/// Requires: used from the writer's thread only, except hurry(), give_up(), confirmed(), reachable(), stops(),
/// gives_up() and statement().
///
/// Invariant: every transaction increments the beat of this node by compare-and-set, and writes its own id beside it.
/// In doubt: after a connection was lost inside COMMIT, the session reads that id under the row's lock: it shows
/// whether the commit happened. A daemon that declares this one dead changes the beat, but not the id.
///
/// A beat that went back means that the server lost commits. A crash may lose those that did not wait for the disk. If
/// others are lost too, or the server is another one (a standby was promoted, a backup restored), the first transaction
/// of the new connection reports it by lost_commits().
class Session {
 public:
  Session(std::string conninfo, const Clock& clock, NodeIdentity identity);

  /// The argument of a transaction's body.
  struct Context {
    Transaction& transaction;
    const Uuid& node;
    Instant now;                 ///< the database's clock_timestamp(), read after the beat's row lock
    bool waits_for_disk = true;  ///< false: this commit may be lost in a crash of the database
  };

  /// `greet` is called in the first transaction of each connection, before its body: the database may be another one.
  /// Requires: set before the first transaction.
  void on_connect(std::function<void(Context&)> greet) { greet_ = std::move(greet); }

  /// Runs `body` in a transaction and commits it, exactly once: waits while the database is away, retries after a
  /// conflict or a temporary refusal (a full disk; a missing right for 6 s), and looks up an in-doubt commit. Throws
  /// Stopping, LoginRefused (only before the first connection), LockTimeout, SqlError, and the exceptions of `body`;
  /// after an exception nothing was written. Requires: `body` may run several times.
  template <class Body>
  auto transact(Body body, Importance importance = Importance::may_be_left) {
    std::optional<decltype(body(std::declval<Context&>()))> result;
    run_once([&](Context& context) { result.emplace(body(context)); }, importance);
    return std::move(*result);
  }

  /// Sets a function that the writer's thread calls each time before it waits for a missing database.
  void on_away(std::function<void()> away) { away_ = std::move(away); }

  /// In the transaction of on_connect(): the number of confirmed commits that the server has lost, if a crash cannot
  /// explain it.
  const std::optional<std::int64_t>& lost_commits() const { return lost_commits_; }
  /// The server and its timeline, as one text; empty if a managed server hides it.
  const std::string& server() const { return server_; }
  /// True on the first connection, and after a change of the server, until fleet_has_followed() is called.
  bool may_be_ahead_of_fleet() const { return ahead_of_fleet_; }
  void fleet_has_followed() { ahead_of_fleet_ = false; }

  /// The loaded files (nowd.node.loaded), for a new registration. Requires: called on the writer's thread.
  void set_loaded(std::string loaded) { loaded_ = std::move(loaded); }

  /// Marks the node as stopped and ends its live runs; does nothing if the database is away.
  void mark_node_stopped();
  /// The daemon stops: operations with may_be_left fail if the database is away.
  void hurry();
  /// All operations fail if the database is away or locked. Repeated calls cut off a statement that was under way at
  /// the last few calls.
  void give_up();
  bool stops() const { return patience_.load() != Patience::waits; }
  bool gives_up() const { return patience_.load() == Patience::gives_up; }
  void wait(milliseconds at_most);

  Tick confirmed() const { return Tick{nanoseconds{confirmed_.load()}}; }
  bool reachable() const { return reachable_.load(); }
  /// Name of the statement that the server has not answered yet; empty between statements.
  std::string statement() const { return progress_.statement(); }
  const Clock& clock() const { return clock_; }
  const NodeIdentity& identity() const { return identity_; }

 private:
  /// Consecutive temporary refusals of the server.
  class Denied {
   public:
    /// Counts one more; false: waited long enough.
    bool again(bool lasts);
    milliseconds pause() const { return std::min(milliseconds{50} * count_, milliseconds{1000}); }
    /// True for the first refusal, then about every half minute.
    bool is_news() const { return count_ % 30 == 1; }
    /// True after about two minutes of refusals.
    bool is_long() const { return count_ > 130; }

   private:
    int count_ = 0;
  };

  using Work = std::function<void(Context&)>;
  enum class Patience { waits, hurries, gives_up };
  /// A commit without an answer, and its operation.
  struct Doubt {
    std::string transaction;
    std::uint64_t operation;
  };

  void run_once(const Work& work, Importance importance);
  bool try_once(const Work& work, Importance importance);
  void refuse_to_wait(Importance importance) const;
  void keep_beating();
  void connect();
  void register_node();
  void follow_beat(Transaction& transaction);
  void find_lost_commits(std::int64_t count);
  bool commit_happened();
  void disconnect();
  void lost(const std::string& why);

  const std::string conninfo_;
  const Clock& clock_;
  NodeIdentity identity_;

  std::function<void(Context&)> greet_;
  std::function<void()> away_;
  bool greeted_ = false;
  std::optional<Connection> connection_;
  Uuid node_;
  Uuid next_node_;  ///< the same in all attempts to register, so that a lost answer leaves no second node
  std::optional<std::string> loaded_;  ///< none until our files are read: the predecessor's are in force
  std::string server_;
  bool ahead_of_fleet_ = true;
  std::int64_t beat_ = 0;
  std::int64_t beat_on_disk_ = 0;  ///< of the last commit that waited for the disk
  std::string beat_server_;        ///< where the last commit was confirmed
  std::optional<std::int64_t> lost_commits_;
  std::uint64_t operation_ = 0;
  std::optional<Doubt> doubt_;
  int failures_ = 0;
  std::optional<Tick> refused_since_;
  bool connected_once_ = false;
  int conflicts_ = 0;
  Denied denied_;
  bool beating_ = false;  ///< a separate beat is under way, because an operation waits

  std::atomic<std::int64_t> confirmed_{0};
  std::atomic<bool> reachable_{false};
  std::atomic<Patience> patience_{Patience::waits};
  Progress progress_;
  std::mutex mutex_;
  std::condition_variable wake_;
  int socket_ = -1;  ///< guarded by mutex_; another thread may shut it down
  std::uint64_t last_progress_ = 0;
  int calls_without_progress_ = 0;
};

}  // namespace nowd::pg
