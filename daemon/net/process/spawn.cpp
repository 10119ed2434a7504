#include "net/process/spawn.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "net/process/child.hpp"
#include "net/process/process.hpp"

namespace nowd {
namespace {

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};

/// Above 2, so that the child's dup2() onto 0 to 2 never lands on one it still needs.
FileDescriptor above_stdio(int fd) {
  if (fd > STDERR_FILENO) return FileDescriptor(fd);
  const FileDescriptor low(fd);
  return FileDescriptor(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

bool open_pipe(Pipe& pipe) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  pipe.read = above_stdio(ends[0]);
  pipe.write = above_stdio(ends[1]);
  return pipe.read.get() >= 0 && pipe.write.get() >= 0;
}

void set_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

bool has_nul(const std::string& text) { return text.find('\0') != text.npos; }

std::optional<Error> fault_of(const Command& command) {
  if (command.argv.empty() || command.argv.front().empty()) return invalid("a command without a program to run");
  const std::string name = "command " + command.argv.front();
  for (const std::string& argument : command.argv)
    if (has_nul(argument)) return invalid(name + ": an argument holds a NUL character");
  for (const auto& [key, value] : command.environment)
    if (key.empty() || key.find('=') != key.npos || has_nul(key) || has_nul(value))
      return invalid(name + ": environment variable '" + key + "' has an unusable name or holds a NUL character");
  if (has_nul(command.directory)) return invalid(name + ": its directory holds a NUL character");
  if (command.uid && !command.gid) return invalid(name + ": a uid without a gid would keep this process's group");
  return {};
}

Error no_room(const Command& command, int error) {
  return unavailable("cannot start " + command.argv.front() + ": " + std::strerror(error) +
                     "; raise the limit on processes or open files, or run fewer at once");
}

/// With every signal blocked: a handler of this process must not run in the child. vfork() because fork() copies the
/// page tables of the whole daemon while its one thread waits; become() keeps to system calls for its sake.
pid_t fork_into(const ChildPlan& plan, const ChildPipes& pipes) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t parent = ::getpid();
  const pid_t pid = ::vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
  if (pid == 0) become(plan, pipes, parent);
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

/// Waits until the child is the command (the pipe closes by exec) or says why it is not.
std::optional<ChildFailure> hear(int report) {
  ChildFailure failure{};
  ssize_t got = 0;
  do {
    got = ::read(report, &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got == static_cast<ssize_t>(sizeof failure)) return failure;
  return {};
}

void reap(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

Spawned::~Spawned() {
  if (pid < 0) return;
  ::kill(-pid, SIGKILL);
  reap(pid);
}

Result<Spawned> spawn(const Command& command) {
  if (auto fault = fault_of(command)) return std::move(*fault);
  const ChildPlan plan(command);
  Pipe input, output, errors, report;
  for (Pipe* pipe : {&input, &output, &errors, &report})
    if (!open_pipe(*pipe)) return no_room(command, errno);

  Spawned spawned;
  spawned.pid = fork_into(plan, {input.read.get(), output.write.get(), errors.write.get(), report.write.get()});
  if (spawned.pid < 0) return no_room(command, errno);
  report.write.reset();
  if (const auto failure = hear(report.read.get())) {
    reap(std::exchange(spawned.pid, -1));  // it never was the command, and has ended
    return explain(command, *failure);
  }
  spawned.pidfd = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, spawned.pid, 0)));
  if (spawned.pidfd.get() < 0) return no_room(command, errno);
  spawned.input = std::move(input.write);
  spawned.output = std::move(output.read);
  spawned.errors = std::move(errors.read);
  for (const int fd : {spawned.input.get(), spawned.output.get(), spawned.errors.get()}) set_nonblocking(fd);
  return spawned;
}

}  // namespace nowd
