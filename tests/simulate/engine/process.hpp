// The process under simulation. The linker puts this between the daemons and the system (CMakeLists.txt: --wrap): the
// steady clock, which all timers of Asio follow, stands still until the world moves it; random bytes come from a seed;
// log lines go to the trace. So the daemons run their real timers, in virtual time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/task_group.hpp"
#include "simulate/engine/dice.hpp"

namespace nowd::sim {

/// At most one at a time. While there is none, clock, randomness and log are the system's.
class Process {
 public:
  using Log = std::function<void(std::string_view text)>;
  Process(std::uint64_t seed, Log log);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Since the start of the simulation.
  nanoseconds now() const { return now_; }
  void move_to(nanoseconds at) { now_ = at; }

  // For the functions that the linker puts in place of the system's.
  static Process* current();
  Dice random;
  Log log;
  EventLoop* asked = nullptr;  ///< the loop whose next timer is asked for
  std::optional<int> timeout;  ///< its answer, in milliseconds

 private:
  nanoseconds now_{0};
};

/// The loop of one daemon. A frozen daemon is one whose loop is not polled; a killed one has lost its coroutines.
class Loop : public EventLoop {
 public:
  /// Runs all that is ready. False: nothing was.
  bool run_ready();
  /// How long until the next timer is due, rounded to a millisecond; nothing: there is none.
  std::optional<nanoseconds> until_next();
};

}  // namespace nowd::sim
