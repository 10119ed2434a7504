#include "config/daemon/secret_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <tuple>

#include "foundation/fd.hpp"

namespace nowd {
namespace {

/// Identifies one content of a file. The change time too: a modification time can be set back.
using Version = std::tuple<dev_t, ino_t, off_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t>;

Version version_of(const struct stat& info) {
  return {info.st_dev,          info.st_ino,         info.st_size,        info.st_mtim.tv_sec,
          info.st_mtim.tv_nsec, info.st_ctim.tv_sec, info.st_ctim.tv_nsec};
}

std::optional<std::string> read_all(int fd) {
  std::string text(max_secret + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(fd, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  return text;
}

void drop_line_break(std::string& text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
}

class SecretStore {
 public:
  explicit SecretStore(std::string credentials_directory) : credentials_directory_(std::move(credentials_directory)) {}

  Result<Secret> read(const SecretSource& source) {
    switch (source.kind) {
      case SecretSource::Kind::none:
        return Secret{};
      case SecretSource::Kind::credential:
        return credential(source.name);
      case SecretSource::Kind::file:
        return file(source.name, "file " + source.name);
      case SecretSource::Kind::env:
        return variable(source.name);
    }
    return Secret{};
  }

 private:
  Result<Secret> credential(const std::string& name) {
    if (name.empty() || name.find('/') != std::string::npos || name.starts_with('.'))
      return invalid("'" + name + "' is not the name of a credential");
    if (credentials_directory_.empty())
      return invalid(
          "credential '" + name +
          "': $CREDENTIALS_DIRECTORY is not set, so systemd gave this process no credentials; add LoadCredential=" +
          name + ":/etc/nowd/" + name + " to the unit, or use {file: …} or {env: …}");
    return file(credentials_directory_ + "/" + name,
                "credential '" + name + "' (LoadCredential=" + name + ":… in the unit)");
  }

  static Result<Secret> variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return invalid("environment variable " + name + " is not set; set it for the daemon");
    if (*value == '\0') return invalid("environment variable " + name + " is empty; set it for the daemon");
    if (std::strlen(value) > max_secret) return invalid("environment variable " + name + " is longer than 64 KiB");
    return Secret(value);
  }

  Result<Secret> file(const std::string& path, const std::string& thing) {
    const FileDescriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!opened)
      return unavailable(thing + " cannot be opened: " + std::strerror(errno) + "; check path and permissions");
    struct stat info{};
    if (::fstat(opened.get(), &info) != 0) return unavailable(thing + " cannot be read: " + std::strerror(errno));
    if (!S_ISREG(info.st_mode)) return invalid(thing + " is not a regular file; name the file that holds the secret");
    const auto kept = kept_.find(path);
    if (kept != kept_.end() && kept->second.version == version_of(info)) return kept->second.secret;
    return fresh(path, thing, opened.get(), version_of(info));
  }

  Result<Secret> fresh(const std::string& path, const std::string& thing, int fd, const Version& version) {
    kept_.erase(path);
    auto text = read_all(fd);
    if (!text) return unavailable(thing + " cannot be read: " + std::strerror(errno));
    if (text->size() > max_secret) return invalid(thing + " is larger than 64 KiB; is this the right file?");
    drop_line_break(*text);
    if (text->empty()) return unavailable(thing + " is empty; write the secret into it");
    return kept_.emplace(path, Kept{version, Secret(std::move(*text))}).first->second.secret;
  }

  struct Kept {
    Version version;
    Secret secret;
  };
  std::string credentials_directory_;
  std::map<std::string, Kept> kept_;
};

}  // namespace

std::function<Result<Secret>(const SecretSource&)> make_secret_reader(std::string credentials_directory) {
  auto store = std::make_shared<SecretStore>(std::move(credentials_directory));
  return [store](const SecretSource& source) { return store->read(source); };
}

std::function<Result<Secret>(const SecretSource&)> make_secret_reader() {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  return make_secret_reader(directory ? directory : "");
}

}  // namespace nowd
