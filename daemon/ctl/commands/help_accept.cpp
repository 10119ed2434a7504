// The help of what ends a hold.
#include "ctl/cli/help.hpp"

namespace nowd::ctl {
namespace {

constexpr std::string_view clock_text = R"(usage: nowctl clock accept [--reason R]

Lets dispatch go on that a clock holds: the host's or the database's was set by
more than 24 hours, or was behind the newest time in the ledger when nowd
started. Set the clocks right first (timedatectl); what they say then is
accepted. What was missed meanwhile is judged by each job's missed policy.
nowctl doctor shows what is held, and why.

  --reason R             why
  --database CONNINFO    the ledger; your role must be a member of nowd_operator
  --format table|json    json: {"cause","holds_ended"}

exit status: 0 dispatch goes on; 2 nothing was held.
)";

constexpr std::string_view ledger_text = R"(usage: nowctl ledger accept [--reason R]

Lets dispatch go on that the ledger holds: it is older than what the daemon's
state directory knows of it (a backup was restored), or another one. What ran
after the backup is not in it: where the missed policy makes up for missed
occurrences, those runs and their effects come again. nowctl pause stops the
jobs for which that must not be. nowctl doctor shows what is held, and why.

  --reason R             why
  --database CONNINFO    the ledger; your role must be a member of nowd_operator
  --format table|json    json: {"cause","holds_ended"}

exit status: 0 dispatch goes on; 2 nothing was held.
)";

}  // namespace

std::string_view accept_help(std::string_view command) {
  return command == "clock" ? clock_text : command == "ledger" ? ledger_text : std::string_view{};
}

}  // namespace nowd::ctl
