// nowd(8).
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <filesystem>
#include <iostream>

#include "app/app.hpp"
#include "app/command_line.hpp"
#include "app/up.hpp"
#include "foundation/log.hpp"

namespace nowd {
namespace {

/// Fewer, and not even the database can be reached. No fault of the configuration: the next start may have more.
constexpr rlim_t min_files = 20;
/// What still waits for a server that does not answer (a page being read) does not keep the process.
constexpr unsigned seconds_to_end = 10;

volatile std::sig_atomic_t last_exit_code = exit_bad;

/// From here on the process ends in time, whatever its destructors wait for.
void end_soon(int code) {
  last_exit_code = code;
  std::signal(SIGALRM, [](int) { _exit(last_exit_code); });
  alarm(seconds_to_end);
}

/// A core dump would hold keys; thousands of streams need descriptors. Throws where there are too few.
void prepare_process() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);  // a parent's choice to ignore it is inherited, and would lose exit statuses
  umask(0077);
  prctl(PR_SET_DUMPABLE, 0);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < min_files)
      throw std::runtime_error("only " + std::to_string(files.rlim_cur) +
                               " files may be open, and nowd needs at least " + std::to_string(min_files) +
                               "; raise LimitNOFILE= of the unit, or ulimit -n");
  }
}

int check(const SetupFiles& files) {
  for (const Diagnostic& each : files.diagnostics) std::cerr << each.str() << "\n";
  const bool good = files.config_ok && files.jobs_ok;
  if (good) std::cout << files.config.source << ": good, " << files.jobs.size() << " jobs\n";
  return good ? exit_done : exit_usage;
}

int run_daemon(const CommandLine& line) {
  std::vector<std::string> jobs;
  if (!line.jobs.empty()) jobs.push_back(line.jobs);
  std::error_code unknown;
  if (!line.jobs.empty() && !std::filesystem::exists(line.jobs, unknown)) {
    std::cerr << "nowd up: --jobs " << line.jobs << ": no such file or directory; name a directory of job files\n";
    return exit_usage;
  }
  if (line.check_config) return check(read_setup(line.config, jobs, SystemClock().now(), {}));
  SetupFiles files = read_config(line.config, jobs);
  if (!files.config_ok) return check(files);
  configure_log(files.config);
  std::optional<PrivatePostgres> server;  // outlives the App
  if (line.up) {
    Result<PrivatePostgres> started = start_private_postgres(line.directory, files.config);
    if (!started) {
      std::cerr << "nowd up: " << started.error().message << "\n";
      return exit_no_database;
    }
    server.emplace(std::move(*started));
  }
  Result<StateLock> lock = StateLock::take(files.config.state);
  if (!lock) {
    std::cerr << "nowd: " << lock.error().message << "\n";
    return exit_usage;
  }
  int code = exit_bad;
  {
    App app({line.config, jobs, line.stop_after, line.up}, std::move(files.config), std::move(*lock));
    code = app.run();
    end_soon(code);
  }
  alarm(0);
  return code;
}

}  // namespace
}  // namespace nowd

int main(int argc, char** argv) {
  auto parsed = nowd::parse_command_line(argc, argv);
  if (const auto* answered = std::get_if<nowd::Answered>(&parsed)) {
    (answered->code == 0 ? std::cout : std::cerr) << answered->text;
    return answered->code;
  }
  try {
    nowd::prepare_process();
    return nowd::run_daemon(std::get<nowd::CommandLine>(parsed));
  } catch (const std::exception& e) {
    std::cerr << "nowd: " << e.what() << "\n";
    return nowd::exit_bad;
  }
}
