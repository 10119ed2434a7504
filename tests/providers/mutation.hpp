// Damage done to a recorded answer: to its bytes, to its events, and to its JSON.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace nowd::test {

using Random = std::mt19937;
/// From 0 to limit - 1; 0 for an empty range.
std::size_t below(Random& random, std::size_t limit);

/// One mutation. `other` is a second recording, to be spliced in; `terminal` is what the stream's end must hold, and
/// may be taken away.
void mutate(std::string& bytes, std::string_view other, std::string_view terminal, Random& random);

/// Places to cut `size` bytes at, in order: none, some, or every one.
std::vector<std::size_t> any_cuts(std::size_t size, Random& random);

}  // namespace nowd::test
