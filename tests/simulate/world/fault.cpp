#include "simulate/world/fault.hpp"

#include <algorithm>
#include <sstream>
#include <tuple>

namespace nowd::sim {
namespace {

/// The moments around an effect come more often: they are rarer in the work of a daemon.
constexpr std::array points{
    Point::any,           Point::before_transaction, Point::after_commit, Point::after_transaction,
    Point::after_intent,  Point::after_intent,       Point::after_intent, Point::model,
    Point::before_effect, Point::before_effect,      Point::after_effect, Point::sink,
    Point::sink};
constexpr std::array steps{-600'000, -90'000, -20'000, -1'500, 1'500, 20'000, 90'000, 600'000};

/// How often each kind comes, among a hundred or so.
int weight_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::kill:
    case FaultKind::freeze:
      return 14;
    case FaultKind::away:
    case FaultKind::lost_before:
    case FaultKind::lost_after:
    case FaultKind::tools_wrong:
    case FaultKind::models_wrong:
    case FaultKind::sinks_deaf:
      return 6;
    case FaultKind::database_step:
    case FaultKind::remove_job:
      return 2;
    default:
      return 4;
  }
}

FaultKind kind_of(Dice& dice) {
  int total = 0;
  for (std::size_t k = 0; k < fault_words.size(); ++k) total += weight_of(static_cast<FaultKind>(k));
  auto left = dice.between(1, total);
  for (std::size_t k = 0;; ++k)
    if ((left -= weight_of(static_cast<FaultKind>(k))) <= 0) return static_cast<FaultKind>(k);
}

/// Around the limits that matter: the poll of 1 s, the 12 s of a beat, the 15 s of a death, the graces of jobs.
milliseconds length_of(int size, Dice& dice) {
  switch (size) {
    case 1:
      return dice.between(milliseconds{10}, seconds{3});
    case 2:
      return dice.between(seconds{3}, seconds{14});
    case 3:
      return dice.between(seconds{12}, seconds{25});
    default:
      return dice.between(seconds{25}, seconds{110});
  }
}

/// From one to `most`, each drawn by itself.
template <class T, class Draw>
std::vector<T> several(Dice& dice, int most, const Draw& draw) {
  std::vector<T> out;
  for (std::int64_t k = dice.between(1, most); k > 0; --k) out.push_back(draw());
  return out;
}

std::int64_t amount_of(FaultKind kind, Dice& dice) {
  if (kind == FaultKind::host_step) return dice.one_of(steps);
  if (kind == FaultKind::database_step) return dice.one_of(std::array{-45'000, -5'000, 5'000, 45'000});
  return dice.between(1, 4'000);
}

std::string in_seconds(milliseconds span) {
  std::ostringstream out;
  out << static_cast<double>(span.count()) / 1000 << " s";
  return out.str();
}

}  // namespace

std::string to_string(const Fault& fault) {
  return "#" + std::to_string(fault.number) + ' ' + std::string(to_string(fault.kind)) + " host " +
         std::to_string(fault.host) + " job " + std::to_string(fault.job) + " at " + in_seconds(fault.at) + ' ' +
         std::string(to_string(fault.point)) + " for " + in_seconds(fault.length) + " amount " +
         std::to_string(fault.amount);
}

std::vector<Fault> faults_of(std::uint64_t seed, int hosts, int jobs, milliseconds until) {
  Dice dice(seed, 2);
  // A few kinds and points for each seed: they meet more often than if every seed had all of them.
  const std::vector<FaultKind> kinds = several<FaultKind>(dice, 6, [&] { return kind_of(dice); });
  const std::vector<Point> places = several<Point>(dice, 3, [&] { return dice.one_of(points); });
  const std::vector<int> lengths = several<int>(dice, 3, [&] { return static_cast<int>(dice.between(1, 4)); });
  std::vector<Fault> out(static_cast<std::size_t>(dice.between(0, 18)));
  for (Fault& fault : out) {
    fault.kind = dice.one_of(kinds);
    fault.at = dice.between(milliseconds{0}, until - seconds{1});
    fault.length = std::min(length_of(dice.one_of(lengths), dice), until - fault.at);
    fault.host = static_cast<int>(dice.between(0, hosts - 1));
    fault.job = static_cast<int>(dice.between(0, jobs - 1));
    fault.point = dice.one_of(places);
    fault.amount = amount_of(fault.kind, dice);
  }
  std::sort(out.begin(), out.end(), [](const Fault& one, const Fault& other) {
    return std::tie(one.at, one.length) < std::tie(other.at, other.length);
  });
  for (std::size_t k = 0; k < out.size(); ++k) out[k].number = static_cast<int>(k) + 1;
  return out;
}

Result<std::vector<Fault>> chosen(const std::vector<Fault>& all, std::string_view numbers) {
  if (numbers == "all") return all;
  std::vector<Fault> out;
  std::stringstream list{std::string(numbers == "none" ? "" : numbers)};
  for (std::string word; std::getline(list, word, ',');) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Fault& fault) { return std::to_string(fault.number) == word; });
    if (found == all.end())
      return invalid("--faults: this seed has no fault '" + word + "'; it has " + numbers_of(all));
    out.push_back(*found);
  }
  return out;
}

std::string numbers_of(const std::vector<Fault>& faults) {
  std::string out;
  for (const Fault& fault : faults) out += (out.empty() ? "" : ",") + std::to_string(fault.number);
  return out.empty() ? "none" : out;
}

}  // namespace nowd::sim
