#include "net/process/spawn.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/fd.hpp"
#include "net/process/process.hpp"

namespace nowd {
namespace {

// The child between vfork() and execve(): memory is allocated before vfork(), and only system calls follow it.

/// The step and the errno of a child that could not become the command.
struct ChildFailure {
  enum class Step { none, group, pipes, limits, identity, directory, execute };
  Step step = Step::none;
  int error = 0;
};

/// The data of the child in the form of execve(). Requires: the command outlives the plan.
struct ChildPlan {
  explicit ChildPlan(const Command& command);

  std::vector<std::string> paths;  ///< the files to try, in order
  std::vector<std::string> variables;
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::string directory;
  std::optional<unsigned> uid, gid;
};

/// The child's ends of the pipes, and the pipe for its ChildFailure.
struct ChildPipes {
  int input, output, errors, report;
};

using Step = ChildFailure::Step;

constexpr std::string_view default_path = "/usr/local/bin:/usr/bin:/bin";

std::string search_path(const Command& command) {
  const auto found = std::ranges::find(command.environment, "PATH", [](const auto& entry) { return entry.first; });
  return found == command.environment.end() ? std::string(default_path) : found->second;
}

std::vector<std::string> candidates(const Command& command) {
  const std::string& program = command.argv.front();
  if (program.find('/') != program.npos) return {program};
  std::vector<std::string> paths;
  const std::string path = search_path(command);
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find(':', at), path.size());
    // Skips empty elements: for a shell they mean the working directory, here `directory`, which is never intended.
    if (end > at) paths.push_back(path.substr(at, end - at) + "/" + program);
    at = end + 1;
  }
  return paths;
}

// From here to become(): code of the child, in the memory of the waiting parent. System calls only; no writes to
// memory.

bool lead_group_and_reset_signals() {
  if (::setpgid(0, 0) != 0) return false;
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);  // fails for a few signals; ignored
  return true;
}

