#include "architecture/tree.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "support/places.hpp"

namespace nowd::architecture {
namespace fs = std::filesystem;

fs::path root() { return fs::canonical(nowd::test_data("../..")); }

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> files_below(const fs::path& folder, std::initializer_list<std::string_view> extensions) {
  std::vector<fs::path> found;
  for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::recursive_directory_iterator(); ++entry) {
    const fs::path& path = entry->path();
    if (entry->is_directory() && (path == root() / "tests/data" || path == root() / "build" || path == root() / ".git"))
      entry.disable_recursion_pending();
    if (std::ranges::find(extensions, path.extension().string()) != extensions.end()) found.push_back(path);
  }
  std::ranges::sort(found);
  return found;
}

std::vector<std::string> matches_in(const std::string& text, const std::string& pattern) {
  const std::regex compiled(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), compiled), end; match != end; ++match)
    found.push_back((*match)[1]);
  return found;
}

WordCount count_vague_words(std::string_view comment) {
  static const std::set<std::string, std::less<>> vague = {"what",     "who",  "whose", "whom", "nobody",
                                                           "somebody", "tell", "tells", "told"};
  WordCount count;
  std::string word;
  const auto finish = [&] {
    if (word.empty()) return;
    ++count.words;
    if (vague.contains(word.substr(0, word.find('\'')))) ++count.counted;
    word.clear();
  };
  for (const char c : comment) {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '\'')
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else
      finish();
  }
  finish();
  return count;
}

}  // namespace nowd::architecture
