#include "simulate/engine/process.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <sys/types.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "foundation/log.hpp"

namespace nowd::sim {
namespace {

Process* running = nullptr;

/// Longer waits are asked for again.
constexpr int forever = 5 * 60 * 1000;

}  // namespace

Process::Process(std::uint64_t seed, Log reader) : random(seed), log(std::move(reader)) { running = this; }
Process::~Process() { running = nullptr; }
Process* Process::current() { return running; }

bool Loop::run_ready() {
  restart();
  return poll() > 0;
}

std::optional<nanoseconds> Loop::until_next() {
  running->asked = this;
  running->timeout.reset();
  restart();
  run_one();  // finds nothing to run, asks for the time until the next timer, and is stopped there
  running->asked = nullptr;
  if (!running->timeout || *running->timeout < 0) return std::nullopt;
  return milliseconds{std::min(*running->timeout, forever)};
}

}  // namespace nowd::sim

using nowd::sim::Process;
using SteadyTime = std::chrono::steady_clock::time_point;

// The names that the linker gives to the system's functions, and to those in their place.
int real_epoll_wait(int, epoll_event*, int, int) asm("__real_epoll_wait");
int simulated_epoll_wait(int, epoll_event*, int, int) asm("__wrap_epoll_wait");
int real_epoll_ctl(int, int, int, epoll_event*) asm("__real_epoll_ctl");
int simulated_epoll_ctl(int, int, int, epoll_event*) asm("__wrap_epoll_ctl");
int real_timerfd_create(int, int) asm("__real_timerfd_create");
int simulated_timerfd_create(int, int) asm("__wrap_timerfd_create");
ssize_t real_getrandom(void*, size_t, unsigned) asm("__real_getrandom");
ssize_t simulated_getrandom(void*, size_t, unsigned) asm("__wrap_getrandom");
SteadyTime real_steady_now() asm("__real__ZNSt6chrono3_V212steady_clock3nowEv");
SteadyTime simulated_steady_now() asm("__wrap__ZNSt6chrono3_V212steady_clock3nowEv");
void real_log(nowd::log::Level, std::string_view, nowd::log::Fields) asm(
    "__real__ZN4nowd3log5writeENS0_5LevelESt17basic_string_viewIcSt11char_traitsIcEESt16initializer_listINS0_5FieldEE");
void simulated_log(nowd::log::Level, std::string_view, nowd::log::Fields) asm(
    "__wrap__ZN4nowd3log5writeENS0_5LevelESt17basic_string_viewIcSt11char_traitsIcEESt16initializer_listINS0_5FieldEE");

/// No descriptor is ever ready: nothing in a simulation comes from outside of it.
int simulated_epoll_wait(int epoll, epoll_event* events, int max, int timeout) {
  Process* process = Process::current();
  if (process == nullptr) return real_epoll_wait(epoll, events, max, timeout);
  if (process->asked != nullptr && timeout != 0) {
    process->timeout = timeout;
    process->asked->stop();
  }
  return 0;
}

int simulated_epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  return Process::current() == nullptr ? real_epoll_ctl(epoll, operation, fd, event) : 0;
}

/// Without a timerfd Asio asks the steady clock.
int simulated_timerfd_create(int clock, int flags) {
  if (Process::current() == nullptr) return real_timerfd_create(clock, flags);
  errno = ENOSYS;
  return -1;
}

ssize_t simulated_getrandom(void* buffer, size_t size, unsigned flags) {
  Process* process = Process::current();
  if (process == nullptr) return real_getrandom(buffer, size, flags);
  for (std::size_t at = 0; at < size; at += sizeof(std::uint64_t)) {
    const std::uint64_t bits = process->random.next();
    std::memcpy(static_cast<char*>(buffer) + at, &bits, std::min(sizeof bits, size - at));
  }
  return static_cast<ssize_t>(size);
}

SteadyTime simulated_steady_now() {
  const Process* process = Process::current();
  return process == nullptr ? real_steady_now() : SteadyTime(std::chrono::hours{1} + process->now());
}

void simulated_log(nowd::log::Level level, std::string_view text, nowd::log::Fields fields) {
  Process* process = Process::current();
  if (process == nullptr) return real_log(level, text, fields);
  std::string line(text);
  for (const nowd::log::Field& field : fields) line += ' ' + std::string(field.key) + '=' + field.value;
  process->log(line);
}
