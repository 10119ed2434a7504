#include "net/process/descendants.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <memory>
#include <optional>

#include "foundation/fd.hpp"
#include "foundation/random.hpp"

namespace nowd {
namespace {

using Directory = std::unique_ptr<DIR, decltype([](DIR* open) { ::closedir(open); })>;

std::optional<pid_t> number_of(std::string_view name) {
  pid_t pid = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (failed != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return pid;
}

/// "A=1\0B=2\0"; empty for a process that has ended, is a kernel thread, or is not readable.
std::string environment_of(pid_t pid) {
  const FileDescriptor file(::open(("/proc/" + std::to_string(pid) + "/environ").c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return {};
  std::string all;
  char piece[16 * 1024];
  for (ssize_t got = 1; got > 0;) {
    got = ::read(file.get(), piece, sizeof piece);
    if (got > 0) all.append(piece, static_cast<std::size_t>(got));
    if (got < 0 && errno == EINTR) got = 1;
  }
  return all;
}

/// Requires: `entry` is "NAME=value" and a NUL.
bool has_entry(std::string_view environment, std::string_view entry) {
  const std::size_t at = environment.find(entry);
  if (at == environment.npos) return false;
  return at == 0 || environment[at - 1] == '\0' || has_entry(environment.substr(at + 1), entry);
}

/// Checks twice: after pidfd_open() the descriptor refers to one process, even if the number is reused.
bool kill_if_marked(pid_t pid, std::string_view entry) {
  if (!has_entry(environment_of(pid), entry)) return false;
  const FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (process.get() < 0 || !has_entry(environment_of(pid), entry)) return false;
  return ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) == 0;
}

}  // namespace

Command marked(Command command) {
  std::erase_if(command.environment, [](const auto& entry) { return entry.first == call_variable; });
  command.environment.emplace_back(call_variable, random_uuid());
  return command;
}

std::string_view mark_of(const Command& command) {
  const auto found =
      std::ranges::find(command.environment, call_variable, [](const auto& entry) { return entry.first; });
  return found == command.environment.end() ? std::string_view{} : found->second;
}

std::size_t kill_marked(std::string_view mark) {
  const std::string entry = std::string(call_variable) + "=" + std::string(mark) + '\0';
  const Directory processes(::opendir("/proc"));
  if (!processes) return 0;
  std::size_t found = 0;
  while (const dirent* each = ::readdir(processes.get()))
    if (const auto pid = number_of(each->d_name); pid && kill_if_marked(*pid, entry)) ++found;
  return found;
}

}  // namespace nowd
