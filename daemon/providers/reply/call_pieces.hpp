// Tool calls put together from the pieces of a stream: to which call a piece belongs. Pure.
//
// The wire names a call by an id, by an index, by both or by neither, and servers that imitate an API get each of them
// wrong. What is named decides; a guess is made only where there is nothing to confuse. Where there is, the answer is
// malformed: arguments must never reach another call than their own.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/model/messages.hpp"

namespace nowd {

/// A piece of a proposed call as a stream delivers it: any of it may be missing.
struct CallPiece {
  std::optional<std::int64_t> index;
  std::string id;
  std::string name;  ///< on the wire
  std::string arguments;
};

/// Sees where a JSON value that comes in pieces is at its end, without parsing it.
class ValueEnd {
 public:
  void feed(std::string_view piece);
  bool begun() const { return begun_; }
  /// An object, a list or a text is closed. A bare word or number never is: more digits may come.
  bool reached() const { return begun_ && closable_ && depth_ == 0 && !quoted_; }

 private:
  std::size_t depth_ = 0;
  bool begun_ = false, closable_ = false, quoted_ = false, escaped_ = false;
};

class CallPieces {
 public:
  /// The number of the call that the piece belongs to, from 0; nothing where that is not certain. A piece that says
  /// nothing belongs to the last one.
  std::optional<std::size_t> place_of(const CallPiece& piece) const;
  /// Puts it there, or begins the call with that number.
  void put(std::size_t number, const CallPiece& piece);

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
  std::map<std::int64_t, std::size_t> by_index_;  ///< index on the wire → the call that it means now
};

/// The arguments as they were meant: of "{}{…}" the second; of a value that is said again, as it is or as a JSON text,
/// the first. Anything else stays, whether it parses or not.
std::string once(std::string arguments);

}  // namespace nowd
