#include <nlohmann/json.hpp>

#include "config/load.hpp"
#include "ctl/argument.hpp"
#include "ctl/commands.hpp"
#include "ctl/database.hpp"
#include "ctl/report.hpp"
#include "foundation/clock.hpp"
#include "surface/fate.hpp"

namespace nowd::ctl {
namespace {

/// The schedule that the ledger keeps, not the file's: it is what planned the occurrences. Nothing if this nowctl
/// cannot read it.
std::optional<Schedule> schedule_in_force(const Json& ledger) {
  const Json& revision = ledger.at("revision");
  if (!revision.is_object()) return std::nullopt;
  const Result<Job> job = job_from_canonical(dump_json(revision.at("spec")), nullptr);
  return job ? std::optional(job->schedule) : std::nullopt;
}

}  // namespace

int run_command(const Globals& globals, const Why& command) {
  const Result<std::optional<Zone>> zone = zone_argument(command.timezone);
  if (!zone) return fail(zone.error());
  const Result<TimeArgument> at = time_argument("AT", command.at, *zone);
  if (!at) return fail(at.error());
  return with_ledger(globals, [&](LedgerReader& reader) -> int {
    const Result<Json> ledger = reader.why(command.job, at->at);
    if (!ledger) return fail(ledger.error());
    if (globals.json)
      print_line(*ledger);
    else
      print(fate_text({*ledger, at->at, at->missing, schedule_in_force(*ledger), SystemClock().now()},
                      style_of(globals)));
    return done;
  });
}

}  // namespace nowd::ctl
