// rehearse: what the dispatcher would do over a stretch of time, without doing it.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "config/load.hpp"
#include "ctl/cli/argument.hpp"
#include "ctl/cli/commands.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/look/rehearsal_report.hpp"
#include "ctl/look/standing.hpp"
#include "foundation/log.hpp"
#include "foundation/text/nearest.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {
namespace {

constexpr std::int64_t default_rehearsed_count = 100;
constexpr std::int64_t max_lines = 1'000'000;
constexpr std::int64_t max_occurrences = 600'000;  // a year of a job that runs every minute

struct Asked {
  Rehearsal plan;
  std::size_t count = default_rehearsed_count;
  std::optional<milliseconds> length;
};

Result<Instant> moment(const std::string& name, const std::string& text, const std::optional<Zone>& zone,
                       Instant otherwise) {
  if (text.empty()) return otherwise;
  return instant_argument(name, text, zone);
}

Result<std::vector<Rehearsal::Outage>> outage_of(const std::string& text, const std::optional<Zone>& zone,
                                                 const Rehearsal& plan) {
  if (text.empty()) return std::vector<Rehearsal::Outage>{};
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) return invalid("--down '" + text + "' is no stretch: write FROM..UNTIL");
  const Result<Instant> from = instant_argument("--down", text.substr(0, dots), zone);
  if (!from) return from.error();
  const Result<Instant> until = end_argument("--down", text.substr(dots + 2), zone);
  if (!until) return until.error();
  if (*from < plan.from || *until <= *from || *until >= plan.until)
    return invalid("--down " + rfc3339(*from) + ".." + rfc3339(*until) + " does not lie within the rehearsal, " +
                   rfc3339(plan.from) + " to " + rfc3339(plan.until) + "; nowd must be up again before its end");
  return std::vector<Rehearsal::Outage>{{*from, *until}};
}

Result<Asked> asked_of(const Rehearse& command, Instant now) {
  const Result<std::optional<Zone>> zone = zone_argument(command.timezone);
  if (!zone) return zone.error();
  Asked asked;
  const Result<Instant> from = moment("--from", command.from, *zone, now);
  if (!from) return from.error();
  const Result<Instant> until =
      command.until.empty() ? Result<Instant>(*from + days{1}) : end_argument("--until", command.until, *zone);
  if (!until) return until.error();
  if (*until <= *from) return invalid("--until " + rfc3339(*until) + " is not after --from " + rfc3339(*from));
  asked.plan.from = *from;
  asked.plan.until = *until;
  Result<std::vector<Rehearsal::Outage>> down = outage_of(command.down, *zone, asked.plan);
  if (!down) return down.error();
  asked.plan.down = std::move(*down);
  if (!command.run_length.empty()) {
    const Result<milliseconds> length = parse_duration(command.run_length);
    if (!length) return invalid("--run-length: " + length.error().message);
    asked.length = *length;
  }
  if (!command.count.empty()) {
    const Result<std::int64_t> count = number_argument("--count", command.count, max_lines);
    if (!count) return count.error();
    asked.count = static_cast<std::size_t>(*count);
  }
  return asked;
}

/// The configuration's jobs, as nowd would take them at `from`. What is in broken files is told, and left out.
Result<void> take_jobs(const Globals& globals, Rehearsal& plan) {
  const LoadedConfig config = load_config(globals.config);
  for (const Diagnostic& one : config.diagnostics)
    if (one.severity == Diagnostic::Severity::error) return invalid(one.str());
  JobContext context;
  context.config = &config.config;
  context.now = plan.from;
  const LoadedJobs loaded = load_jobs(config.config.jobs, context);
  for (const Diagnostic& one : loaded.diagnostics)
    if (one.severity == Diagnostic::Severity::error) remark(one.str() + "; rehearsing without that file");
  if (loaded.jobs.empty()) return invalid("no job to rehearse in " + globals.config);
  auto jobs = std::make_shared<nowd::Jobs>();
  for (const Job& job : loaded.jobs) jobs->emplace(job.name, job);
  plan.jobs = std::move(jobs);
  plan.concurrency = config.config.concurrency;
  return boost::system::in_place_value;
}

Result<void> check_names(const std::vector<std::string>& named, const nowd::Jobs& jobs, const std::string& config) {
  std::vector<std::string> known;
  for (const auto& [name, job] : jobs) known.push_back(name);
  for (const std::string& name : named)
    if (jobs.count(name) == 0)
      return invalid("job '" + name + "': no such job in " + config + did_you_mean(name, known));
  return boost::system::in_place_value;
}

Result<void> check_size(const Rehearsal& plan) {
  std::int64_t count = 0;
  for (const auto& [name, job] : *plan.jobs)
    for (auto at = next_occurrence(job.schedule, plan.from); at && at->at <= plan.until;
         at = next_occurrence(job.schedule, at->at))
      if (++count > max_occurrences)
        return invalid("that stretch has more than " + std::to_string(max_occurrences) +
                       " occurrences: take a shorter one");
  return boost::system::in_place_value;
}

