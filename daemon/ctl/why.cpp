#include <nlohmann/json.hpp>

#include "ctl/argument.hpp"
#include "ctl/commands.hpp"
#include "ctl/database.hpp"
#include "ctl/report.hpp"
#include "ctl/schedules.hpp"
#include "foundation/clock.hpp"
#include "surface/fate.hpp"

namespace nowd::ctl {
int run_command(const Globals& globals, const Why& command) {
  const Result<std::optional<Zone>> zone = zone_argument(command.timezone);
  if (!zone) return fail(zone.error());
  const Result<TimeArgument> at = time_argument("AT", command.at, *zone);
  if (!at) return fail(at.error());
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<Json> ledger = reader.why(command.job, at->at);
    if (!ledger) return fail(ledger.error());
    const Result<ScheduleInForce> in_force = schedule_in_force(*ledger);
    if (globals.json)
      print_line(*ledger);
    else
      print(fate_text({*ledger, at->at, at->missing, in_force ? std::optional(in_force->schedule) : std::nullopt,
                       SystemClock().now()},
                      style_of(globals)));
    return done;
  });
}

}  // namespace nowd::ctl
