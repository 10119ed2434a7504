// What a model says in the benchmark of many streams: one answer in each API, in sixty pieces of some words each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nowd::bench {

/// A stream as the wire has it, in the pieces it is sent in. The last one comes with the API's proper end.
struct StreamScript {
  std::vector<std::string> pieces;  ///< all but the last, framed
  std::string last;                 ///< without its moment and its framing
};

constexpr int pieces_per_stream = 60;
/// Begins the last words of each answer: after it stands when the server sent them.
constexpr char mark = '@';

/// Requires: `api` is one of nowd's four.
StreamScript script_of(std::string_view api);
/// The last piece, as it is sent at that moment.
std::string last_piece(const StreamScript& script, std::int64_t nanoseconds);
/// Length of the answer's text up to the mark.
std::size_t text_before_mark();

/// One chunk of a chunked body.
std::string chunk(std::string_view bytes);

}  // namespace nowd::bench
