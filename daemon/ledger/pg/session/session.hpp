// One daemon's session with the ledger: its node, its beat, and transactions that happen exactly once.
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

/// The ledger is being stopped: what was not committed will not be.
struct Stopping : std::runtime_error {
  Stopping() : std::runtime_error("the ledger is being stopped") {}
};

/// What becomes of an operation that waits for the database while the daemon stops.
enum class Importance {
  may_be_left,     ///< it fails as soon as the daemon stops
  must_be_written  ///< it waits until give_up()
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

/// Used from the writer's thread only, but for hurry(), give_up(), confirmed(), reachable(), patience() and
/// statement().
///
/// Invariant: every transaction increments the beat of this node by compare-and-set, and leaves its own id beside it.
/// In doubt: after a connection was lost inside COMMIT, that id read again under the row's lock says whether the commit
/// happened. A daemon that declares this one dead changes the beat and not the id.
///
/// A beat that went back means that the server lost commits. Those that did not wait for the disk may be lost in a
/// crash; where others are gone too, or the server is another one by now (a standby was promoted, a backup restored),
/// the first transaction of the new connection reports it by lost_commits().
class Session {
 public:
  Session(std::string conninfo, const Clock& clock, NodeIdentity identity);

  /// What a transaction's body is given.
  struct Context {
    Transaction& transaction;
    const Uuid& node;
    Instant now;                 ///< the database's clock_timestamp(), read after the beat's row lock
    bool waits_for_disk = true;  ///< false: this commit may be lost in a crash of the database
  };

  /// `greet` is asked in the first transaction of each connection, before its body: the database may be another one by
  /// now. Requires: said before the first transaction.
  void on_connect(std::function<void(Context&)> greet) { greet_ = std::move(greet); }

  /// Runs `body` in a transaction and commits it, exactly once: waits while the database is away, runs it again after a
  /// conflict or a refusal that may pass (a full disk; a missing right for 6 s), looks an in-doubt commit up. Throws
  /// Stopping, LoginRefused (only before the first connection), and LockTimeout, SqlError or whatever `body` throws
  /// (nothing happened). Requires: `body` may be run several times.
  template <class Body>
  auto transact(Body body, Importance importance = Importance::may_be_left) {
    std::optional<decltype(body(std::declval<Context&>()))> result;
    run_once([&](Context& context) { result.emplace(body(context)); }, importance);
    return std::move(*result);
  }

  /// Is called on the writer's thread each time before it waits for a database that is away.
  void on_away(std::function<void()> away) { away_ = std::move(away); }

  /// In the transaction of on_connect(): how many commits the server has lost that it had confirmed, if that cannot
  /// come from a crash of it.
  const std::optional<std::int64_t>& lost_commits() const { return lost_commits_; }
  /// The server and its timeline, as one text; empty where it does not say.
  const std::string& server() const { return server_; }
  /// Whether this is the first connection, or the server is another one than before, and nobody has called
  /// fleet_has_followed() since.
  bool may_be_ahead_of_fleet() const { return ahead_of_fleet_; }
  void fleet_has_followed() { ahead_of_fleet_ = false; }

  /// What this daemon's files hold (nowd.node.loaded), for when it has to register anew. Writer's thread only.
  void set_loaded(std::string loaded) { loaded_ = std::move(loaded); }

  /// Marks the node as stopped and ends what it still ran; gives up at once if the database is away.
  void say_goodbye();
  /// The daemon stops: operations that may be left fail if the database is away.
  void hurry();
  /// All operations fail if the database is away or holds locks. Called again: a statement that was under way at the
  /// last few calls is cut off.
  void give_up();
  bool stops() const { return patience_.load() != Patience::waits; }
  bool gives_up() const { return patience_.load() == Patience::gives_up; }
  void wait(milliseconds at_most);

  Tick confirmed() const { return Tick{nanoseconds{confirmed_.load()}}; }
  bool reachable() const { return reachable_.load(); }
  /// The name of the statement that the server has not answered yet; empty between statements.
  std::string statement() const { return progress_.statement(); }
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
    /// For about two minutes.
    bool is_long() const { return count_ > 130; }

   private:
    int count_ = 0;
  };

  using Work = std::function<void(Context&)>;
  enum class Patience { waits, hurries, gives_up };
  /// A commit with no answer, and by which operation.
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
  void note_lost_commits(std::int64_t count);
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
  Uuid next_node_;                     ///< kept over attempts to register, so that a lost answer leaves no second node
  std::optional<std::string> loaded_;  ///< nothing: what the daemon before this one had, until we have read our files
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
  bool beating_ = false;  ///< a beat goes out by itself, because the operation before it waits

  std::atomic<std::int64_t> confirmed_{0};
  std::atomic<bool> reachable_{false};
  std::atomic<Patience> patience_{Patience::waits};
  Progress progress_;
  std::mutex mutex_;
  std::condition_variable wake_;
  int socket_ = -1;  ///< under mutex_: of the connection that another thread may cut off
  std::uint64_t last_progress_ = 0;
  int calls_without_progress_ = 0;
};

}  // namespace nowd::pg
