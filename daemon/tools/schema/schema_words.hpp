// Why arguments do not fit their schema, in words that a model can act on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "foundation/json.hpp"

namespace nowd {

/// Explains one failure. `path` leads from the arguments to the value that failed: member names and array indices.
/// `said` is the library's own sentence, used where the schema at that place says nothing plainer.
std::string explain_failure(const Json& schema, const Json& arguments, const std::vector<std::string>& path,
                            std::string_view said);

}  // namespace nowd
