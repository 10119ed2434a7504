// Ids of calls on the wire. Each API has bounds for them, and the ones that another server gave may not fit.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "domain/model/conversation.hpp"

namespace nowd {

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
