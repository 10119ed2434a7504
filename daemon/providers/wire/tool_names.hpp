// Tool names on the wire: APIs allow [a-zA-Z0-9_-]{1,64}, nowd's names may hold dots and more.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "domain/model/conversation.hpp"

namespace nowd {

/// A two-way map for one request. Promises: no two tools share a wire name; a name that the API allows goes out
/// unchanged; the same offers in the same order give the same names, so prompt caches stay valid.
/// Calls in the history to tools that are no longer offered are named too.
class ToolNames {
 public:
  explicit ToolNames(const ModelRequest& request);

  const std::string& to_wire(const std::string& tool) const;
  /// A name that was not offered is given back as it is: the caller refuses it by that name.
  const std::string& from_wire(const std::string& wire) const;

 private:
  void add(const std::string& tool);

  std::map<std::string, std::string> wire_;
  std::map<std::string, std::string> tool_;
};

}  // namespace nowd
