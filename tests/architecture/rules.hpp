// The house's rules about who may include whom, as a pure function from one file's text to the breaches in it.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace nowd::architecture {

struct Breach {
  std::string file;      ///< below daemon/, such as "net/sse.cpp"
  std::size_t line = 0;  ///< from 1
  std::string what;

  bool operator==(const Breach&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Breach& breach);

/// `file` is the path below daemon/. Comments are not looked at.
std::vector<Breach> breaches(std::string_view file, std::string_view text);

/// The modules that have rules; a directory of daemon/ that is not among them is itself a breach.
std::vector<std::string> modules();

}  // namespace nowd::architecture
