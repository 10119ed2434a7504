// Messages between nowd and a model, independent of vendors. Providers encode requests and decode answers.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "domain/model/stop.hpp"
#include "foundation/json.hpp"
#include "foundation/time/clock.hpp"

namespace nowd {

/// A tool as the model sees it.
struct ToolOffer {
  std::string name;  ///< nowd's name; a dialect maps its dots to characters that the API allows
  std::string description;
  Json input;  ///< JSON Schema of the arguments, without those that nowd binds
  bool operator==(const ToolOffer&) const = default;
};

/// A call that the model proposes. `arguments` is the raw text: nowd parses it, not the provider.
struct ProposedCall {
  std::string id;
  std::string tool;
  std::string arguments;
  bool operator==(const ProposedCall&) const = default;
};

/// Data that an API requires back unchanged with the next request: signed reasoning, encrypted items. For the same
/// `api` it replaces the text and the calls of its message, or accompanies them (openai-chat); for any other API it is
/// left out.
struct Carried {
  std::string api;  ///< "anthropic"
  Json value;
  bool operator==(const Carried&) const = default;
};

/// The place in the ledger of a message's text that is stored already.
struct StoredText {
  int seq = 0;           ///< of the response (assistant) or of the result (tool)
  std::size_t at = 0;    ///< tool only: where in the message's text the result begins
  std::size_t size = 0;  ///< tool only: its bytes
  bool operator==(const StoredText&) const = default;
};

struct Message {
  enum class Role { user, assistant, tool };
  Role role = Role::user;
  std::string text;
  std::vector<ProposedCall> calls;  ///< assistant only
  std::string call_id;              ///< tool only: the id of the answered call
  std::string tool;                 ///< tool only: its name
  std::optional<StoredText> stored;
  std::optional<Carried> carried;  ///< assistant only
  bool operator==(const Message&) const = default;
};

struct ModelRequest {
  std::string model;
  std::string system;
  std::vector<Message> messages;
  std::vector<ToolOffer> tools;
  std::optional<std::int64_t> max_output_tokens;
  /// JSON Schema of the answer, an object; null: any text. APIs do not guarantee it: nowd checks the answer.
  Json output_schema;
  Json params;  ///< passed through to the provider's request
  bool operator==(const ModelRequest&) const = default;
};

/// Normalised totals, equal over all APIs for the same call: `input` includes tokens read from and written to the
/// provider's cache, `output` includes reasoning.
struct Usage {
  std::int64_t input = 0;
  std::int64_t cached = 0;
  std::int64_t output = 0;
  std::int64_t reasoning = 0;
  std::int64_t cache_write = 0;
  bool operator==(const Usage&) const = default;
};

/// A decoded answer. Pure data.
struct ModelReply {
  Stop stop = Stop::missing;
  std::string stop_raw;  ///< the provider's own word; empty if it gave none
  std::string detail;    ///< for people, when the stop is not a good one: the error, or the malformed part
  std::string text;
  std::vector<ProposedCall> calls;
  std::optional<Usage> usage;
  std::optional<Usage> usage_so_far{};  ///< of an answer that broke off: incomplete
  std::string model_served;
  std::string request_id;
  std::optional<Carried> carried;  ///< for the message that this answer becomes
  bool no_answer = false;          ///< certain: no model wrote any of it, so it costs nothing
  bool operator==(const ModelReply&) const = default;
};

/// Times of an exchange on the wire, all on this host's clocks. Nothing: the point was not reached.
struct ExchangeTimes {
  std::optional<Reading> sent;
  std::optional<Reading> headers;
  std::optional<Reading> first_token;
  std::optional<Reading> ended;
  std::optional<Instant> remote_date;  ///< the HTTP Date header, resolution one second
  bool operator==(const ExchangeTimes&) const = default;
};

/// The content of one code fence around the whole text ("```json\n{…}\n```"); the text itself if it has none.
std::string without_fence(const std::string& text);

}  // namespace nowd
