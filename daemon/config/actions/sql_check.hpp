// A query's tokens where a database cannot take them for parameters.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nowd {

/// A token, where it begins, and what it stands in.
struct MisplacedToken {
  std::size_t at = 0;
  std::string fault;
};

/// Tokens become $1, $2 …, which in quotes or comments are text: each of these is named, with the remedy. Reads SQL as
/// Postgres does with standard_conforming_strings on.
std::vector<MisplacedToken> misplaced_tokens(std::string_view query);

}  // namespace nowd
