// Durations: what people write in job files, and what they read in messages.
#include <array>

#include "foundation/text/digits.hpp"
#include "foundation/text/scan.hpp"
#include "foundation/time/time.hpp"

namespace nowd {
namespace {

struct Unit {
  std::string_view name;
  milliseconds size;
};
// Largest first, the order that a sum must keep.
constexpr std::array<Unit, 6> units{
    {{"w", days{7}}, {"d", days{1}}, {"h", hours{1}}, {"m", minutes{1}}, {"s", seconds{1}}, {"ms", milliseconds{1}}}};
constexpr milliseconds longest = std::chrono::years{10};

Error not_a_duration(std::string_view text, std::string_view why) {
  return invalid("duration '" + std::string(text) + "' " + std::string(why));
}

std::size_t unit_index(std::string_view name) {
  std::size_t index = 0;
  while (index < units.size() && units[index].name != name) ++index;
  return index;
}

}  // namespace

Result<milliseconds> parse_duration(std::string_view text) {
  constexpr std::string_view remedy = "is not one: write 90s, 5m, 2h, 1d, 250ms or a sum such as 1h30m";
  Scanner in(text);
  milliseconds sum{0};
  std::size_t next_unit = 0;
  do {
    const std::string_view digits = in.take_while(is_digit);
    const std::size_t unit = unit_index(in.take_while(is_letter));
    if (digits.empty() || unit == units.size()) return not_a_duration(text, remedy);
    if (unit < next_unit) return not_a_duration(text, "must name each unit once, the largest first (1h30m)");
    // The length check comes first: it keeps the product far from overflow.
    if (digits.size() > 12) return not_a_duration(text, "is longer than 10 years");
    const std::int64_t count = std::stoll(std::string(digits));
    if (count > longest / units[unit].size) return not_a_duration(text, "is longer than 10 years");
    sum += count * units[unit].size;
    next_unit = unit + 1;
  } while (!in.done());
  if (sum > longest) return not_a_duration(text, "is longer than 10 years");
  return sum;
}

std::string human(nanoseconds duration) {
  // The shortest duration has no positive counterpart.
  if (duration == nanoseconds::min()) duration += nanoseconds{1};
  if (duration < nanoseconds{0}) return "-" + human(-duration);
  if (duration < milliseconds{1}) return "0 s";
  if (duration < milliseconds{100}) return std::to_string(duration / milliseconds{1}) + " ms";
  if (duration < seconds{1}) return "0." + std::to_string(duration / milliseconds{100}) + " s";
  if (duration < minutes{1}) return std::to_string(duration / seconds{1}) + " s";
  const auto pair = [&](auto large, std::string_view name, auto small, std::size_t width, std::string_view last) {
    std::string out = std::to_string(duration / large);
    out += name;
    append_padded(out, (duration % large) / small, width);
    out += last;
    return out;
  };
  if (duration < hours{1}) return pair(minutes{1}, "m", seconds{1}, 2, "s");
  if (duration < days{1}) return pair(hours{1}, "h", minutes{1}, 2, "m");
  return pair(days{1}, "d ", hours{1}, 1, "h");
}

std::string compact(seconds duration) {
  if (duration < seconds{0}) return "-" + compact(-duration);
  std::string out;
  if (duration >= hours{1}) out += std::to_string(duration / hours{1}) + "h";
  if (duration >= minutes{1}) {
    append_padded(out, duration % hours{1} / minutes{1}, out.empty() ? 1 : 2);
    out += 'm';
  }
  append_padded(out, (duration % minutes{1}).count(), out.empty() ? 1 : 2);
  out += 's';
  return out;
}

}  // namespace nowd
