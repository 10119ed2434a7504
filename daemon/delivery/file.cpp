#include "delivery/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "delivery/delivery.hpp"
#include "delivery/webhook/webhook.hpp"
#include "domain/delivery/outbox.hpp"
#include "foundation/fd.hpp"

namespace nowd {
namespace {

using What = SendOutcome::What;

/// An errno with its path and action, for people.
struct Fault {
  std::string path;
  std::string act;
  int code = 0;
  std::string str() const {
    return path + ": cannot be " + act + ": " + std::error_code(code, std::generic_category()).message();
  }
};
using Step = std::optional<Fault>;

Step fault(const std::string& path, const std::string& act) { return Fault{path, act, errno}; }

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

bool is_folder(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

Step sync_folder(const std::string& path) {
  const FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return fault(path, "synced");
  return std::nullopt;
}

/// All readers of the files may enter the folder.
mode_t folder_mode(mode_t file_mode) { return file_mode | (file_mode & 0444) >> 2; }

Step make_folder(const std::string& path, mode_t mode) {
  if (is_folder(path)) return std::nullopt;
  if (auto above = make_folder(folder_of(path), mode)) return above;
  const bool made = ::mkdir(path.c_str(), mode) == 0;
  if (!made && errno != EEXIST) return fault(path, "made");
  if (made && ::chmod(path.c_str(), mode) != 0) return fault(path, "made");  // undoes the umask
  return sync_folder(folder_of(path));
}

Step write_all(int file, mode_t mode, const std::string& path, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fault(path, "written");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fchmod(file, mode) != 0 || ::fsync(file) != 0) return fault(path, "written");
  return std::nullopt;
}

/// The message's key is in the name, so that the next attempt replaces the rest of a crashed one.
std::string temporary_name(const std::string& path, const Delivery& delivery) {
  return folder_of(path) + "/." + (delivery.key.empty() ? std::to_string(delivery.delivery) : delivery.key) + ".nowd";
}

Step replace_file(const std::string& path, mode_t mode, const Delivery& delivery) {
  if (auto missing = make_folder(folder_of(path), folder_mode(mode))) return missing;
  const std::string draft = temporary_name(path, delivery);
  const FileDescriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode));
  if (file.get() < 0) return fault(draft, "made");
  Step step = write_all(file.get(), mode, draft, delivery.text);
  if (!step && ::rename(draft.c_str(), path.c_str()) != 0) step = fault(path, "replaced");
  if (step) ::unlink(draft.c_str());
  return step ? step : sync_folder(folder_of(path));
}

bool may_name_a_file(std::string_view value) {
  return !value.empty() && value.find('/') == value.npos && value.find('\0') == value.npos &&
         value.find("..") == value.npos;
}

/// The folder part of the path before the first {{token}}.
std::string fixed_folder(const std::string& path) { return folder_of(path.substr(0, path.find("{{"))); }

}  // namespace

Result<std::string> file_path(const FileSink& sink, const Delivery& delivery, Now now) {
  std::optional<std::string> bad;
  auto path = render(sink.path, message_values(delivery, now), [&](std::string_view value) {
    if (!may_name_a_file(value)) bad = value;
    return std::string(value);
  });
  if (!path) return Error{path.error().kind, "path: " + path.error().message};
  if (bad)
    return refused("path " + sink.path + ": the value '" + bad->substr(0, 80) + "' cannot stand in a file's name");
  return path;
}

SendOutcome write_file(const std::string& path, unsigned mode, const Delivery& delivery, const Clock& clock) {
  SendOutcome out;
  out.started = clock.read();
  const Step step = replace_file(path, mode, delivery);
  out.ended = clock.read();
  out.what = step ? What::again : What::delivered;
  out.detail = step ? step->str() : path;
  return out;
}

Result<std::string> probe_file(const FileSink& sink) {
  const std::string wanted = fixed_folder(sink.path);
  std::string folder = wanted;
  while (!exists(folder) && folder != "/") folder = folder_of(folder);
  std::string trial = folder + "/.nowd-probe-XXXXXX";  // a real file, because the disk may be read-only
  const FileDescriptor file(::mkostemp(trial.data(), O_CLOEXEC));
  if (file.get() < 0)
    return unavailable(Fault{folder, "written to", errno}.str() + "; give the daemon's user the right to");
  ::unlink(trial.c_str());
  return folder == wanted ? folder + " can be written to" : wanted + " will be made: " + folder + " can be written to";
}

}  // namespace nowd
