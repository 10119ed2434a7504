// The border where the adapter's exceptions become a Result: for calls that serve one request of a person or a script.
#pragma once

#include <string>
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

}  // namespace nowd::pg
