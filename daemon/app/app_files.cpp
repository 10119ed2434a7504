// App: files become a setup, at the start and at each SIGHUP; and zones are renewed after an upgrade of tzdata.
#include <systemd/sd-daemon.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "app/app.hpp"
#include "config/canonical/canonical.hpp"
#include "config/daemon/secret_store.hpp"
#include "config/file_stamp.hpp"
#include "foundation/log.hpp"

namespace nowd {
namespace {

/// A writer may not have finished a file that changed more recently than this.
constexpr milliseconds time_at_rest{300};
/// After this many readings (about 3 s) files that change constantly are used.
constexpr int max_readings = 10;

/// The troubles of the files, for the sinks of their jobs, or else for the default sinks. `before`: the number of jobs
/// so far.
std::vector<Trouble> troubles_of(const SetupFiles& files, std::size_t before, Instant now) {
  Trouble trouble{AlertKind::held, "job files", "broken", "", "", {}, now};
  if (files.config_ok && files.jobs_ok) {
    if (before == 0 || !files.jobs.empty()) return {};
    trouble.reason = "empty";
    trouble.detail = "there is no job file left: all " + std::to_string(before) +
                     " jobs are retired, unless another daemon has them; see whether `jobs` names the right place";
    return {trouble};
  }
  for (const Diagnostic& each : files.diagnostics)
    if (each.severity == Diagnostic::Severity::error && trouble.detail.empty()) trouble.detail = each.str();
  std::vector<Trouble> out;
  for (const JobName& job : files.broken_jobs) {
    trouble.job = job;
    out.push_back(trouble);
  }
  if (out.empty()) out.push_back(trouble);
  return out;
}

/// A broken file does not stop the others, and retires no job: a job without a whole file may stand in the broken one,
/// unless it is another daemon's (`elsewhere`).
void add_accepted_jobs(SetupFiles& files, const AcceptedSpecs& accepted, const std::set<JobName>& elsewhere) {
  std::set<JobName> whole = elsewhere;
  for (const Job& job : files.jobs) whole.insert(job.name);
  for (const auto& [name, spec] : accepted) {
    if (whole.count(name) > 0) continue;
    Result<Job> job = job_from_canonical(spec, &files.config);
    if (job) {
      log::error("a file is broken: this job runs on its last accepted revision", {{"job", name}});
      files.jobs.push_back(std::move(*job));
    } else {
      log::error("a file is broken, and this job's last accepted revision cannot be used: " + job.error().message,
                 {{"job", name}});
    }
  }
}

}  // namespace

boost::asio::awaitable<Result<SetupSnapshot>> App::first_setup() {
  const Result<AcceptedSpecs> accepted = co_await ledger_.accepted();
  if (!accepted) co_return accepted.error();
  SetupFiles files = co_await read_settled(*accepted, milliseconds{0});
  report(files.diagnostics);
  co_await report_files(files);
  if (!files.config_ok) co_return invalid(options_.config_path + ": it changed while nowd started, and is broken");
  pin_database_and_state_dir(files.config);
  if (!files.jobs_ok) {
    const Result<std::set<JobName>> elsewhere = co_await ledger_.jobs_of_others();
    if (!elsewhere) co_return elsewhere.error();
    add_accepted_jobs(files, *accepted, *elsewhere);
  }
  co_return make_setup(std::move(files.config), std::move(files.jobs), http_, clock_, secrets_, io_.get_executor());
}

boost::asio::awaitable<void> App::report_files(const SetupFiles& files) {
  const SetupSnapshot before = scheduler_.setup();
  std::vector<Trouble> troubles = troubles_of(files, before ? before->jobs->size() : 0, clock_.now());
  if (!troubles.empty() && troubles[0].reason == "empty") log::error(troubles[0].detail);
  const Result<void> told = troubles.empty() ? co_await ledger_.resolve_trouble(AlertKind::held, "job files")
                                             : co_await ledger_.report_troubles(std::move(troubles));
  if (!told) log::error("could not record the state of the job files: " + told.error().message);
  pump_.wake();
}

/// `nowd up` keeps its private database and state, in spite of the file.
void App::pin_database_and_state_dir(Config& config) const {
  config.database = config_.database;
  config.state = config_.state;
}

boost::asio::awaitable<void> App::reload_when_asked() {
  while (!stopping_) {
    if (std::exchange(reload_asked_, false))
      co_await reload();
    else
      co_await reload_timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
}

/// Reads the files when they have been at rest, because an editor may be writing them at this moment.
boost::asio::awaitable<SetupFiles> App::read_settled(AcceptedSpecs accepted, milliseconds at_rest) {
  boost::asio::steady_timer timer(io_);
  for (int tries = 1;; ++tries) {
    const std::vector<std::string> jobs = read_config(options_.config_path, options_.jobs_override).config.jobs;
    const FileStamp before = stamp_of(options_.config_path, jobs);
    SetupFiles files = read_setup(options_.config_path, options_.jobs_override, clock_.now(), accepted);
    const FileStamp after = stamp_of(options_.config_path, jobs);
    if ((before == after && !after.changed_within(at_rest)) || tries == max_readings) co_return files;
    timer.expires_after(at_rest);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

boost::asio::awaitable<void> App::reload() {
  sd_notify(0, "RELOADING=1");
  if (const Result<AcceptedSpecs> accepted = co_await ledger_.accepted(); !accepted) {
    log::error("reload: nothing was changed: " + accepted.error().message);
  } else {
    SetupFiles files = co_await read_settled(*accepted, time_at_rest);
    report(files.diagnostics);
    co_await report_files(files);
    if (files.config_ok && files.jobs_ok)
      co_await adopt_files(std::move(files));
    else
      log::error("reload: a file is broken, so nothing was changed; correct it and reload again");
  }
  if (!stopping_) sd_notify(0, "READY=1");
}

boost::asio::awaitable<void> App::adopt_files(SetupFiles files) {
  if (options_.private_database) pin_database_and_state_dir(files.config);
  const std::string restart = needs_restart(config_, files.config);
  if (!restart.empty()) log::warning("reload: " + restart + " changed: that takes effect after a restart");
  Result<SetupSnapshot> setup =
      make_setup(std::move(files.config), std::move(files.jobs), http_, clock_, secrets_, io_.get_executor());
  const SetupSnapshot before = scheduler_.setup();
  Result<void> adopted = setup ? co_await scheduler_.adopt(*setup) : Result<void>(setup.error());
  if (!adopted) co_return log::error("reload: nothing was changed: " + adopted.error().message);
  configure_log((*setup)->config);
  accounts_.configure((*setup)->config);
  co_await rezone(before, *setup);
  log::info("reload: " + std::to_string((*setup)->jobs->size()) + " jobs");
}

namespace {

constexpr minutes zone_look_interval{1};

/// Jobs of both setups with other rules of their zone in the second.
std::vector<JobName> rezoned(const Jobs& before, const Jobs& after) {
  std::vector<JobName> names;
  for (const auto& [name, job] : after) {
    const auto known = before.find(name);
    if (known != before.end() && known->second.schedule_revision == job.schedule_revision &&
        !known->second.schedule.zone.same_rules(job.schedule.zone))
      names.push_back(name);
  }
  return names;
}

}  // namespace

boost::asio::awaitable<void> App::watch_zones() {
  boost::asio::steady_timer timer(io_);
  for (;;) {
    timer.expires_after(zone_look_interval);
    co_await timer.async_wait(boost::asio::use_awaitable);
    if (serving_) co_await renew_zones();
  }
}

boost::asio::awaitable<void> App::renew_zones() {
  const SetupSnapshot before = scheduler_.setup();
  std::vector<Job> jobs;
  bool changed = false;
  for (const auto& [name, job] : *before->jobs) {
    jobs.push_back(job);
    const Result<Zone> zone = Zone::find(job.schedule.zone.name());
    if (!zone || (zone->release() == job.schedule.zone.release() && zone->same_rules(job.schedule.zone)))
      continue;  // in the middle of an upgrade it may not be there
    jobs.back().schedule.zone = *zone;
    changed = true;
  }
  if (!changed) co_return;
  Result<SetupSnapshot> after =
      make_setup(before->config, std::move(jobs), http_, clock_, secrets_, io_.get_executor());
  if (!after) {
    log::error("could not use the new zone data, trying again: " + after.error().message);
    co_return;
  }
  if (scheduler_.setup() == before) co_await rezone(before, std::move(*after));  // else a reload came first
}

boost::asio::awaitable<void> App::rezone(SetupSnapshot before, SetupSnapshot after) {
  std::vector<JobName> names = rezoned(*before->jobs, *after->jobs);
  if (names.empty()) {  // the same rules, of a newer release
    if (scheduler_.setup() == before) (void)co_await scheduler_.rezone(std::move(after), {});
    co_return;
  }
  // The clock watch records a new release; changed rules without a new release are recorded here.
  const std::string release = tzdata_version();
  if (release == zones_release_)
    clocks_.record_event({ClockEvent::Kind::tzdata,
                          clock_.now(),
                          {},
                          release,
                          release + ", with other rules for " + after->jobs->at(names.front()).schedule.zone.name()});
  zones_release_ = release;
  const std::string count = std::to_string(names.size());
  if (const Result<void> done = co_await scheduler_.rezone(std::move(after), std::move(names)); !done)
    log::error("could not re-plan jobs after a tzdata update, trying again: " + done.error().message);
  else
    log::info("new zone data: the future occurrences of " + count + " jobs were recomputed");
}

}  // namespace nowd
