#include "simulate/world/daemon.hpp"

namespace nowd::sim {

Daemon::Daemon(World& world, Machine& machine)
    : world_(world),
      machine_(machine),
      ledger_(world, machine),
      remotes_(machine.loop->get_executor(), ledger_, machine.clock),
      clocks_(machine.loop->get_executor(), machine.clock, ledger_, [this] { remotes_.forget(); }),
      supervisor_(
          machine.loop->get_executor(), ledger_, machine.tools, accounts_, remotes_, machine.clock,
          [this](const RunReport& ended) {
            if (!ended.end.deliveries.empty() || ended.end.trouble) pump_.wake();
          },
          [this] { scheduler_.wake(); }),
      scheduler_(std::make_unique<MachineTimer>(machine.loop->get_executor(), machine.clock), seconds{1}, ledger_,
                 supervisor_, machine.clock, &ledger_),
      pump_(std::make_unique<MachineTimer>(machine.loop->get_executor(), machine.clock), machine.loop->get_executor(),
            ledger_, machine.senders, remotes_, machine.clock, [this] { return scheduler_.setup(); }),
      heartbeat_(machine.loop->get_executor(), ledger_, ledger_, clocks_, scheduler_, supervisor_, pump_,
                 "host " + std::to_string(machine.number)),
      tasks_(machine.loop->get_executor()) {
  tasks_.spawn("daemon", run());
}

/// As App; a load that the ledger refuses is repeated, as by a restart.
boost::asio::awaitable<void> Daemon::adopt() {
  for (;;) {
    const SetupSnapshot setup = world_.setup_for(machine_);
    const Result<void> adopted = co_await scheduler_.adopt(setup);
    if (adopted) co_return;
    co_await pass(seconds{1});
  }
}

boost::asio::awaitable<void> Daemon::run() {
  co_await ledger_.start();
  co_await adopt();
  if (reload_asked_) tasks_.spawn("reload", reload_when_asked());
  tasks_.spawn("heartbeat", heartbeat_.run());
  tasks_.spawn("outbox", pump_.run());
  co_await scheduler_.run();
}

/// One at a time; one follows, also after several changes.
boost::asio::awaitable<void> Daemon::reload_when_asked() {
  reloading_ = true;
  while (std::exchange(reload_asked_, false)) co_await adopt();
  reloading_ = false;
}

void Daemon::reload() {
  reload_asked_ = true;
  if (scheduler_.setup() && !reloading_) tasks_.spawn("reload", reload_when_asked());
}

void Daemon::wake() {
  if (!scheduler_.setup()) return;
  scheduler_.wake();
  heartbeat_.wake();
}

}  // namespace nowd::sim
