// The stop reasons of the APIs and their meaning: the whole table, as data.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "domain/job/config.hpp"
#include "domain/model/stop.hpp"

namespace nowd {

/// One word of one API. Other parts of the answer may change its class: calls make `complete` a tool call, a refusal
/// makes it refused, and a missing part makes it malformed (reply_builder.hpp).
struct StopWord {
  std::string_view api;
  std::string_view raw;
  Stop stop;
  StopAction action;  ///< default action; a few words differ from their class
};

/// The table, for people and for tests: by API, in the order of its documentation.
std::span<const StopWord> stop_words();

/// The words of one provider: those of its API, and providers.X.stop_words of the configuration.
struct StopTable {
  std::string api;
  std::map<std::string, Stop> own;
};
/// A script uses the words of OpenAI Chat.
StopTable stop_table_of(const ProviderConfig& config);

/// The meaning of `raw` in an API. A word of any API for a cut answer counts: servers that imitate one API often use
/// words of another, and such a word can only make nowd stop sooner. There is deliberately no such rule for completion.
/// Any other word outside the table is `unknown`.
StopWord stop_word(std::string_view api, std::string_view raw);
/// The meaning for a provider: its configuration defines words that the table of the API does not have.
StopWord stop_word(const StopTable& table, std::string_view raw);

/// True if `one` is worse than `other`: the worse of two stops in one answer counts.
bool is_worse(Stop one, Stop other);

}  // namespace nowd
