// Anthropic Messages, and servers that imitate it: https://platform.claude.com/docs/en/api/messages
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "domain/job/config.hpp"
#include "foundation/json.hpp"
#include "providers/wire/dialect.hpp"
#include "providers/wire/endpoint.hpp"

namespace nowd {

inline constexpr std::string_view anthropic_api = "anthropic";

/// The limit that is sent where a job sets none: the API insists on one.
inline constexpr std::int64_t anthropic_default_max_tokens = 8192;

/// The constant prefix of a conversation (tools and system) is marked for the provider's cache. Thinking goes back
/// unchanged. The base URL may be written with "/v1" or without. `params` are merged over the body as with
/// openai_chat.hpp.
std::unique_ptr<Dialect> make_anthropic(const ProviderConfig& config, const Endpoint& endpoint);

/// messages, system, tools, stream, model.
bool reserved_anthropic_param(std::string_view key);

// The content blocks of an answer of Anthropic's, put together from the pieces of a stream, to go back unchanged.

class AnthropicBlocks {
 public:
  /// Gives the block's number, from 0. Nothing if it is no object, or a block of its type has its index and goes on.
  std::optional<std::size_t> start(const Json& block, std::optional<std::int64_t> index);
  /// The block that a piece belongs to; nothing if none began with that index.
  std::optional<std::size_t> find(std::optional<std::int64_t> index) const;
  /// The block with that index, if there is one, has ended: another one may take its index.
  void stop(std::optional<std::int64_t> index);
  const Json& operator[](std::size_t number) const { return blocks_[number].value; }

  /// Puts a delta's piece on: of a tool's input, of a text, a thought, a signature; a citation is added to a list.
  void extend(std::size_t number, const Json& delta);

  /// Whether text and calls say all of it.
  bool is_plain() const { return plain_; }
  /// The list of all blocks; nothing if there are none. An input that does not parse is an empty one: the model is told
  /// of it with the call's result. Call it once.
  std::optional<Json> take();

 private:
  struct Block {
    Json value;
    std::string input{};  ///< the pieces of a tool's input
    bool stopped = false;
  };

  std::vector<Block> blocks_;
  std::map<std::int64_t, std::size_t> at_;  ///< index on the wire → number
  bool plain_ = true;
};

}  // namespace nowd
