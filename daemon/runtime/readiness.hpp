// Whether this daemon serves its jobs at this moment, and what is said where it does not. Pure.
#pragma once

#include <optional>
#include <string>

#include "foundation/time/time.hpp"
#include "ledger/records.hpp"

namespace nowd {

/// Others declare a daemon dead whose beat has not changed for so long.
inline constexpr seconds oldest_sign_of_life{15};

struct Standing {
  bool ledger_reachable = false;
  bool serving = false;
  nanoseconds beat_age{0};             ///< since the last commit was begun that the ledger confirmed
  std::string statement;               ///< that the database has not answered yet; empty = none
  std::string lock;                    ///< of another session, that keeps claims or sweeps waiting; empty = none
  std::optional<Held> held;            ///< a clock or the ledger cannot be trusted
  std::optional<std::string> refused;  ///< claims or plans that the ledger refused again and again
};

/// The reason, for /readyz; nothing = it serves.
std::optional<std::string> why_not_ready(const Standing& standing);

/// Says once that the ledger has confirmed nothing for too long, and once that it does again. A database that is not
/// reachable is reported where it is lost.
class SilenceWatch {
 public:
  /// Looks at the standing, about every 2 s; gives the line for the log, if there is news.
  std::optional<std::string> look(const Standing& standing);

 private:
  int silent_looks_ = 0;
  nanoseconds longest_{0};
};

}  // namespace nowd
