// Names of tools and ids of calls on the wire. APIs allow names of [a-zA-Z0-9_-]{1,64}; nowd's may contain dots and
// more.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "domain/model/messages.hpp"

namespace nowd {

/// A two-way map for one request. Promises: no two tools share a wire name; a name that the API allows stays unchanged;
/// the same offers in the same order produce the same names, so that prompt caches stay valid.
/// Includes tools that are no longer offered, if the history has calls to them.
class ToolNames {
 public:
  explicit ToolNames(const ModelRequest& request);

  const std::string& to_wire(const std::string& tool) const;
  /// Returns an unknown name unchanged: the caller refuses it by that name.
  const std::string& from_wire(const std::string& wire) const;

 private:
  void add(const std::string& tool);

  std::map<std::string, std::string> wire_;
  std::map<std::string, std::string> tool_;
};

/// The ids of calls that an API accepts. An id from another server may not conform.
struct IdRule {
  std::size_t max_size = 64;
  std::string_view beside_letters_and_digits = "_-";  ///< further allowed characters
};

/// The call ids of one request. Promises: an id that the API accepts stays unchanged, unless an earlier turn has used
/// it (some servers number the calls of each turn from the start); any other id becomes one that every API accepts, the
/// same in each request. A result has the id of its call.
class CallIds {
 public:
  /// Requires: the request outlives this.
  CallIds(const ModelRequest& request, const IdRule& rule);

  const std::string& of(const ProposedCall& call) const { return renamed(&call, call.id); }
  /// The id of the call that a tool's message answers.
  const std::string& of(const Message& result) const { return renamed(&result, result.call_id); }

 private:
  const std::string& renamed(const void* item, const std::string& id) const;

  std::map<const void*, std::string> renamed_;  ///< changed ids only
};

}  // namespace nowd
