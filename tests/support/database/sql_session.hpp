// One session of the superuser for a whole test case: a new one for each statement costs the server a process, several
// times as much as the statement itself, and a test that waits for a row asks a hundred times a second.
#pragma once

#include <poll.h>

#include <map>
#include <optional>
#include <string>

#include "ledger/pg/session/connection.hpp"

namespace nowd::test {

class SqlSession {
 public:
  explicit SqlSession(std::string conninfo) : conninfo_(std::move(conninfo)) {}

  /// Runs and commits one statement. Connects if it is not connected; after an error the next statement connects anew,
  /// and a statement for which the session was already gone (its server was away for a while) does so itself.
  pg::Table run(const std::string& text, const pg::Values& values = {}) {
    if (connection_ && is_closed()) disconnect();
    if (!connection_) connection_.emplace(conninfo_, "test");
    try {
      const std::string& name = names_.try_emplace(text, "s" + std::to_string(names_.size())).first->second;
      pg::Transaction transaction(*connection_);
      pg::Table table = transaction.run({name.c_str(), text.c_str()}, values);
      transaction.commit();
      return table;
    } catch (const std::exception&) {
      disconnect();
      throw;
    }
  }
  void disconnect() { connection_.reset(); }

 private:
  /// Between statements the server says nothing, except that it is going.
  bool is_closed() const {
    pollfd socket{connection_->socket(), POLLIN, 0};
    return ::poll(&socket, 1, 0) != 0;
  }

  std::string conninfo_;
  std::optional<pg::Connection> connection_;
  std::map<std::string, std::string> names_;
};

}  // namespace nowd::test
