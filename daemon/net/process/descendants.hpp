// Ends what a command left running in a session or group of its own, by a variable that every descendant inherits.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "net/process/process.hpp"

namespace nowd {

/// The variable: its value is random, and another one for each command.
inline constexpr std::string_view call_variable = "NOWD_CALL";

/// The command with the variable: run_command() then ends all processes that have it, whatever group they are in.
Command marked(Command command);
/// The variable's value; empty = none.
std::string_view mark_of(const Command& command);

/// SIGKILL to every process of this host that was started with the variable at this value. How many there were: 0 means
/// that nothing of the command is left, or nothing that this process may see. Out of its reach are processes that
/// cleared their environment, wrote over it, or belong to another user. No other process can be hit, even if a number
/// is used again in the meantime: the signal goes to the process that was looked at.
std::size_t kill_marked(std::string_view mark);

}  // namespace nowd
