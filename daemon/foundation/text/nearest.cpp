#include "foundation/text/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "foundation/text/words.hpp"

namespace nowd {
namespace {

/// "time-zone", "timeZone" and "timezone" count as the same word.
std::string folded(std::string_view word) {
  std::string out;
  for (char c : word)
    if (c != '-' && c != '_' && c != ' ' && c != '.')
      out += (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// The candidate that begins with the word, if there is exactly one: "openai-chat" for "openai".
std::optional<std::string> completion(const std::string& word, const std::vector<std::string>& candidates) {
  constexpr std::size_t min_size = 3;
  std::optional<std::string> found;
  for (const std::string& candidate : candidates) {
    if (word.size() < min_size || !folded(candidate).starts_with(word)) continue;
    if (found) return std::nullopt;
    found = candidate;
  }
  return found;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::exchange(last, row);
  }
  return last[b.size()];
}

std::optional<std::string> nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  constexpr std::size_t max_size = 80;  // the cost is quadratic
  if (name.size() > max_size) return std::nullopt;
  const std::string word = folded(name);
  std::optional<std::string> best;
  std::size_t limit = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::string other = folded(candidate);
    const std::size_t apart = std::max(word.size(), other.size()) - std::min(word.size(), other.size());
    if (apart >= limit) continue;
    const std::size_t count = edit_distance(word, other);
    if (count >= limit || count >= word.size()) continue;  // nothing of the word would be left
    limit = count;
    best = candidate;
  }
  return best ? best : completion(word, candidates);
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  if (auto near = nearest_name(word, candidates)) return "; did you mean '" + *near + "'?";
  if (candidates.empty()) return "";
  return "; known " + std::string(candidates.size() == 1 ? "is " : "are ") + listed(candidates);
}

}  // namespace nowd
