// Tool names on the wire: APIs allow [a-zA-Z0-9_-]{1,64}, nowd's names may hold dots and more.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "domain/model/messages.hpp"

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

// Ids of calls on the wire. Each API has bounds for them, and the ones that another server gave may not fit.

/// What an API takes as the id of a call.
struct IdRule {
  std::size_t longest = 64;
  std::string_view beside_letters_and_digits = "_-";  ///< the other characters that it allows
};

/// The ids of one request. Promises: an id that the API takes goes out unchanged, unless an earlier turn has it already
/// (some servers begin anew with each turn); any other becomes one that every API takes, the same each time. A result
/// has the id of its call.
class CallIds {
 public:
  /// Requires: the request outlives this.
  CallIds(const ModelRequest& request, const IdRule& rule);

  const std::string& of(const ProposedCall& call) const { return renamed(&call, call.id); }
  /// Of the call that a tool's message answers.
  const std::string& of(const Message& result) const { return renamed(&result, result.call_id); }

 private:
  const std::string& renamed(const void* whose, const std::string& id) const;

  std::map<const void*, std::string> renamed_;  ///< only those that are not what they were
};

}  // namespace nowd
