#include "postgres/private_postgres_layout.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include "foundation/random.hpp"

namespace nowd::private_postgres {
namespace fs = std::filesystem;
namespace {

// sockaddr_un.sun_path holds 108 bytes with the NUL; the server appends "/.s.PGSQL.5432".
constexpr std::size_t max_socket_directory = 107 - std::string_view("/.s.PGSQL.5432").size();

bool fits_a_socket(const std::string& path) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+";
  return path.size() <= max_socket_directory && path.find_first_not_of(plain) == std::string::npos;
}

fs::path socket_directory(const fs::path& directory) {
  const auto inside = directory / "socket";
  if (fits_a_socket(inside.string())) return inside;
  // Root's runtime directory is closed to the server's account; /tmp is open to all, and make_private() checks owners.
  const char* runtime = ::geteuid() != 0 ? std::getenv("XDG_RUNTIME_DIR") : nullptr;
  const auto name = "nowd-" + sha256_hex(directory.string()).substr(0, 16);
  if (runtime != nullptr && fits_a_socket(fs::path(runtime) / name)) return fs::path(runtime) / name;
  return fs::path("/tmp") / name;
}

/// Creates what is missing of `path`, whatever the umask: 0700, but as root 0711, since the server's account must pass.
Result<void> make_passable(const fs::path& path) {
  fs::path prefix;
  for (const auto& part : path) {
    prefix /= part;
    if (::mkdir(prefix.c_str(), 0700) == 0) {
      if (::geteuid() == 0) ::chmod(prefix.c_str(), 0711);
      continue;
    }
    const int why = errno;
    if (std::error_code error; !fs::is_directory(prefix, error))
      return unavailable("cannot create " + prefix.string() + ": " + std::strerror(why));
  }
  return {};
}

/// A directory that only `account` may enter, also in a parent where any account could have made it before us.
Result<void> make_private(const fs::path& path, const Account& account) {
  const auto fail = [&](const std::string& why) { return unavailable("cannot use " + path.string() + ": " + why); };
  const bool made = ::mkdir(path.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return fail(std::strerror(errno));
  const FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status{};
  if (!directory || ::fstat(directory.get(), &status) != 0) return fail(std::strerror(errno));
  if (!made && status.st_uid != account.uid && status.st_uid != ::geteuid())
    return refused(path.string() + " belongs to uid " + std::to_string(status.st_uid) + ", not to " + account.name +
                   ": remove it");
  if (account.other && ::fchown(directory.get(), account.uid, account.gid) != 0) return fail(std::strerror(errno));
  if (::fchmod(directory.get(), 0700) != 0) return fail(std::strerror(errno));
  return {};
}

/// Whether we may open the directory to the server: we made it, or it contains no file of another account.
bool is_ours(const Layout& layout) {
  std::error_code error;
  if (fs::exists(layout.cluster, error)) return true;
  return std::all_of(fs::directory_iterator(layout.directory, error), fs::directory_iterator{}, [](const auto& entry) {
    const auto name = entry.path().filename().string();
    return name == "lock" || name == "socket" || name.starts_with("postgres.");
  });
}

std::string first_line(const fs::path& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

bool has_server(const fs::path& binaries) {
  return ::access((binaries / "postgres").c_str(), X_OK) == 0 && ::access((binaries / "initdb").c_str(), X_OK) == 0;
}

struct Installed {
  std::string version;
  fs::path binaries;
};

/// "postgres (PostgreSQL) 15.13 (Debian …)"
std::string ask_version(const fs::path& binaries) {
  std::array<char, 128> text{};
  FILE* pipe = ::popen(("'" + (binaries / "postgres").string() + "' --version").c_str(), "re");
  if (pipe == nullptr) return {};
  const bool read = std::fgets(text.data(), text.size(), pipe) != nullptr;
  ::pclose(pipe);
  const std::string line = read ? text.data() : "";
  const auto digits = line.find_first_of("0123456789");
  return digits == std::string::npos ? "" : line.substr(digits, line.find_first_not_of("0123456789", digits) - digits);
}

/// Newest first, below Debian's directory; then the one in PATH.
std::vector<Installed> installed_servers() {
  std::vector<Installed> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error))
    if (has_server(entry.path() / "bin")) found.push_back({entry.path().filename(), entry.path() / "bin"});
  std::sort(found.begin(), found.end(), [](const Installed& a, const Installed& b) {
    return std::atoi(a.version.c_str()) > std::atoi(b.version.c_str());
  });
  const char* path = std::getenv("PATH");
  std::istringstream directories(path != nullptr ? path : "");
  for (std::string directory; std::getline(directories, directory, ':');) {
    // Resolved, since the programs look for their files beside themselves.
    const auto real = fs::canonical(fs::path(directory) / "postgres", error).parent_path();
    if (!error && has_server(real)) found.push_back({ask_version(real), real});
  }
  return found;
}

}  // namespace

Result<Layout> lay_out(const fs::path& directory) {
  std::error_code error;
  const auto absolute = fs::absolute(directory, error);
  if (auto made = make_passable(absolute); !made) return made.error();
  const auto real = fs::canonical(absolute, error);
  if (error) return unavailable("cannot open " + directory.string() + ": " + error.message());
  return Layout{real, real / "postgres", real / "postgres.log", socket_directory(real)};
}

Result<FileDescriptor> lock(const Layout& layout) {
  const auto path = layout.directory / "lock";
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return unavailable("cannot open " + path.string() + ": " + std::strerror(errno));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    const auto owner = first_line(path);
    return refused(layout.directory.string() + " is in use by another nowd" +
                   (owner.empty() ? "" : " (pid " + owner + ")") +
                   ": stop that one, or choose another directory with --dir");
  }
  const auto pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file.get(), 0) != 0 || ::pwrite(file.get(), pid.data(), pid.size(), 0) < 0)
    return unavailable("cannot write " + path.string() + ": " + std::strerror(errno));
  return file;
}

Result<void> give_access(const Layout& layout, const Account& account) {
  auto closed = closed_to(account, layout.directory);
  if (closed && *closed == layout.directory && account.other && is_ours(layout)) {
    // Search permission for the account's group: the narrowest door, and `mktemp -d` as root just works.
    if (::chown(layout.directory.c_str(), static_cast<uid_t>(-1), account.gid) == 0 &&
        ::chmod(layout.directory.c_str(), 0710) == 0)
      closed = closed_to(account, layout.directory);
  }
  if (closed)
    return refused("user " + account.name + " runs the private Postgres and may not enter " + closed->string() +
                   ": choose another directory (--dir /var/lib/nowd-up), or chmod o+x " + closed->string());
  return make_private(layout.socket, account);
}

Result<fs::path> find_binaries(const Layout& layout) {
  const auto servers = installed_servers();
  if (servers.empty())
    return unavailable("no Postgres server below /usr/lib/postgresql or in PATH: apt-get install postgresql");
  const auto version = first_line(layout.cluster / "PG_VERSION");
  if (version.empty()) return servers.front().binaries;
  for (const auto& server : servers)
    if (server.version == version) return server.binaries;
  return refused(layout.cluster.string() + " was made by Postgres " + version + ", installed is " +
                 servers.front().version + ": apt-get install postgresql-" + version +
                 ", or choose another directory with --dir");
}

}  // namespace nowd::private_postgres
