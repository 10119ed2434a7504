// What a shell needs to complete nowctl's command line.
#pragma once

#include <string>

#include "ctl/cli/command_tree.hpp"

namespace nowd::ctl {

/// Each gives a whole script: to be sourced, or put where the shell looks for it. They ask nowctl itself for the names
/// of jobs, and for nothing else.
std::string bash_completion(const CommandTree& tree);
std::string zsh_completion(const CommandTree& tree);
std::string fish_completion(const CommandTree& tree);

}  // namespace nowd::ctl
