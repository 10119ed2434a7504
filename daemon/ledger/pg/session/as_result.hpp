// The border where the adapter's exceptions become a Result: for calls that serve one request of a person or a script.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "foundation/error.hpp"
#include "ledger/pg/session/connection.hpp"

namespace nowd::pg {

/// A server's message as one sentence: without "ERROR:" and CONTEXT, its hint behind a semicolon.
std::string sentence(std::string_view server_message);

/// What a statement's failure means to the caller: a missing right is `refused` and says which group has it; anything
/// else the server refuses is `invalid`, in the server's words.
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

// What a SQLSTATE says of running the same statement again. Pure; after libpqxx's errors.

enum class SqlFault {
  lost,      ///< the session is over, or the server is going, coming, or a standby now
  conflict,  ///< two transactions were in each other's way: run it again at once
  passing,   ///< the server cannot now (disk, memory, connections, I/O, a statement that was cancelled): wait, run it
             ///< again
  perhaps,   ///< nobody can say whether it passes, or a right is missing that may be on its way: wait, but not for ever
  refusal    ///< the statement or its data is what is wrong: the same again is refused again
};

/// `state`: five characters; empty where the library gives none.
SqlFault fault_of(std::string_view state);

}  // namespace nowd::pg
