// nowd(8).
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <variant>

#include "app/app.hpp"
#include "app/version.hpp"
#include "foundation/log.hpp"
#include "ledger/schema/migrator.hpp"
#include "postgres/private_postgres.hpp"

namespace nowd {
namespace {

/// With fewer, nowd cannot even reach the database. Not a fault of the configuration: the next start may have more.
constexpr rlim_t min_files = 20;
/// A page that still waits for a server must not keep the process alive for longer.
constexpr unsigned seconds_to_end = 10;

volatile std::sig_atomic_t last_exit_code = exit_bad;

/// From here on the process ends in time, even if a destructor waits.
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

struct CommandLine {
  std::string config;  ///< --config, else NOWD_CONFIG, else /etc/nowd/nowd.yaml
  bool check_config = false;
  bool up = false;
  std::string directory;                   ///< up --dir
  std::string jobs;                        ///< up --jobs
  std::optional<milliseconds> stop_after;  ///< up --for
};

/// A text to print and an exit code: help, version, or a usage error.
struct Answered {
  std::string text;
  int code = 0;
};

std::string default_config() {
  const char* named = std::getenv("NOWD_CONFIG");
  return named != nullptr && *named != '\0' ? named : "/etc/nowd/nowd.yaml";
}

std::variant<CommandLine, Answered> parse_command_line(int argc, char** argv) {
  CommandLine line;
  line.config = default_config();
  std::string stop_after;
  CLI::App app{
      "nowd runs AI agents on a schedule so that time can be trusted.\n"
      "Without a command it runs in the foreground on the database of its configuration."};
  app.name("nowd");
  app.set_version_flag("--version", "nowd " + std::string(version));
  app.add_option("--config", line.config, "Configuration file (else $NOWD_CONFIG, else /etc/nowd/nowd.yaml)");
  app.add_flag("--check-config", line.check_config, "Read the configuration and all jobs, report all errors, and exit");
  CLI::App* up = app.add_subcommand("up", "Run on a private Postgres that nowd creates, starts and stops itself");
  up->add_option("--dir", line.directory,
                 "Where it lives (else $XDG_STATE_HOME/nowd, else ~/.local/state/nowd; root: /var/lib/nowd-up)");
  up->add_option("--jobs", line.jobs, "Directory of job files, instead of the configuration's `jobs`");
  up->add_option("--for", stop_after, "Stop after this long, such as 30s");
  up->add_option("--config", line.config, "Configuration file");
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    std::ostringstream out;
    app.exit(e, out, out);
    return Answered{out.str(), 0};
  } catch (const CLI::ParseError& e) {
    return Answered{"nowd: " + std::string(e.what()) + "; see nowd --help\n", exit_usage};
  }
  line.up = up->parsed();
  if (!stop_after.empty()) {
    const Result<milliseconds> parsed = parse_duration(stop_after);
    if (!parsed) return Answered{"nowd: --for: " + parsed.error().message + "\n", exit_usage};
    line.stop_after = *parsed;
  }
  return line;
}

/// Starts the private server below `directory` (empty: the default one), brings its schema up to date, and points the
/// configuration at it: database, and state unless another daemon would share it. Prints how to reach it to stdout.
Result<PrivatePostgres> start_private_postgres(const std::string& directory, Config& config) {
  PrivatePostgres::Options options;
  options.directory = directory.empty() ? PrivatePostgres::default_directory() : std::filesystem::path(directory);
  std::cout << "Starting a private Postgres in " << options.directory.string() << " ..." << std::endl;
  Result<PrivatePostgres> server = PrivatePostgres::start(options);
  if (!server) return server;
  const Result<MigrateReport> migrated = migrate(server->conninfo(), {});
  if (!migrated) return migrated.error();
  config.database = server->conninfo("nowd");
  config.state = (options.directory / "state").string();
  std::cout << "Look into the ledger from another terminal:\n\n  " << server->psql_command()
            << "\n\nThere: select * from nowd.run_clocks order by run desc limit 5;\n"
            << "\nAfter a change of the job files: kill -HUP " << ::getpid() << "\n"
            << std::endl;
  return server;
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
