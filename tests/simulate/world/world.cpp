#include "simulate/world/world.hpp"

#include <algorithm>

#include "simulate/world/daemon.hpp"

namespace nowd::sim {
namespace {

const Instant midnight = parse_rfc3339("2026-06-02T00:00:00Z").value();
const Instant start_of_world = midnight - end_of_schedules;

/// More steps at one instant than any real cause makes.
constexpr long max_steps_at_once = 100'000;
/// A hundredth of a percent; hosts that run apart by more are the work of a fault.
constexpr std::int64_t max_drift_ppm = 100;

std::int64_t drift_of(std::uint64_t seed, int machine) {
  return Dice(seed, 100 + static_cast<std::uint64_t>(machine)).between(-max_drift_ppm, max_drift_ppm);
}
microseconds offset_of(std::uint64_t seed, int machine) {
  return Dice(seed, 200 + static_cast<std::uint64_t>(machine)).between(milliseconds{-1'500}, milliseconds{1'500});
}

}  // namespace

int machines_of(std::uint64_t seed) { return static_cast<int>(Dice(seed, 3).between(1, 3)); }

boost::asio::awaitable<void> rest(nanoseconds span) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(span);
  co_await timer.async_wait(boost::asio::bind_cancellation_slot(boost::asio::cancellation_slot(),
                                                                boost::asio::as_tuple(boost::asio::use_awaitable)));
}

boost::asio::awaitable<void> pass(nanoseconds span) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(span);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

Machine::Machine(World& world, int machine)
    : number(machine),
      clock(world.process, start_of_world, offset_of(world.seed, machine), drift_of(world.seed, machine)),
      ledger_clock(world.database, clock),
      tools(world, *this),
      senders(world, *this) {}

Machine::~Machine() = default;

World::World(std::uint64_t number, std::vector<Fault> faults, Defect broken, bool keep_trace)
    : seed(number),
      defect(broken),
      trace(keep_trace),
      process(number, [this](std::string_view text) { note(text); }),
      dice(number, 4),
      database(process, start_of_world, microseconds{0}, 0),
      witness(store),
      checker(store, witness),
      files(files_of(number, midnight)),
      faults_(std::move(faults)) {
  checker.know(files);
  for (int k = 0; k < machines_of(seed); ++k) {
    machines_.push_back(std::make_unique<Machine>(*this, k));
    do_at(dice.between(milliseconds{0}, seconds{4}), [this, k] { start(*machines_[static_cast<std::size_t>(k)]); });
  }
  arrange_faults();
}

World::~World() {
  for (const auto& machine : machines_) kill(*machine);
}

void World::note(const Machine& machine, std::string_view text) {
  note("host " + std::to_string(machine.number) + ": " + std::string(text));
}

void World::check() { checker.check(database.now(), process.now()); }

void World::start(Machine& machine) {
  note(machine, "starts");
  machine.frozen = false;
  machine.loop = std::make_unique<Loop>();
  machine.daemon = std::make_unique<Daemon>(*this, machine);
  machine.awake = true;
}

/// As SIGKILL: its coroutines end where they wait.
void World::kill(Machine& machine) {
  if (!machine.daemon) return;
  machine.daemon->abandon();
  machine.loop->drop_coroutines();
  machine.daemon.reset();
  machine.loop.reset();
}

void World::freeze(Machine& machine, milliseconds span) {
  note(machine, "freezes");
  machine.frozen = true;
  do_at(process.now() + span, [this, &machine, span] {
    if (!machine.frozen) return;
    if (defect == Defect::clock_sleeps) machine.clock.oversleep(span);
    note(machine, "goes on");
    machine.frozen = false;
    machine.thawed_at = process.now();
  });
}

const Fault* World::lasting(FaultKind kind, int host) const {
  for (const Fault& fault : faults_)
    if (fault.kind == kind && fault.covers(now()) && (host == any_host || fault.host == host)) return &fault;
  return nullptr;
}

const Fault* World::strike(FaultKind kind, int host, Point where) {
  for (const Fault& fault : faults_) {
    if (fault.at > now()) break;
    const bool is_it = fault.kind == kind && fault.host == host && (where == Point::any || fault.point == where);
    if (is_it && now() < end_of_faults && struck_.insert(fault.number).second) return &fault;
  }
  return nullptr;
}

