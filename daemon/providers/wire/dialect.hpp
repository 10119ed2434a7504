// What a provider's API says and how: the part that differs. Pure; everything else is exchange.hpp's.
//
// A new dialect is one file pair that implements Dialect and Decoder on top of ReplyBuilder, golden files, and a line
// in registry.cpp. Structured output has a place of its own in each API (response_format, text.format,
// output_config.format, responseJsonSchema): output_schema.hpp. What `params` put there stays.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/model/messages.hpp"
#include "foundation/secret.hpp"
#include "net/http/sse.hpp"

namespace nowd {

/// How the body of an answer came to its end, which proves an answer whole or does not.
enum class BodyEnd {
  cut,     ///< it broke off, or never ended
  closed,  ///< the connection was closed, which may be an end or a cut: the body has no frame that says which
  framed,  ///< all of its length came, or its last chunk
};

/// Reads one answer. It gets events, or one document from a server that answers in one piece; never both.
/// Never throws, whatever the bytes are.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Whether the event carries content or a piece of a tool call: the first of these is the first token.
  virtual bool event(const SseEvent& event) = 0;
  virtual void document(std::string_view body) = 0;
  /// The terminal event was seen: what comes after it is not read.
  virtual bool ended() const = 0;
  /// A bound is broken: reading on is of no use.
  virtual bool full() const = 0;
  /// The answer as far as it came. Call it once.
  virtual ModelReply finish(BodyEnd end) = 0;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

class Dialect {
 public:
  virtual ~Dialect() = default;
  virtual std::string url(const ModelRequest& request) const = 0;
  /// Where a GET lists the models.
  virtual std::string models_url() const = 0;
  /// The body as sent. Never holds credentials.
  virtual std::string encode(const ModelRequest& request) const = 0;
  /// Headers with the key; an empty key means that the configuration names none.
  virtual Headers headers(const Secret& key) const = 0;
  /// In lower case; empty if the API names its requests in the body only.
  virtual std::string request_id_header() const = 0;
  /// `request` tells which tools were offered, under which names.
  virtual std::unique_ptr<Decoder> decoder(const ModelRequest& request) const = 0;
};

}  // namespace nowd
