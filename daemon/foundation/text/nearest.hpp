// "Did you mean …?": the known name that is most similar to an unknown one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nowd {

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). Costs length squared.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The most similar candidate; none if all differ in more than a third of the word.
std::optional<std::string> nearest_name(std::string_view word, const std::vector<std::string>& candidates);

/// The end of a message: "; did you mean 'prompt'?", otherwise "; known are a, b and c"; empty without candidates.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace nowd