bool World::strike_connection(FaultKind kind, int host, bool of_run) {
  for (const Fault& fault : faults_)
    if (fault.kind == kind && fault.host == host && fault.at <= now() && now() < end_of_faults &&
        (of_run || fault.amount % 2 == 1) && struck_.insert(fault.number).second)
      return true;
  return false;
}

boost::asio::awaitable<void> World::point(Machine& machine, Point where) {
  if (const Fault* death = strike(FaultKind::kill, machine.number, where)) {
    note(machine, "is killed: " + std::string(to_string(where)));
    machine.doomed = death->length;
    machine.loop->stop();
    co_await rest(hours{24});
  }
  if (const Fault* sleep = strike(FaultKind::freeze, machine.number, where)) {
    freeze(machine, sleep->length);
    machine.loop->stop();
    co_await rest(nanoseconds{0});
  }
  if (dice.chance(20)) co_await rest(dice.between(milliseconds{1}, milliseconds{30}));
}

/// Runs all that is ready on this machine. False: nothing was.
bool World::work(Machine& machine) {
  if (!machine.loop || machine.frozen || (!machine.awake && machine.next > process.now())) return false;
  const bool ran = machine.loop->run_ready();
  if (machine.doomed) {
    kill(machine);
    do_at(process.now() + *std::exchange(machine.doomed, std::nullopt), [this, &machine] { start(machine); });
    return true;
  }
  machine.awake = ran || machine.frozen;
  if (ran) return true;
  const auto next = machine.loop->until_next();
  machine.next = next ? process.now() + *next : nanoseconds::max();
  return false;
}

/// Moves to the next thing that happens. False: nothing does until `until`.
bool World::step(nanoseconds until) {
  bool ran = false;
  for (const auto& machine : machines_) ran |= work(*machine);
  if (ran) {
    if (++steps_ > max_steps_at_once) witness.fail("the world spins: it does not come to the next instant");
    return true;
  }
  nanoseconds next = events_.empty() ? nanoseconds::max() : events_.begin()->first;
  for (const auto& machine : machines_)
    if (machine->loop && !machine->frozen) next = std::min(next, machine->next);
  if (next > until) return false;
  if (next > process.now()) {
    process.move_to(next);
    steps_ = 0;
  }
  while (!events_.empty() && events_.begin()->first <= process.now()) {
    const auto work = std::move(events_.extract(events_.begin()).mapped());
    work();
    for (const auto& machine : machines_) machine->awake = true;
  }
  return true;
}

void World::run_until(nanoseconds until) {
  while (!failure() && step(until)) {
  }
  process.move_to(std::max(process.now(), until));
}

/// After the faults: everything that was begun comes to its end.
void World::run_to_rest() {
  std::optional<std::string> unrest = "nothing has run";
  while (!failure() && unrest && now() < end_of_world) {
    run_until(process.now() + seconds{5});
    unrest = checker.unrest(database.now());
  }
  if (unrest && !failure()) witness.fail(human(end_of_world - end_of_faults) + " after the last fault, " + *unrest);
}

void World::run() {
  run_until(end_of_schedules + seconds{1});
  run_to_rest();
  if (!failure()) check();
  if (!failure()) checker.check_end(midnight);
  note(failure() ? "FAILURE: " + *failure() : "at rest");
}

SetupSnapshot World::setup_for(Machine& machine) {
  auto setup = std::make_shared<Setup>();
  setup->jobs = files.snapshot(removed);
  for (const char* name : {"p", "q"}) {
    ProviderConfig provider;
    provider.name = provider.base_url = name;
    provider.api = "openai-chat";
    provider.model = "m";
    provider.prices = Prices{Usd{100'000'000}, Usd{200'000'000}, {}, {}};
    setup->providers.emplace(name, std::make_unique<OutsideModel>(*this, machine, *provider.prices));
    setup->config.providers.emplace(name, std::move(provider));
  }
  for (const Job& job : files.jobs)
    if (job.command) setup->agents.emplace(job.name, std::make_unique<OutsideModel>(*this, machine, Prices{}));
  Tool post;
  post.name = "post";
  post.input = Json{{"type", "object"}};
  post.action = ExecAction{{"/bin/true"}};
  post.timeout = seconds{30};
  setup->config.tools.emplace("post", std::move(post));
  setup->config.sinks.emplace("hook", Sink{"hook", WebhookSink{}});
  setup->config.sinks.emplace("mail", Sink{"mail", EmailSink{}});
  setup->secrets = [](const SecretSource&) { return Result<Secret>(Secret()); };
  return setup;
}

}  // namespace nowd::sim
