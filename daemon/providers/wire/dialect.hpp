// A dialect: the part of a provider that differs from API to API. Pure; exchange.hpp does the rest.
//
// A new dialect needs: 1. a folder with a Dialect (encoder) and a Decoder on top of ReplyBuilder; 2. a name below, a
// line in registry.cpp, its stop words in reply/stop_words.cpp and its name in config/daemon/provider_section.cpp; 3.
// golden files in tests/data/providers. Put the output schema where `params` have not set one: output_schema.hpp.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/model/messages.hpp"
#include "foundation/secret.hpp"
#include "net/http/sse.hpp"

namespace nowd {

/// Names of the APIs, as `api` in the configuration writes them.
inline constexpr std::string_view openai_chat_api = "openai-chat";
inline constexpr std::string_view openai_responses_api = "openai-responses";
inline constexpr std::string_view anthropic_api = "anthropic";
inline constexpr std::string_view gemini_api = "gemini";
inline constexpr std::string_view script_api = "script";

/// Keys of `params` that nowd sets itself.
using ReservedParams = std::span<const std::string_view>;

/// The end of an answer's body. Only `framed` proves that the body is complete.
enum class BodyEnd {
  cut,     ///< the body broke off, or never ended
  closed,  ///< the connection closed, and the body has no frame: it may be complete or cut
  framed,  ///< the announced length arrived, or the last chunk
};

/// Reads one answer: its events, or one document from a server that does not stream; never both.
/// Accepts any bytes without an exception.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// True if the event has content or a piece of a tool call. The first such event is the first token.
  virtual bool read_event(const SseEvent& event) = 0;
  virtual void read_document(std::string_view body) = 0;
  /// True after the terminal event: the caller stops reading.
  virtual bool ended() const = 0;
  /// True when the answer exceeds a limit: the caller stops reading.
  virtual bool full() const = 0;
  /// The answer, or the part of it that arrived. Call it once.
  virtual ModelReply finish(BodyEnd end) = 0;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

class Dialect {
 public:
  virtual ~Dialect() = default;
  virtual std::string url(const ModelRequest& request) const = 0;
  /// A GET of this URL lists the models.
  virtual std::string models_url() const = 0;
  /// The body of the request. Contains no credentials.
  virtual std::string encode(const ModelRequest& request) const = 0;
  /// Headers with the key. An empty key: the configuration has none, so no header has one.
  virtual Headers headers(const Secret& key) const = 0;
  /// The response header with the request id, in lower case. Empty if the API has the id only in the body.
  virtual std::string request_id_header() const = 0;
  /// `request` has the offered tools and their names.
  virtual std::unique_ptr<Decoder> decoder(const ModelRequest& request) const = 0;
};

}  // namespace nowd
