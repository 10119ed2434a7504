#include "app/state_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "foundation/log.hpp"

namespace nowd {
namespace {

constexpr std::size_t uuid_length = 36;

}  // namespace

Result<StateLock> StateLock::take(const std::string& directory) {
  std::error_code failed;
  if (std::filesystem::create_directories(directory, failed))
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, failed);
  const std::string path = directory + "/node.lock";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return invalid("state " + directory + ": " + std::strerror(errno) + "; set `state` to a directory nowd may write");
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    close(fd);
    return refused("state " + directory + ": another nowd uses it; stop that one or set another `state`");
  }
  char text[uuid_length];
  const bool named = pread(fd, text, uuid_length, 0) == static_cast<ssize_t>(uuid_length);
  return StateLock(fd, named ? std::optional(Uuid(text, uuid_length)) : std::nullopt);
}

StateLock::StateLock(StateLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), predecessor_(std::move(other.predecessor_)) {}

StateLock::~StateLock() {
  if (fd_ >= 0) close(fd_);
}

void StateLock::name(const Uuid& node) {
  // In place, over the name before: that needs no space where the disk is full.
  const bool written = pwrite(fd_, node.data(), node.size(), 0) == static_cast<ssize_t>(node.size()) &&
                       ftruncate(fd_, static_cast<off_t>(node.size())) == 0;
  if (!written || fsync(fd_) != 0)
    log::warning(std::string("state: the node could not be noted, a restart will take 15 s to recover: ") +
                 std::strerror(errno));
}

namespace {

std::string path_in(const std::string& directory) { return directory + "/ledger.mark"; }

}  // namespace

std::optional<LedgerMark> read_ledger_mark(const std::string& directory) {
  std::ifstream file(path_in(directory));
  if (!file) return std::nullopt;
  LedgerMark mark;
  if (file >> mark.ledger >> mark.mark && mark.ledger.size() == uuid_length && mark.mark >= 0) return mark;
  log::warning("state: " + path_in(directory) +
               " is damaged and not used: a backup of the ledger restored just now would not be noticed");
  return std::nullopt;
}

bool write_ledger_mark(const std::string& directory, const LedgerMark& mark, bool worked) {
  const std::string path = path_in(directory), fresh = path + ".new";
  std::ofstream file(fresh, std::ios::trunc);
  file << mark.ledger << ' ' << mark.mark << '\n';
  file.close();
  const bool written = file && std::rename(fresh.c_str(), path.c_str()) == 0;
  if (!written && worked)
    log::warning("state: " + path + " cannot be written (" + std::strerror(errno) +
                 "), trying again: meanwhile a restored backup of the ledger may not be noticed");
  if (written && !worked) log::info("state: " + path + " can be written again");
  return written;
}

}  // namespace nowd
