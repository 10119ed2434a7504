// The faults that strike at their own time: deaths, clocks, and the acts of people.
#include "simulate/world/daemon.hpp"

namespace nowd::sim {
namespace {

bool is_live(const memory::Run& run) { return !is_terminal(run.state); }

}  // namespace

void World::arrange_faults() {
  for (const Fault& fault : faults_) {
    note(to_string(fault));
    do_at(fault.at, [this, fault] { arrange(fault); });
  }
}

void World::arrange(const Fault& fault) {
  const auto back = [&](std::function<void()> work) { do_at(fault.at + fault.length, std::move(work)); };
  switch (fault.kind) {
    case FaultKind::kill:
    case FaultKind::freeze:
      if (fault.point == Point::any) strike_alone(fault);
      return;
    case FaultKind::host_step:
    case FaultKind::database_step: {
      MachineClock& clock =
          fault.kind == FaultKind::database_step ? database : machines_[static_cast<std::size_t>(fault.host)]->clock;
      note("a clock is set by " + std::to_string(fault.amount) + " ms");
      clock.step(milliseconds{fault.amount});
      return back([&clock, fault] { clock.step(-milliseconds{fault.amount}); });
    }
    case FaultKind::edit_schedule:
    case FaultKind::edit_prompt:
    case FaultKind::remove_job:
      return change_files(fault);
    case FaultKind::pause_job:
      return pause(fault);
    case FaultKind::ask_run:
      return ask(fault);
    case FaultKind::ask_backfill:
      return backfill(fault);
    case FaultKind::cancel_run:
      return cancel(fault);
    default:
      return;  // it lasts, or strikes at the work of a daemon
  }
}

void World::strike_alone(const Fault& fault) {
  Machine& machine = *machines_[static_cast<std::size_t>(fault.host)];
  if (!machine.daemon || machine.frozen || !struck_.insert(fault.number).second) return;
  if (fault.kind == FaultKind::freeze) return freeze(machine, fault.length);
  note(machine, "is killed");
  kill(machine);
  do_at(process.now() + fault.length, [this, &machine] { start(machine); });
}

void World::change_files(const Fault& fault) {
  const std::size_t job = static_cast<std::size_t>(fault.job) % files.jobs.size();
  const JobName name = files.jobs[job].name;
  Dice own(seed, 1'000 + static_cast<std::uint64_t>(fault.number));
  if (fault.kind == FaultKind::remove_job) {
    if (!removed.insert(name).second) return;
    do_at(fault.at + fault.length, [this, name] {
      removed.erase(name);
      files_changed();
    });
  } else if (fault.kind == FaultKind::edit_schedule && files.beats.contains(name)) {
    files.set_beat(job, any_beat(own));
  } else {
    files.set_prompt(job, "x, version " + std::to_string(files.version));
  }
  note("the file of job " + name + " changes");
  checker.know(files);
  files_changed();
}

/// Each daemon is asked to read them, at its own moment.
void World::files_changed() {
  for (const auto& machine : machines_)
    do_at(process.now() + dice.between(milliseconds{0}, seconds{3}), [&one = *machine] {
      if (one.daemon) one.daemon->reload();
    });
}

void World::pause(const Fault& fault) {
  const JobName job = files.jobs[static_cast<std::size_t>(fault.job) % files.jobs.size()].name;
  const auto row = store.jobs.find(job);
  if (row == store.jobs.end() || row->second.paused_at) return;
  note("job " + job + " is paused");
  memory::pause(store, job, database.now());
  do_at(fault.at + fault.length, [this, job] {
    note("job " + job + " is resumed");
    memory::resume(store, job, database.now());
    check();
  });
}

void World::ask(const Fault& fault) {
  const JobName job = files.jobs[static_cast<std::size_t>(fault.job) % files.jobs.size()].name;
  const auto row = store.jobs.find(job);
  if (row == store.jobs.end() || row->second.retired) return;
  memory::Request request;
  request.job = job;
  request.scheduled_at = request.requested_at = database.now();
  note("request " + std::to_string(store.ask(std::move(request))) + " for job " + job);
  for (const auto& machine : machines_)
    if (machine->daemon) machine->daemon->wake();
}

/// The last three moments of the schedule that have no occurrence yet.
void World::backfill(const Fault& fault) {
  const JobName job = files.jobs[static_cast<std::size_t>(fault.job) % files.jobs.size()].name;
  const auto row = store.jobs.find(job);
  if (row == store.jobs.end() || row->second.retired || !files.beats.contains(job)) return;
  const auto cursor = store.cursors.find(job);
  const Instant until = std::min(database.now(), cursor->second.planned_from) - hours{1};
  for (const Instant at : expected(files.beats.at(job), until - 3 * files.beats.at(job).period, until)) {
    memory::Occurrence past;
    past.kind = RunKind::backfill;
    past.due_at = database.now();
    past.window_start = at - files.beats.at(job).period;
    if (store.occurrences.insert({job, at}, past)) note("backfill of " + job + ' ' + rfc3339(at));
  }
}

void World::cancel(const Fault& fault) {
  std::optional<RunId> live;
  for (const auto& [id, run] : store.runs.all())
    if (is_live(run) && (!live || fault.amount % 2 == 0)) live = id;
  if (!live || store.runs.find(*live)->cancel) return;
  note("run " + to_string(*live) + " is cancelled");
  store.runs.find(*live)->cancel = CancelRequest{*live, "a person", "enough"};
  for (const auto& machine : machines_)
    if (machine->daemon) machine->daemon->wake();
}

}  // namespace nowd::sim
