// The one source of chance of a simulation: a seeded generator whose numbers are the same on every host.
#pragma once

#include <cstdint>

#include "foundation/time/time.hpp"

namespace nowd::sim {

/// splitmix64.
class Dice {
 public:
  explicit Dice(std::uint64_t seed = 0) : state_(seed) { scramble(); }
  /// Numbers of their own for one part of a world: the draws of other parts change nothing here.
  Dice(std::uint64_t seed, std::uint64_t part) : Dice(seed) {
    state_ ^= part;
    scramble();
  }

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  /// From `low` to `high`, both included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  milliseconds between(milliseconds low, milliseconds high) { return milliseconds{between(low.count(), high.count())}; }
  /// True in `percent` of a hundred cases.
  bool chance(int percent) { return between(1, 100) <= percent; }
  template <class List>
  const auto& one_of(const List& list) {
    return list[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(list.size()) - 1))];
  }

 private:
  /// Neighbouring seeds of this generator would give one sequence, shifted.
  void scramble() { state_ = next() ^ 0xA5A5A5A5DEADBEEFu; }

  std::uint64_t state_;
};

}  // namespace nowd::sim
