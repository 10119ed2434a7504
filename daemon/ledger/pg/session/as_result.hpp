// Turns the exceptions of the Postgres adapter into a Result, for calls that serve one request of a person or script.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "foundation/error.hpp"
#include "ledger/pg/session/connection.hpp"

namespace nowd::pg {

/// A server's message as one sentence: without "ERROR:" and CONTEXT, its hint behind a semicolon.
std::string sentence(std::string_view server_message);

/// A missing right is `refused`, and the message names the group that has it; a cancelled statement is `unavailable`;
/// all other errors of the server are `invalid`, with the server's message.
Error to_error(const SqlError& error);

/// Runs `action`, which gives a Result<T>. ConnectionLost is `unavailable`, LoginRefused `refused` ("login: …").
template <class Action>
auto as_result(Action action) -> decltype(action()) {
  try {
    return action();
  } catch (const LoginRefused& e) {
    return refused("login: " + sentence(e.what()));
  } catch (const ConnectionLost& e) {
    return unavailable("database: " + sentence(e.what()));
  } catch (const Conflict& e) {
    return unavailable("database: " + sentence(e.what()) + "; try again");
  } catch (const SqlError& e) {
    return to_error(e);
  }
}

// Whether the same statement may succeed later, by its SQLSTATE. Pure.

enum class SqlFault {
  lost,      ///< the session is over, or the server is going, coming, or a standby now
  conflict,  ///< two transactions met: run it again at once
  passing,   ///< temporary (disk, memory, connections, I/O, a cancelled statement): wait, then run it again
  perhaps,   ///< unknown, or a missing right that a migration may grant soon: wait, with a limit
  refusal    ///< the statement or its data is wrong: the same statement fails again
};

/// `state`: five characters; empty if the library gives none.
SqlFault fault_of(std::string_view state);

}  // namespace nowd::pg
