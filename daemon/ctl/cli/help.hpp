// The help texts, written for somebody who has not read the manual.
#pragma once

#include <string>
#include <string_view>

namespace nowd::ctl {

/// `nowctl --help`.
std::string_view general_help();
/// Of clock and ledger.
std::string_view accept_help(std::string_view command);
/// `nowctl COMMAND --help`; empty for a command that has none.
std::string_view command_help(std::string_view command);
/// The same for those that look at model calls.
std::string_view calls_help(std::string_view command);

}  // namespace nowd::ctl
