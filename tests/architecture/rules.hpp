// The rules of the house about the files of daemon/, as pure functions from the text of one file to its breaches.
#pragma once

#include <map>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace nowd::architecture {

using Names = std::set<std::string, std::less<>>;
/// For each module the modules that its files may include, besides its own.
using Arrows = std::map<std::string, Names, std::less<>>;

struct Breach {
  std::string file;      ///< below daemon/, such as "net/sse.cpp"
  std::size_t line = 0;  ///< from 1
  std::string what;

  bool operator==(const Breach&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Breach& breach);

/// The words after ARROWS in a call of nowd_module(); `cmake` is the text of a CMakeLists.txt. Empty without ARROWS.
Names read_arrows(std::string_view cmake);

/// `file` is the path below daemon/. Comments are not read. A module without an entry in `arrows` is itself a breach.
std::vector<Breach> breaches(const Arrows& arrows, std::string_view file, std::string_view text);

/// The modules that a text includes, perhaps its own among them.
Names included_modules(std::string_view text);

/// The text of the comment that begins in this line, without its mark: "// a" gives " a". Empty if there is none.
/// `mark` is "//", or "--" in SQL. A mark inside a literal begins no comment.
std::string_view comment_of(std::string_view line, std::string_view mark = "//");

std::vector<std::string> lines_of(std::string_view text);

}  // namespace nowd::architecture
