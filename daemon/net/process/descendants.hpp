// Ends descendants of a command in other sessions or groups. Every descendant inherits a variable that marks it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "net/process/process.hpp"

namespace nowd {

/// The variable. Each command gets a new random value.
inline constexpr std::string_view call_variable = "NOWD_CALL";

/// The command with the variable: run_command() then ends all its descendants, in any group.
Command marked(Command command);
/// The variable's value; empty = none.
std::string_view mark_of(const Command& command);

/// Sends SIGKILL to every process that was started with this value of the variable. Returns their number; 0: no process
/// of the command is left, or none visible to this process. Cannot reach processes that cleared or overwrote their
/// environment or belong to another user. Cannot hit another process, even if its number is reused: a pidfd identifies
/// the process.
std::size_t kill_marked(std::string_view mark);

}  // namespace nowd
