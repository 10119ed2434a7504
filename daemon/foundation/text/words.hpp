// Small operations on ASCII text that every module needs.
#pragma once

#include <string>
#include <string_view>

namespace nowd {

/// A to Z in lower case; every other byte as it is.
std::string lower(std::string_view text);

/// Without the blanks, tabs and line ends at both ends. The view is into `text`.
std::string_view trimmed(std::string_view text);

}  // namespace nowd