bool take_pipes(const ChildPipes& pipes) {
  return ::dup2(pipes.input, STDIN_FILENO) >= 0 && ::dup2(pipes.output, STDOUT_FILENO) >= 0 &&
         ::dup2(pipes.errors, STDERR_FILENO) >= 0 && ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

bool forbid_core_dumps() {
  const rlimit none{0, 0};
  return ::setrlimit(RLIMIT_CORE, &none) == 0;
}

/// By direct system calls: the C library would change the identity of all threads, and after vfork() these are the
/// daemon's.
bool take_identity(const ChildPlan& plan) {
  if (plan.gid && ::syscall(SYS_setgroups, 0, nullptr) != 0) return false;
  if (plan.gid && ::syscall(SYS_setresgid, *plan.gid, *plan.gid, *plan.gid) != 0) return false;
  return !plan.uid || ::syscall(SYS_setresuid, *plan.uid, *plan.uid, *plan.uid) == 0;
}

/// Must follow the change of identity, which resets the signal. Checks the parent, which may have ended before.
bool die_with(pid_t parent) { return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent; }

/// Like execvp(): continues after a file without permission to execute, but reports that error.
int execute(const ChildPlan& plan) {
  int error = ENOENT;
  for (const std::string& path : plan.paths) {
    ::execve(path.c_str(), plan.argv.data(), plan.envp.data());
    if (errno == ENOENT || errno == ENOTDIR) continue;
    error = errno;
    if (errno != EACCES) break;
  }
  return error;
}

[[noreturn]] void report(int pipe, Step step, int error) {
  const ChildFailure failure{step, error};
  [[maybe_unused]] const ssize_t written = ::write(pipe, &failure, sizeof failure);
  ::_exit(127);
}

std::string remedy(const Command& command, int error) {
  const bool searched = command.argv.front().find('/') == std::string::npos;
  switch (error) {
    case ENOENT:
      return searched ? "not found in " + search_path(command) + "; give its full path or set PATH"
                      : "no such file, or its interpreter is missing; check the path";
    case EACCES:
      return "it may not be executed; check its mode and its directories'";
    case ENOEXEC:
      return "it is neither a binary for this machine nor a script that starts with #!";
    case E2BIG:
      return "its arguments and environment are too large; pass them on stdin";
    default:
      return std::strerror(error);
  }
}

ChildPlan::ChildPlan(const Command& command)
    : paths(candidates(command)),
      directory(command.directory.empty() ? "/" : command.directory),
      uid(command.uid),
      gid(command.gid) {
  for (const auto& [name, value] : command.environment) variables.push_back(name + "=" + value);
  for (std::string& variable : variables) envp.push_back(variable.data());
  // execve() has char* parameters, but does not write to them.
  for (const std::string& argument : command.argv) argv.push_back(const_cast<char*>(argument.c_str()));
  envp.push_back(nullptr);
  argv.push_back(nullptr);
}

/// In the child: becomes the command, or reports why not and exits.
[[noreturn]] void become(const ChildPlan& plan, const ChildPipes& pipes, pid_t parent) {
  if (!lead_group_and_reset_signals()) report(pipes.report, Step::group, errno);
  if (!take_pipes(pipes)) report(pipes.report, Step::pipes, errno);
  if (!forbid_core_dumps()) report(pipes.report, Step::limits, errno);
  if (!take_identity(plan)) report(pipes.report, Step::identity, errno);
  if (!die_with(parent)) report(pipes.report, Step::group, ESRCH);
  if (::chdir(plan.directory.c_str()) != 0) report(pipes.report, Step::directory, errno);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  report(pipes.report, Step::execute, execute(plan));
}

/// For people: names the program, the fault and the remedy.
Error explain_failure(const Command& command, const ChildFailure& failure) {
  const std::string head = "cannot start " + command.argv.front() + ": ";
  const std::string cause = std::strerror(failure.error);
  switch (failure.step) {
    case Step::execute:
      return invalid(head + remedy(command, failure.error));
    case Step::directory:
      return invalid(head + "directory " + command.directory + ": " + cause + "; create it or set another");
    case Step::identity:
      return invalid(head + "cannot become uid " + std::to_string(command.uid.value_or(0)) + ", gid " +
                     std::to_string(command.gid.value_or(0)) + ": " + cause + "; only root may change its identity");
    case Step::group:
    case Step::pipes:
    case Step::limits:
    case Step::none:
      break;
  }
  return unavailable(head + "it cannot be set up on this host: " + cause);
}

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};

/// Moves a descriptor above 2, so that the child's dup2() onto 0 to 2 does not overwrite it.
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

Error no_resources(const Command& command, int error) {
  return unavailable("cannot start " + command.argv.front() + ": " + std::strerror(error) +
                     "; raise the limit on processes or open files, or run fewer at once");
}

/// Blocks every signal: no handler of this process may run in the child. vfork(), because fork() would copy the page
/// tables of the whole daemon while its one thread waits; therefore become() uses system calls only.
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

/// Waits until the child is the command (exec closes the pipe) or reports a failure.
std::optional<ChildFailure> read_failure(int report) {
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
    if (!open_pipe(*pipe)) return no_resources(command, errno);

  Spawned spawned;
  spawned.pid = fork_into(plan, {input.read.get(), output.write.get(), errors.write.get(), report.write.get()});
  if (spawned.pid < 0) return no_resources(command, errno);
  report.write.reset();
  if (const auto failure = read_failure(report.read.get())) {
    reap(std::exchange(spawned.pid, -1));  // it has ended without becoming the command
    return explain_failure(command, *failure);
  }
  spawned.pidfd = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, spawned.pid, 0)));
  if (spawned.pidfd.get() < 0) return no_resources(command, errno);
  spawned.input = std::move(input.write);
  spawned.output = std::move(output.read);
  spawned.errors = std::move(errors.read);
  for (const int fd : {spawned.input.get(), spawned.output.get(), spawned.errors.get()}) set_nonblocking(fd);
  return spawned;
}

}  // namespace nowd
