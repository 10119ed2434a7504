#include "postgres/private_postgres.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <pqxx/pqxx>
#include <utility>
#include <vector>

#include "postgres/private_postgres_layout.hpp"
#include "postgres/private_postgres_process.hpp"

namespace nowd {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using private_postgres::Account;
using private_postgres::Layout;
using private_postgres::Process;

struct PrivatePostgres::Running {
  FileDescriptor lock;
  Layout layout;
  fs::path binaries;
  Process process;
  Origin origin;
};

namespace {

constexpr auto poll_interval = 5ms;
constexpr auto start_patience = 120s;  // crash recovery after a long outage replays the log first
constexpr auto stop_patience = 30s;    // a fast shutdown writes a checkpoint
constexpr int lock_attempts = 50;      // × 100 ms
constexpr off_t max_log = 8 << 20;

/// All that a start needs to know.
struct Site {
  Layout layout;
  Account account;
  fs::path binaries;
  bool durable;
};

std::string conninfo_of(const Layout& layout, std::string_view user, std::string_view database) {
  return "host=" + layout.socket.string() + " port=5432 user=" + std::string(user) + " dbname=" + std::string(database);
}

/// Settings go on the command line, so that the cluster keeps the files initdb gave it and a new version's settings
/// reach old clusters; a server with other settings has another command line, and is not adopted.
std::vector<std::string> server_command(const Site& site) {
  std::vector<std::string> argv = {(site.binaries / "postgres").string(), "-D", site.layout.cluster.string()};
  const auto set = [&](const std::string& setting) { argv.insert(argv.end(), {"-c", setting}); };
  set("listen_addresses=");
  set("port=5432");
  set("unix_socket_directories=" + site.layout.socket.string());
  set("unix_socket_permissions=0700");
  set("max_connections=50");
  set("shared_buffers=64MB");
  set("jit=off");  // the ledger's statements are short: compiling them costs more than running them
  set("timezone=UTC");
  set("log_timezone=UTC");
  set("log_line_prefix=%m [%p] %u ");
  for (const char* name : {"fsync", "synchronous_commit", "full_page_writes"})
    set(std::string(name) + (site.durable ? "=on" : "=off"));
  return argv;
}

std::string last_words(const fs::path& log) {
  std::ifstream file(log, std::ios::binary | std::ios::ate);
  const auto size = static_cast<std::streamoff>(file.tellg());
  file.seekg(std::max<std::streamoff>(0, size - 600));
  std::string text, line;
  while (std::getline(file, line)) text = line.empty() ? text : line;
  return text;
}

Error did_not(const std::string& what, const Site& site) {
  return unavailable("Postgres did not " + what + " (" + last_words(site.layout.log) + "): see " +
                     site.layout.log.string());
}

/// Appends; what an earlier start left is kept until it grows beyond 8 MiB, then once more under another name.
Result<FileDescriptor> open_log(const Layout& layout) {
  struct stat status{};
  std::error_code ignored;
  if (::stat(layout.log.c_str(), &status) == 0 && status.st_size > max_log)
    fs::rename(layout.log, layout.log.string() + ".1", ignored);
  FileDescriptor log(::open(layout.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!log) return unavailable("cannot open " + layout.log.string() + ": " + std::strerror(errno));
  return log;
}

Result<void> run_initdb(const Site& site, const fs::path& cluster, int log) {
  // Over TCP nobody is let in, even if the cluster is started by hand one day; for local see the header.
  std::vector<std::string> argv = {(site.binaries / "initdb").string(),
                                   "-D",
                                   cluster.string(),
                                   "--username=postgres",
                                   "--auth-local=trust",
                                   "--auth-host=reject",
                                   "--encoding=UTF8",
                                   "--locale=C.UTF-8",
                                   "--data-checksums"};
  if (!site.durable) argv.emplace_back("--no-sync");
  auto process = private_postgres::spawn(argv, site.account, log);
  if (!process) return process.error();
  while (!process->ended(1s)) {
  }
  if (process->exit_status() != 0) return did_not("create a cluster", site);
  return {};
}

/// Under another name first: what bears the cluster's name is complete, whenever we are killed.
Result<void> create_cluster(const Site& site, int log) {
  const std::string prefix = "postgres.new.";
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(site.layout.directory, ignored))
    if (entry.path().filename().string().starts_with(prefix)) fs::remove_all(entry.path(), ignored);
  const auto fresh = site.layout.directory / (prefix + std::to_string(::getpid()));
  if (::mkdir(fresh.c_str(), 0700) != 0)
    return unavailable("cannot create " + fresh.string() + ": " + std::strerror(errno));
  if (site.account.other && ::chown(fresh.c_str(), site.account.uid, site.account.gid) != 0)
    return unavailable("cannot give " + fresh.string() + " to " + site.account.name + ": " + std::strerror(errno));
  if (auto made = run_initdb(site, fresh, log); !made) return made;
  const FileDescriptor directory(::open(site.layout.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (::rename(fresh.c_str(), site.layout.cluster.c_str()) != 0 || ::fsync(directory.get()) != 0)
    return unavailable("cannot name " + site.layout.cluster.string() + ": " + std::strerror(errno));
  return {};
}

enum class Wait { ready, ended, timed_out };

Wait await_ready(Process& process, const Site& site) {
  for (auto waited = 0ms; waited < start_patience; waited += poll_interval) {
    if (process.ended(poll_interval)) return Wait::ended;
    const auto state = private_postgres::read_postmaster(site.layout.cluster);
    if (state && state->pid == process.pid() && state->ready) return Wait::ready;
  }
  return Wait::timed_out;
}

void shut_down(Process& process) {
  for (const int number : {SIGINT, SIGQUIT, SIGKILL}) {
    process.signal(number);
    for (auto waited = 0ms; waited < stop_patience; waited += 100ms)
      if (process.ended(100ms)) return;
  }
}

/// The server that a killed owner left behind, if it is the one we would start; one with other settings is stopped.
std::optional<Process> adopt(const Site& site, const std::vector<std::string>& argv) {
  const auto left = private_postgres::read_postmaster(site.layout.cluster);
  if (!left) return std::nullopt;
  auto process = Process::open(left->pid);
  // Asked after the pidfd is open: from here on the number cannot come to mean another process.
  if (!process || !private_postgres::is_server_of(left->pid, site.layout.cluster)) {
    if (process) private_postgres::disown(site.layout.cluster);
    return std::nullopt;
  }
  if (private_postgres::has_command_line(left->pid, argv) && await_ready(*process, site) == Wait::ready) return process;
  shut_down(*process);
  return std::nullopt;
}

struct Started {
  Process process;
  bool adopted;
};

/// A refused start is tried again while postmaster.pid stays: the backends of a killed server take a moment to notice,
/// and an owner killed between fork and exec may have left a server that only now writes the file.
Result<Started> start_server(const Site& site, int log) {
  const auto argv = server_command(site);
  for (int attempt = 0; attempt < lock_attempts; ++attempt) {
    if (auto process = adopt(site, argv)) return Started{std::move(*process), true};
    std::error_code ignored;
    // Nobody serves here now; a lock file of the socket whose pid was given to a stranger would stop the server.
    fs::remove(site.layout.socket / ".s.PGSQL.5432.lock", ignored);
    auto process = private_postgres::spawn(argv, site.account, log);
    if (!process) return process.error();
    const auto outcome = await_ready(*process, site);
    if (outcome == Wait::ready) return Started{std::move(*process), false};
    if (outcome == Wait::timed_out) {
      shut_down(*process);
      return did_not("become ready in two minutes", site);
    }
    if (!fs::exists(site.layout.cluster / "postmaster.pid", ignored)) break;
    ::poll(nullptr, 0, 100);
  }
  return did_not("start", site);
}

/// Also the proof that it lets us in.
Result<void> create_database(const Layout& layout) try {
  pqxx::connection connection(conninfo_of(layout, "postgres", "postgres"));
  pqxx::nontransaction direct(connection);
  if (direct.exec("select 1 from pg_database where datname = 'nowd'").empty()) direct.exec("create database nowd");
  return {};
} catch (const std::exception& error) {
  return unavailable("the private Postgres in " + layout.directory.string() + " does not answer: " + error.what());
}

}  // namespace

Result<PrivatePostgres> PrivatePostgres::start(const Options& options) {
  auto layout = private_postgres::lay_out(options.directory);
  if (!layout) return layout.error();
  auto account = private_postgres::server_account(layout->cluster);
  if (!account) return account.error();
  auto lock = private_postgres::lock(*layout);
  if (!lock) return lock.error();
  auto binaries = private_postgres::find_binaries(*layout);
  if (!binaries) return binaries.error();
  if (auto access = private_postgres::give_access(*layout, *account); !access) return access.error();
  auto log = open_log(*layout);
  if (!log) return log.error();

  const Site site{*layout, *account, *binaries, options.durable};
  auto origin = Origin::started;
  if (!fs::exists(layout->cluster)) {
    if (auto created = create_cluster(site, log->get()); !created) return created.error();
    origin = Origin::created;
  }
  auto started = start_server(site, log->get());
  if (!started) return started.error();
  if (started->adopted) origin = Origin::adopted;
  PrivatePostgres server(
      std::make_unique<Running>(Running{std::move(*lock), *layout, *binaries, std::move(started->process), origin}));
  if (auto created = create_database(*layout); !created) return created.error();
  return server;
}

PrivatePostgres::PrivatePostgres(std::unique_ptr<Running> running) : running_(std::move(running)) {}
PrivatePostgres::PrivatePostgres(PrivatePostgres&&) noexcept = default;
PrivatePostgres::~PrivatePostgres() { stop(); }

PrivatePostgres& PrivatePostgres::operator=(PrivatePostgres&& other) noexcept {
  if (this != &other) stop();
  running_ = std::move(other.running_);
  return *this;
}

fs::path PrivatePostgres::default_directory() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/')
    return fs::path(state) / "nowd";
  const char* home = std::getenv("HOME");
  if (::geteuid() == 0 || home == nullptr) return "/var/lib/nowd-up";
  return fs::path(home) / ".local/state/nowd";
}

std::string PrivatePostgres::conninfo(std::string_view user, std::string_view database) const {
  return conninfo_of(running_->layout, user, database);
}

std::string PrivatePostgres::psql_command() const {
  // Debian's psql would otherwise look for a cluster of the system's, and take its port.
  return "psql -h " + running_->layout.socket.string() + " -p 5432 -U postgres nowd";
}

pid_t PrivatePostgres::pid() const { return running_->process.pid(); }
PrivatePostgres::Origin PrivatePostgres::origin() const { return running_->origin; }
const fs::path& PrivatePostgres::binaries() const { return running_->binaries; }

void PrivatePostgres::stop() noexcept {
  if (!running_ || !running_->lock) return;
  shut_down(running_->process);
  running_->lock = FileDescriptor();  // last: the next owner finds no server that is about to end
}

}  // namespace nowd
