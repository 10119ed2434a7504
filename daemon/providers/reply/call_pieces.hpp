// Assembles tool calls from the pieces of a stream. Pure.
//
// A piece refers to its call by an id, by an index, by both or by neither, and servers that imitate an API get each of
// them wrong. The id and the index decide. CallPieces guesses only if a single call is possible; otherwise the answer
// is malformed: arguments must never reach the wrong call.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/model/messages.hpp"

namespace nowd {

/// A piece of a proposed call in a stream. Each member may be missing.
struct CallPiece {
  std::optional<std::int64_t> index;
  std::string id;
  std::string name;  ///< on the wire
  std::string arguments;
};

/// Finds the end of a JSON value that arrives in pieces, without parsing it.
class ValueEnd {
 public:
  void feed(std::string_view piece);
  bool begun() const { return begun_; }
  /// True when an object, a list or a text is closed. Never for a bare word or number: more digits may follow.
  bool reached() const { return begun_ && closable_ && depth_ == 0 && !quoted_; }

 private:
  std::size_t depth_ = 0;
  bool begun_ = false, closable_ = false, quoted_ = false, escaped_ = false;
};

class CallPieces {
 public:
  /// The number of the piece's call, from 0; nothing if it is uncertain. An empty piece belongs to the last call.
  std::optional<std::size_t> find_call(const CallPiece& piece) const;
  /// Adds the piece to the call with that number, or begins the call.
  void add_piece(std::size_t number, const CallPiece& piece);

  std::vector<ProposedCall>& calls() { return calls_; }
  const std::vector<ProposedCall>& calls() const { return calls_; }

 private:
  std::size_t next() const { return calls_.size(); }
  std::optional<std::size_t> with_id(const std::string& id) const;
  std::optional<std::size_t> with_index(std::optional<std::int64_t> index) const;
  std::optional<std::size_t> only_open() const;
  bool repeats_name(std::size_t number, const CallPiece& piece) const;
  std::optional<std::size_t> place_of_known_id(std::size_t number, const CallPiece& piece) const;
  std::optional<std::size_t> place_of_named(const CallPiece& piece) const;

  std::vector<ProposedCall> calls_;
  std::vector<ValueEnd> ends_;
  std::map<std::int64_t, std::size_t> by_index_;  ///< index on the wire → number of its present call
};

/// The arguments without repetitions: the second value of "{}{…}"; the first of two equal values, also if the
/// repetition is a JSON text of the value. Any other text stays unchanged, also if it does not parse.
std::string without_repetition(std::string arguments);

}  // namespace nowd
