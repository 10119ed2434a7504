#include "postgres/private_postgres_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 forgot the extern "C"
}

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>

extern char** environ;

namespace nowd::private_postgres {
namespace fs = std::filesystem;
namespace {

bool become(const Account& account) {
  if (!account.other) return true;
  return ::setgroups(0, nullptr) == 0 && ::setresgid(account.gid, account.gid, account.gid) == 0 &&
         ::setresuid(account.uid, account.uid, account.uid) == 0;
}

/// A preloaded library (a clock that is shifted, a profiler) must reach the server as it reaches us: both read clocks.
std::vector<std::string> child_environment() {
  std::vector<std::string> names = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (text.starts_with("LD_") || text.starts_with("FAKETIME")) names.emplace_back(text);
  }
  return names;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> list;
  for (auto& string : strings) list.push_back(string.data());
  list.push_back(nullptr);
  return list;
}

/// Between fork and exec: only what a signal handler may do, since other threads may hold any lock.
[[noreturn]] void run_child(char* const* argv, char* const* environment, const Account& account, int output) {
  ::setsid();
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDONLY);
  if (::dup2(null, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0 || ::chdir("/") != 0) ::_exit(126);
  ::close_range(3, ~0U, 0);
  if (!become(account)) ::_exit(126);
  ::execve(argv[0], argv, environment);
  ::_exit(127);
}

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Account account_of(const passwd& entry) { return {entry.pw_uid, entry.pw_gid, entry.pw_name, true}; }

}  // namespace

Result<Account> server_account(const fs::path& cluster) {
  struct stat status{};
  const bool exists = ::stat(cluster.c_str(), &status) == 0;
  const auto name = [](uid_t uid) {
    const passwd* entry = ::getpwuid(uid);
    return entry != nullptr ? std::string(entry->pw_name) : std::to_string(uid);
  };
  if (::geteuid() != 0) {
    if (exists && status.st_uid != ::geteuid())
      return refused(cluster.string() + " belongs to " + name(status.st_uid) +
                     ": start as that user or as root, or choose another directory with --dir");
    return Account{::geteuid(), ::getegid(), name(::geteuid()), false};
  }
  if (exists && status.st_uid != 0) return Account{status.st_uid, status.st_gid, name(status.st_uid), true};
  for (const char* candidate : {"postgres", "nobody"})
    if (const passwd* entry = ::getpwnam(candidate); entry != nullptr) return account_of(*entry);
  return refused(
      "Postgres does not run as root, and there is neither a user postgres nor nobody: start nowd as another user");
}

std::optional<fs::path> closed_to(const Account& account, const fs::path& path) {
  std::vector<std::string> prefixes;
  fs::path prefix;
  for (const auto& part : path) prefixes.push_back((prefix /= part).string());
  const pid_t child = ::fork();
  if (child == 0) {
    if (!become(account)) ::_exit(0);
    for (std::size_t i = 0; i < prefixes.size(); ++i)
      if (::access(prefixes[i].c_str(), X_OK) != 0) ::_exit(static_cast<int>(i < 254 ? i + 1 : 255));
    ::_exit(0);
  }
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const auto index = static_cast<std::size_t>(WEXITSTATUS(status));
  if (index == 0 || index > prefixes.size()) return std::nullopt;
  return fs::path(prefixes[index - 1]);
}

std::optional<Process> Process::open(pid_t pid) {
  FileDescriptor descriptor(::pidfd_open(pid, 0));
  if (!descriptor) return std::nullopt;
  return Process(pid, std::move(descriptor));
}

bool Process::ended(std::chrono::milliseconds patience) {
  if (ended_) return true;
  pollfd wait{descriptor_.get(), POLLIN, 0};
  if (::poll(&wait, 1, static_cast<int>(patience.count())) != 1) return false;
  ::waitpid(pid_, &status_, 0);  // ECHILD: a child of another process, and it has ended
  return ended_ = true;
}

void Process::signal(int number) const { ::pidfd_send_signal(descriptor_.get(), number, nullptr, 0); }

Result<Process> spawn(const std::vector<std::string>& argv, const Account& account, int output) {
  auto arguments = argv;
  auto names = child_environment();
  const auto argument_list = pointers(arguments);
  const auto environment = pointers(names);
  const pid_t child = ::fork();
  if (child == 0) run_child(argument_list.data(), environment.data(), account, output);
  if (child < 0) return unavailable("cannot start " + argv.front() + ": " + std::strerror(errno));
  auto process = Process::open(child);
  if (!process) return unavailable("cannot watch " + argv.front() + ": " + std::strerror(errno));
  return std::move(*process);
}

std::optional<Postmaster> read_postmaster(const fs::path& cluster) {
  // Lines: pid, directory, start time, port, socket directory, address, shared memory, status.
  std::istringstream lines(slurp(cluster / "postmaster.pid"));
  std::array<std::string, 8> line;
  for (auto& text : line) std::getline(lines, text);
  const long pid = std::strtol(line[0].c_str(), nullptr, 10);
  if (pid <= 0) return std::nullopt;
  return Postmaster{static_cast<pid_t>(pid), line[7].starts_with("ready")};
}

bool is_server_of(pid_t pid, const fs::path& cluster) {
  const fs::path process = fs::path("/proc") / std::to_string(pid);
  std::error_code error;
  // After a package upgrade the link reads "…/postgres (deleted)".
  const auto program = fs::read_symlink(process / "exe", error).filename().string();
  return program.starts_with("postgres") && fs::equivalent(process / "cwd", cluster, error);
}

bool has_command_line(pid_t pid, const std::vector<std::string>& argv) {
  std::string expected;
  for (const auto& argument : argv) (expected += argument) += '\0';
  return slurp(fs::path("/proc") / std::to_string(pid) / "cmdline") == expected;
}

void disown(const fs::path& cluster) {
  const auto path = cluster / "postmaster.pid";
  const auto text = slurp(path);
  const auto rest = text.find('\n');
  const auto changed = std::to_string(::getpid()) + (rest == std::string::npos ? "\n" : text.substr(rest));
  // The directory is the server's: never follow a link that it may have put there.
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC));
  if (file && ::write(file.get(), changed.data(), changed.size()) < 0) ::unlink(path.c_str());
}

}  // namespace nowd::private_postgres
