// The words providers use for why a model stopped, and what they mean: the whole table, as data.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "domain/job/config.hpp"
#include "domain/model/stop.hpp"

namespace nowd {

/// One word of one API. What else an answer holds may make it another class: calls make `complete` a tool call, a
/// refusal makes it refused, and an answer without what its word promises is malformed (reply_builder.hpp).
struct StopWord {
  std::string_view api;
  std::string_view raw;
  Stop stop;
  StopAction action;  ///< by default; now and then not that of the class
};

/// The table, for people and for tests: by API, in the order of its documentation.
std::span<const StopWord> stop_words();

/// The words of one provider: its API's, and its own as providers.X.stop_words says them.
struct StopTable {
  std::string api;
  std::map<std::string, Stop> own;
};
/// A script speaks as OpenAI's API does.
StopTable words_of(const ProviderConfig& config);

/// What `raw` means in an API. Any API's word for "cut short" is accepted: servers that imitate one API often say
/// another's, and believing such a word can only make nowd stop sooner. There is no such rule for completion, on
/// purpose. Anything else that is not in the table is `unknown`.
StopWord stop_word(std::string_view api, std::string_view raw);
/// The same of a provider: what its configuration says of a word that the API's table does not know.
StopWord stop_word(const StopTable& table, std::string_view raw);

/// Of two that one answer gives: whether `one` is worse than `other`, so that it counts. A good end is worse than none.
bool is_worse(Stop one, Stop other);

}  // namespace nowd
