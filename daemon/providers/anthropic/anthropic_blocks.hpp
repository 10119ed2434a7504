// The content blocks of an answer of Anthropic's, put together from the pieces of a stream, to go back unchanged.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "foundation/json.hpp"

namespace nowd {

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
