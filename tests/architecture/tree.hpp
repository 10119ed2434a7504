// The files of this repository, as the tests of the architecture read them.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace nowd::architecture {

/// The root of the source tree.
std::filesystem::path root();

std::string read_file(const std::filesystem::path& path);

/// The files below `folder` whose names end in one of `extensions`, in the order of their paths. Test data and build
/// folders are left out.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder,
                                               std::initializer_list<std::string_view> extensions);

/// The matches of `pattern` (ECMAScript) in `text`: the first group of each.
std::vector<std::string> matches_in(const std::string& text, const std::string& pattern);

/// Words and how many of them are among the counted ones.
struct WordCount {
  std::size_t words = 0;
  std::size_t counted = 0;

  double per_thousand() const {
    return words == 0 ? 0 : 1000 * static_cast<double>(counted) / static_cast<double>(words);
  }
};

/// Counts what, who, whose, whom, nobody, somebody, tell, tells and told in a comment, in any case.
WordCount count_vague_words(std::string_view comment);

}  // namespace nowd::architecture
