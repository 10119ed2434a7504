#include "simulate/check/schedules.hpp"

#include "foundation/random.hpp"

namespace nowd::sim {
namespace {

const std::vector<seconds> periods{seconds{30}, seconds{60}, seconds{90}, seconds{120}, seconds{180}};

/// Minutes are written as cron, the others as `every`.
Schedule schedule_of(const Beat& beat, Instant end) {
  Schedule schedule;
  const auto minutes_between = std::chrono::duration_cast<minutes>(beat.period);
  const bool is_cron = beat.period == minutes_between && minutes{60} % minutes_between == minutes{0};
  if (is_cron && beat.first == seconds{0})
    schedule.kind = Cron::parse("*/" + std::to_string(minutes_between.count()) + " * * * *").value();
  else
    schedule.kind = Every{beat.period, Instant{beat.first}};
  schedule.until = std::chrono::floor<days>(LocalTime{std::chrono::floor<seconds>(end.time_since_epoch())});
  schedule.text = "every " + std::to_string(beat.period.count()) + " s from " + std::to_string(beat.first.count());
  return schedule;
}

/// As the reader of job files: every change of the job is another revision.
void seal(Job& job) {
  job.canonical = job.name + " | " + job.schedule.text + " | " + job.prompt;
  job.revision = sha256_hex(job.canonical);
  job.schedule_revision = sha256_hex(job.schedule.text);
}

void draw_rules(Job& job, Dice& dice) {
  using Missed = MissedRules::Policy;
  using Overlap = OverlapRules::Policy;
  job.missed.policy = dice.one_of(std::vector{Missed::latest, Missed::all, Missed::skip});
  job.missed.grace = dice.one_of(std::vector<milliseconds>{seconds{5}, seconds{20}, seconds{90}});
  job.missed.max = static_cast<int>(dice.between(1, 4));
  if (dice.chance(30)) job.missed.window = job.missed.grace + dice.between(seconds{0}, seconds{120});
  job.overlap.policy = dice.one_of(
      std::vector{Overlap::skip, Overlap::buffer_one, Overlap::buffer_all, Overlap::cancel_running, Overlap::allow});
  job.overlap.max = static_cast<int>(dice.between(1, 3));
  job.limits.wall = dice.one_of(std::vector<milliseconds>{seconds{20}, seconds{45}, minutes{2}});
  if (dice.chance(25) && job.overlap.policy != Overlap::allow) job.concurrency_key = "shared";
  job.max_output_tokens = 100;
  if (dice.chance(30)) job.limits.usd = Usd{dice.between(30'000, 150'000)};
  if (dice.chance(30)) job.limits.usd_per_day = Usd{dice.between(100'000, 2'000'000)};
}

void add_input(Job& job, bool required) {
  Input input;
  input.name = "news";
  input.action = ExecAction{{"/bin/true"}};
  input.required = required;
  job.inputs = {input};
}

/// A program is the agent: nowd sees none of its effects.
void become_command(Job& job) {
  job.command.emplace();
  job.command->argv = {"/usr/bin/agent"};
  job.provider.clear();
  job.fallbacks.clear();
  job.tools.clear();
}

Job drawn(const JobName& name, Dice& dice) {
  Job job;
  job.name = name;
  job.prompt = "x";
  job.provider = "p";
  job.tools = {ToolUse{"post", {}}};
  job.clocks = clock_preset("observe").value();
  if (dice.chance(60)) job.deliver.emplace_back("hook");
  if (dice.chance(50)) job.deliver.emplace_back("mail");
  if (dice.chance(25)) job.heartbeat = "https://beat.example";
  if (dice.chance(40)) job.fallbacks = {Fallback{"q", ""}};
  if (dice.chance(30)) add_input(job, dice.chance(50));
  if (dice.chance(20)) become_command(job);
  job.on_failure = {"hook"};
  job.source = name + ".yaml:1";
  draw_rules(job, dice);
  return job;
}

}  // namespace

JobsSnapshot Files::snapshot(const std::set<JobName>& removed) const {
  auto out = std::make_shared<Jobs>();
  for (const Job& job : jobs)
    if (!removed.contains(job.name)) out->emplace(job.name, job);
  return out;
}

void Files::set_beat(std::size_t job, const Beat& beat) {
  const Instant end{jobs[job].schedule.until->time_since_epoch()};
  jobs[job].schedule = schedule_of(beat, end);
  beats[jobs[job].name] = beat;
  seal(jobs[job]);
  ++version;
}

void Files::set_prompt(std::size_t job, const std::string& prompt) {
  jobs[job].prompt = prompt;
  seal(jobs[job]);
  ++version;
}

Beat any_beat(Dice& dice) {
  const seconds period = dice.one_of(periods);
  return {period, dice.chance(50) ? seconds{0} : seconds{dice.between(0, period.count() - 1)}};
}

Files files_of(std::uint64_t seed, Instant end) {
  Dice dice(seed, 1);
  Files files;
  const int count = static_cast<int>(dice.between(1, 4));
  for (int k = 0; k < count; ++k) {
    Job job = drawn(std::string(1, static_cast<char>('a' + k)), dice);
    const Beat beat = any_beat(dice);
    job.schedule = schedule_of(beat, end);
    files.beats[job.name] = beat;
    seal(job);
    files.jobs.push_back(std::move(job));
  }
  if (dice.chance(50)) {
    Job follower = drawn("f", dice);
    follower.after = "a";
    follower.schedule.text = "manual";
    seal(follower);
    files.jobs.push_back(std::move(follower));
  }
  return files;
}

std::vector<Instant> expected(const Beat& beat, Instant after, Instant until) {
  std::vector<Instant> out;
  for (auto at = std::chrono::floor<seconds>(after) + seconds{1}; at <= until; at += seconds{1})
    if ((at.time_since_epoch() - beat.first) % beat.period == seconds{0}) out.push_back(at);
  return out;
}

}  // namespace nowd::sim
