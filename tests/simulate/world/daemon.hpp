// One life of a daemon: the loops of daemon/runtime as App starts them, without files, pages and the network.
#pragma once

#include "runtime/heartbeat.hpp"
#include "simulate/world/faulty_ledger.hpp"

namespace nowd::sim {

class Daemon {
 public:
  Daemon(World& world, Machine& machine);

  /// Before its coroutines are destroyed.
  void abandon() { ledger_.abandon(); }
  /// The job files changed.
  void reload();
  /// As a NOTIFY of the database.
  void wake();

 private:
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> adopt();
  boost::asio::awaitable<void> reload_when_asked();

  World& world_;
  Machine& machine_;
  FaultyLedger ledger_;
  ProviderAccounts accounts_;
  RemoteClocks remotes_;
  ClockWatch clocks_;
  Supervisor supervisor_;
  Scheduler scheduler_;
  OutboxPump pump_;
  Heartbeat heartbeat_;
  bool reload_asked_ = false;
  bool reloading_ = false;
  TaskGroup tasks_;
};

}  // namespace nowd::sim
