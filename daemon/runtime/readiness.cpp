#include "runtime/readiness.hpp"

#include <algorithm>

namespace nowd {
namespace {

/// One look may come right after a suspend, before the first beat.
constexpr int looks_until_told = 2;

std::string in_seconds(nanoseconds span) {
  return std::to_string(std::chrono::duration_cast<seconds>(span).count()) + " s";
}

std::string silence(const Standing& standing) {
  const std::string waits =
      standing.statement.empty() ? "other sessions hold locks" : "it waits in statement " + standing.statement;
  return "the database has confirmed nothing for " + in_seconds(standing.beat_age) + " (" + waits + ")";
}

}  // namespace

std::optional<std::string> why_not_ready(const Standing& standing) {
  if (!standing.ledger_reachable) return "the database is not reachable";
  if (!standing.serving) return "starting or stopping";
  if (standing.beat_age > oldest_sign_of_life) return silence(standing);
  if (!standing.lock.empty()) return standing.lock;
  if (standing.held) return "held: " + sentence(*standing.held);
  return standing.refused;
}

std::optional<std::string> SilenceWatch::look(const Standing& standing) {
  if (standing.serving && standing.ledger_reachable && standing.beat_age > oldest_sign_of_life) {
    longest_ = std::max(longest_, standing.beat_age);
    if (++silent_looks_ != looks_until_told) return std::nullopt;
    return silence(standing) + ": no run starts or ends until it does; sessions that are in the way: " +
           "pg_stat_activity, pg_blocking_pids";
  }
  const bool told = silent_looks_ >= looks_until_told;
  silent_looks_ = 0;
  const nanoseconds longest = std::exchange(longest_, nanoseconds{0});
  if (!told || !standing.ledger_reachable) return std::nullopt;
  return "the database confirms transactions again, after " + in_seconds(longest);
}

}  // namespace nowd
