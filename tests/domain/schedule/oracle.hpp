// An independent answer to "when does this fire?": every slot of every day is tried one by one, against offsets that
// the C library gives. Slow, obvious, and sharing no code with the walk that it judges.
#pragma once

#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "domain/schedule/schedule.hpp"

namespace nowd::oracle {

using Date = std::chrono::year_month_day;
using Random = std::mt19937_64;

/// A stretch of constant offset [begin, end).
struct Piece {
  Instant begin, end;
  seconds offset{};
};

/// The C library's zone for as long as this lives.
class LibcZone {
 public:
  explicit LibcZone(const std::string& name);
  ~LibcZone();
  LibcZone(const LibcZone&) = delete;
  LibcZone& operator=(const LibcZone&) = delete;

  seconds offset(Instant at) const;
  std::vector<Piece> pieces(Instant begin, Instant end) const;
  /// The first change of offset within 370 days: where it begins, with the offset before it.
  std::optional<Piece> change_after(Instant from) const;

 private:
  std::optional<std::string> outer_;
};

/// A cron expression as sets, beside the text that says the same.
struct Expression {
  std::string text;
  std::set<int> seconds, minutes, hours, months;
  std::function<bool(Date)> day_of_month, day_of_week;
  bool day_of_month_open = false, day_of_week_open = false;

  bool matches(Date date, DayMatch match) const;
};

/// Most of the expressions are busy around the given hour.
Expression random_expression(Random& random, int hour);

/// All occurrences in (after, until]. Requires: `pieces` reach four days further on both sides.
std::vector<Occurrence> enumerate(const Expression& expression, const Schedule& policies,
                                  const std::vector<Piece>& pieces, Instant after, Instant until);

}  // namespace nowd::oracle
