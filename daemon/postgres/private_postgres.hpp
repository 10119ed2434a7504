// A Postgres server of our own, for `nowd up` and for tests: created, started, taken over and stopped by this process.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "foundation/error.hpp"

namespace nowd {

/// One server on one directory, DIR:
///
///   DIR/lock          flock of the owner of DIR, for its life; not inherited by child processes
///   DIR/postgres      the cluster; its postmaster.pid shows whether a server runs on it
///   DIR/postgres.log  log of the server
///   DIR/socket        the only way in; a short directory elsewhere when DIR's name is too long for a socket
///
///   absent --create--> stopped --start--> running --stop--> stopped
///                                 ^           |
///                               adopt <-- owner killed: the server runs on; the next process that locks DIR owns it
///
/// It dies with its owner only when the owner can ask it to (stop, destructor). After kill -9 of the owner it goes on
/// running on purpose: PR_SET_PDEATHSIG would shut it down while clients still write, and save nothing, because the
/// next owner takes it over in milliseconds.
///
/// Access. No TCP. Local connections are trusted, for any role, because the socket can be reached by one account only:
/// its directory and the socket itself are 0700 and belong to the account that runs the server. That is the caller;
/// when the caller is root, it is the cluster's owner, else `postgres`, else `nobody` (Postgres refuses to run as
/// root), and root passes every 0700. Peer authentication would add nothing but a map that Postgres 15 cannot write for
/// all roles.
///
/// Blocking; not thread-safe; call it before threads are started, or from one of them only.
class PrivatePostgres {
 public:
  struct Options {
    std::filesystem::path directory;  ///< DIR; created when absent
    bool durable = true;              ///< false: no fsync at all, for tests whose data may vanish with the machine
  };
  enum class Origin { created, started, adopted };

  /// Returns a server that accepts connections and has the database `nowd`. Errors: refused when another process owns
  /// DIR, when DIR is closed to the server's account, or when the cluster needs another Postgres than is installed;
  /// unavailable when no Postgres is installed or it does not start (the message ends with its last words).
  static Result<PrivatePostgres> start(const Options& options);

  PrivatePostgres(PrivatePostgres&&) noexcept;
  PrivatePostgres& operator=(PrivatePostgres&&) noexcept;
  ~PrivatePostgres();

  /// The directory for `nowd up` without --dir: $XDG_STATE_HOME/nowd, ~/.local/state/nowd; for root /var/lib/nowd-up
  /// instead of the latter, because the server's account cannot enter root's home.
  static std::filesystem::path default_directory();

  /// libpq's words for this server, also once it is stopped; the superuser is `postgres`, and any other role may be
  /// named.
  std::string conninfo(std::string_view user = "postgres", std::string_view database = "nowd") const;
  /// A line to paste into a shell of the same account, or root's. It needs no quoting: see Layout.
  std::string psql_command() const;
  pid_t pid() const;
  Origin origin() const;
  /// Where the binaries are (`psql`, `pg_dump` … of the right version).
  const std::filesystem::path& binaries() const;

  /// Fast shutdown (sessions are cut, all is flushed); after 30 s the immediate one, which recovers at the next start.
  /// Gives up DIR. Idempotent.
  void stop() noexcept;

 private:
  struct Running;
  explicit PrivatePostgres(std::unique_ptr<Running> running);
  std::unique_ptr<Running> running_;
};

}  // namespace nowd
