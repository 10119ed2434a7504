// rehearse: runs the scheduler over an interval of virtual time, without effects.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "config/load.hpp"
#include "ctl/cli/argument.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/commands.hpp"
#include "ctl/look/rehearsal.hpp"
#include "foundation/log.hpp"
#include "foundation/text/nearest.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {
namespace {

constexpr std::int64_t default_rehearsed_count = 100;
constexpr std::int64_t max_lines = 1'000'000;
constexpr std::int64_t max_occurrences = 600'000;  // a year of a job that runs every minute

struct RehearseOptions {
  std::vector<std::string> jobs;
  std::string from, until, timezone, run_length, down, count;
};

struct RehearsalRequest {
  Rehearsal plan;
  std::size_t count = default_rehearsed_count;
  std::optional<milliseconds> length;
};

Result<Instant> moment_or(const std::string& name, const std::string& text, const std::optional<Zone>& zone,
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

Result<RehearsalRequest> read_request(const RehearseOptions& options, Instant now) {
  const Result<std::optional<Zone>> zone = zone_argument(options.timezone);
  if (!zone) return zone.error();
  RehearsalRequest request;
  const Result<Instant> from = moment_or("--from", options.from, *zone, now);
  if (!from) return from.error();
  const Result<Instant> until =
      options.until.empty() ? Result<Instant>(*from + days{1}) : end_argument("--until", options.until, *zone);
  if (!until) return until.error();
  if (*until <= *from) return invalid("--until " + rfc3339(*until) + " is not after --from " + rfc3339(*from));
  request.plan.from = *from;
  request.plan.until = *until;
  Result<std::vector<Rehearsal::Outage>> down = outage_of(options.down, *zone, request.plan);
  if (!down) return down.error();
  request.plan.down = std::move(*down);
  if (!options.run_length.empty()) {
    const Result<milliseconds> length = parse_duration(options.run_length);
    if (!length) return invalid("--run-length: " + length.error().message);
    request.length = *length;
  }
  if (!options.count.empty()) {
    const Result<std::int64_t> count = number_argument("--count", options.count, max_lines);
    if (!count) return count.error();
    request.count = static_cast<std::size_t>(*count);
  }
  return request;
}

/// Reads the configuration's jobs, as nowd would load them at `from`. Prints a remark for each broken file.
Result<void> read_jobs(const Globals& globals, Rehearsal& plan) {
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

/// The named jobs, and the jobs that can delay them by a lane or by `after`. The other jobs only share the daemon's
/// slots.
std::shared_ptr<nowd::Jobs> related_jobs(const std::vector<std::string>& named, const nowd::Jobs& jobs) {
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

/// Drops unrelated jobs where all together have too many occurrences: a year of a nightly job is possible although
/// another job runs each minute.
Result<void> limit_size(const std::vector<std::string>& named, Rehearsal& plan) {
  const Result<void> small = check_size(plan);
  if (small || named.empty()) return small;
  const std::size_t all = plan.jobs->size();
  plan.jobs = related_jobs(named, *plan.jobs);
  if (plan.jobs->size() < all)
    remark(counted(static_cast<long long>(all - plan.jobs->size()), "job") +
           " with neither a lane nor an after in common are left out, because all together are too many");
  return check_size(plan);
}

/// Without libpq's question and its further lines.
std::string short_message(std::string text) {
  return text.substr(0, std::min({text.size(), text.find('\n'), text.find(" Is the server running")}));
}

/// Adds facts of the ledger, where one can be reached: durations of runs, and pauses.
void read_standing(const Globals& globals, RehearsalRequest& request) {
  const Result<Standing> known = standing_in_ledger(globals);
  const Standing standing = known ? *known : Standing{};
  request.plan.length = standing.length(request.length);
  request.plan.paused = standing.paused;
  const std::string length = human(request.length.value_or(assumed_length));
  if (!known)
    remark("without a ledger (" + short_message(known.error().message) + "): every run lasts " + length +
           ", no job is paused");
  else if (request.length)
    remark("every run lasts " + length);
  else
    remark("a run lasts as long as its job's last successes did (median), else " + length);
}

/// Collects fates; prints the first of them, and totals.
class RehearsalPrinter {
 public:
  RehearsalPrinter(const Globals& globals, const RehearsalRequest& request, const std::vector<std::string>& named)
      : globals_(globals), request_(request), named_(named.begin(), named.end()) {}

  void add_fate(RehearsedFate fate) {
    if (!named_.empty() && named_.count(fate.job) == 0) return;
    add_to_totals(totals_, fate);
    ++count_;
    if (first_.size() < request_.count) first_.push_back(std::move(fate));
  }

  void finish() {
    std::sort(first_.begin(), first_.end(), in_order);
    if (count_ == 0)
      return remark("nothing falls due from " + rfc3339(request_.plan.from) + " until " + rfc3339(request_.plan.until));
    globals_.json ? finish_json() : finish_table();
    if (count_ > first_.size())
      remark(std::to_string(count_ - first_.size()) + " lines more are only counted: --count N shows N");
  }

 private:
  void finish_json() const {
    for (const RehearsedFate& fate : first_) print_line(object_of(fate));
    for (const auto& [job, counts] : totals_) print_line(object_of(job, counts));
  }
  void finish_table() const {
    const Style style = style_of(globals_);
    print(fates_table(first_, *request_.plan.jobs, style));
    print("\n" + totals_table(totals_, style));
  }

  const Globals& globals_;
  const RehearsalRequest& request_;
  std::set<JobName> named_;
  std::vector<RehearsedFate> first_;
  std::size_t count_ = 0;
  Totals totals_;
};

int rehearse_jobs(const Globals& globals, const RehearseOptions& options) {
  log::configure(log::Level::error, log::Format::text);
  Result<RehearsalRequest> request = read_request(options, SystemClock().now());
  if (!request) return fail(request.error());
  if (const Result<void> taken = read_jobs(globals, request->plan); !taken) return fail(taken.error());
  if (const auto known = check_names(options.jobs, *request->plan.jobs, globals.config); !known)
    return fail(known.error());
  if (const Result<void> small = limit_size(options.jobs, request->plan); !small) return fail(small.error());
  read_standing(globals, *request);
  RehearsalPrinter printer(globals, *request, options.jobs);
  rehearse(request->plan, [&](RehearsedFate fate) { printer.add_fate(std::move(fate)); });
  printer.finish();
  return exit_done;
}

}  // namespace

Command rehearse_command() {
  const auto options = std::make_shared<RehearseOptions>();
  return {.name = "rehearse",
          .group = Group::offline,
          .summary = "show the runs that nowd would start in an interval of time",
          .text = R"(Shows the runs of an interval of time, past or to come, without
effects: nowd's own scheduler over a virtual clock. One line per occurrence: it
runs, runs late, is coalesced, skipped, missed or superseded, and the reason;
then totals per job. All jobs of the configuration take part, because they may
delay each other; with JOB only these are shown. Where all jobs have too many
occurrences, only jobs of the same lane, and those linked by after, take part.

A run lasts as long as its job's runs usually do (the median of the last 50
successes), if the ledger can be reached, else 30 s. It succeeds, and `when`
finds work. Paused jobs stay paused. Without a database it prints a remark, and
continues. At most 600000 occurrences at once.)",
          .arguments = {{"JOB", "", &options->jobs}},
          .options = {{"--from", "T", &options->from, "rehearse occurrences later than T [now]"},
                      {"--until", "T", &options->until,
                       "rehearse occurrences up to T; a date is that whole day [a day after --from]"},
                      {"--timezone", "TZ", &options->timezone, "the zone of T, if T is a local time"},
                      {"--run-length", "D", &options->run_length,
                       "the duration of each run (90s, 5m); a run longer than its job's limits.wall fails"},
                      {"--down", "FROM..UNTIL", &options->down, "kill nowd at FROM, and start it again at UNTIL"},
                      {"--count", "N", &options->count, "show at most N lines [100]; totals count all occurrences"}},
          .reads_config = true,
          .database = ledger_to_read,
          .json = R"({"job", "scheduled_at", "until_at", "count", "kind", "what", "reason", "due_at", "started_at",
"ended_at", "lag", "attempts", "coalesced_into"} per line, in the end {"job", "totals": {…}} per job)",
          .notes = "T is RFC 3339 (2026-06-01T09:00:00+02:00, …Z) or, with --timezone, local\n(2026-06-01T09:00).",
          .exit_status = "0 done; 2 usage or configuration.",
          .example = "nowctl rehearse standup --until 2026-06-08 --timezone Europe/Berlin",
          .run = [options](const Globals& globals) { return rehearse_jobs(globals, *options); }};
}

}  // namespace nowd::ctl