/// The named jobs, and those that can be in their way by a lane or by `after`: the others only share the daemon's
/// slots.
std::shared_ptr<nowd::Jobs> related(const std::vector<std::string>& named, const nowd::Jobs& jobs) {
  auto kept = std::make_shared<nowd::Jobs>();
  for (const std::string& name : named) kept->emplace(name, jobs.at(name));
  const auto linked = [](const Job& a, const Job& b) {
    const bool lane = !a.concurrency_key.empty() && a.concurrency_key == b.concurrency_key;
    return lane || a.after == b.name || b.after == a.name;
  };
  for (std::size_t before = 0; before != kept->size();) {
    before = kept->size();
    for (const auto& [name, job] : jobs)
      if (!kept->contains(name) &&
          std::any_of(kept->begin(), kept->end(), [&](const auto& each) { return linked(each.second, job); }))
        kept->emplace(name, job);
  }
  return kept;
}

/// A year of a nightly job is asked for, though another job runs each minute: that one is left out.
Result<void> fit(const std::vector<std::string>& named, Rehearsal& plan) {
  const Result<void> small = check_size(plan);
  if (small || named.empty()) return small;
  const std::size_t all = plan.jobs->size();
  plan.jobs = related(named, *plan.jobs);
  if (plan.jobs->size() < all)
    remark(counted(static_cast<long long>(all - plan.jobs->size()), "job") +
           " with neither a lane nor an after in common are left out, because all together are too many");
  return check_size(plan);
}

/// libpq asks back, and may say more in further lines.
std::string in_short(std::string text) {
  return text.substr(0, std::min({text.size(), text.find('\n'), text.find(" Is the server running")}));
}

/// From the ledger, where there is one: what only it knows.
void take_standing(const Globals& globals, Asked& asked) {
  const Result<Standing> known = standing_in_ledger(globals);
  const Standing standing = known ? *known : Standing{};
  asked.plan.length = standing.length(asked.length);
  asked.plan.paused = standing.paused;
  const std::string length = human(asked.length.value_or(assumed_length));
  if (!known)
    remark("without a ledger (" + in_short(known.error().message) + "): every run lasts " + length +
           ", no job is paused");
  else if (asked.length)
    remark("every run lasts " + length);
  else
    remark("a run lasts as long as its job's last successes did (median), else " + length);
}

/// Prints what it is told: the first lines, and totals in the end.
class RehearsalPrinter {
 public:
  RehearsalPrinter(const Globals& globals, const Asked& asked, const std::vector<std::string>& named)
      : globals_(globals), asked_(asked), named_(named.begin(), named.end()) {}

  void one(RehearsedFate fate) {
    if (!named_.empty() && named_.count(fate.job) == 0) return;
    add(totals_, fate);
    ++told_;
    if (first_.size() < asked_.count) first_.push_back(std::move(fate));
  }

  void finish() {
    std::sort(first_.begin(), first_.end(), in_order);
    if (told_ == 0)
      return remark("nothing falls due from " + rfc3339(asked_.plan.from) + " until " + rfc3339(asked_.plan.until));
    globals_.json ? finish_json() : finish_table();
    if (told_ > first_.size())
      remark(std::to_string(told_ - first_.size()) + " lines more are only counted: --count N shows N");
  }

 private:
  void finish_json() const {
    for (const RehearsedFate& fate : first_) print_line(object_of(fate));
    for (const auto& [job, counts] : totals_) print_line(object_of(job, counts));
  }
  void finish_table() const {
    const Style style = style_of(globals_);
    print(fates_table(first_, *asked_.plan.jobs, style));
    print("\n" + totals_table(totals_, style));
  }

  const Globals& globals_;
  const Asked& asked_;
  std::set<JobName> named_;
  std::vector<RehearsedFate> first_;
  std::size_t told_ = 0;
  Totals totals_;
};

}  // namespace

int run_command(const Globals& globals, const Rehearse& command) {
  log::configure(log::Level::error, log::Format::text);
  Result<Asked> asked = asked_of(command, SystemClock().now());
  if (!asked) return fail(asked.error());
  if (const Result<void> taken = take_jobs(globals, asked->plan); !taken) return fail(taken.error());
  if (const auto known = check_names(command.jobs, *asked->plan.jobs, globals.config); !known)
    return fail(known.error());
  if (const Result<void> small = fit(command.jobs, asked->plan); !small) return fail(small.error());
  take_standing(globals, *asked);
  RehearsalPrinter printer(globals, *asked, command.jobs);
  rehearse(asked->plan, [&](RehearsedFate fate) { printer.one(std::move(fate)); });
  printer.finish();
  return done;
}

}  // namespace nowd::ctl
