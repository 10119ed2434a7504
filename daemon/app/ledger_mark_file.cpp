#include "app/ledger_mark_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "foundation/log.hpp"

namespace nowd {
namespace {

constexpr std::size_t uuid_length = 36;

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
