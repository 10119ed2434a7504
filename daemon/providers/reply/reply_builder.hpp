// Builds a ModelReply from what a dialect reads, piece by piece, and judges the whole at the end: the rules that hold
// for every dialect (inference.md 1) stand here once.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/model/messages.hpp"
#include "providers/reply/call_pieces.hpp"
#include "providers/reply/reply_reader.hpp"
#include "providers/reply/usage_count.hpp"
#include "providers/wire/tool_names.hpp"
#include "providers/wire/wire.hpp"

namespace nowd {

/// Promises of finish(): `complete` and `tool_call` only if the answer is known to be whole, no error came inside it,
/// nothing in it was malformed, and it has what its stop says: a text that is an answer (no reasoning, no call in
/// writing), or calls that have names. Whether the arguments of a call can be used is judged where it would be made.
/// All texts are valid UTF-8 without NUL.
class ReplyBuilder {
 public:
  static constexpr std::size_t max_calls = 128;
  static constexpr std::size_t max_text = 8 * 1024 * 1024;  ///< bytes of text, refusal, arguments and what is held

  explicit ReplyBuilder(const ModelRequest& request);

  /// Reads JSON of the answer; halves of characters in it are joined by finish().
  Result<Json> parse(std::string_view json) { return parse_wire_json(json, marked_); }
  void add_text(std::string_view piece);
  void add_refusal(std::string_view piece) { add(refusal_, piece); }
  /// Gives the number of the call that the piece belongs to, from 0.
  std::size_t add_call(const CallPiece& piece);
  /// The whole of what came in pieces, said again at the end: what differs is malformed, what is new is taken.
  void add_again(std::string_view text, const std::vector<CallPiece>& calls);
  /// Counts what the dialect keeps of the answer itself, such as reasoning, towards the bound.
  void hold(std::size_t bytes);
  /// Kept only if the conversation goes on from this answer, and the calls in it have the ids that it names.
  void carry(Carried carried) { reply_.carried = std::move(carried); }
  /// The provider's own words for its stop: a part of the detail where the stop is not a good one.
  void set_said(std::string_view words) { said_ = one_line(words); }
  /// Of two different stop reasons in one answer the worse one counts.
  void set_stop(Stop stop, std::string_view raw);
  /// Of all that was counted, the largest numbers count.
  void set_usage(const TokenCounts& counts) { take_larger(counts_, counts); }
  /// What was counted is not the whole: more came, or was to come, that will be billed.
  void usage_is_partial() { partial_ = true; }
  void set_model(std::string_view name);
  void set_request_id(std::string_view id);
  void set_error(const WireError& error);  ///< an error inside the answer; the first one is kept
  void set_malformed(std::string what);    ///< the first one is kept
  bool has_calls() const { return !pieces_.calls().empty(); }
  bool has_text() const { return !reply_.text.empty(); }
  bool full() const { return full_; }  ///< a bound is broken: reading on is of no use

  /// `ended`: whether the dialect's terminal event, `terminal` by name, was seen. Where a reason to stop was, the frame
  /// of the body proves as much. Call it once.
  ModelReply finish(bool ended, BodyEnd end, std::string_view terminal);

 private:
  void add(std::string& to, std::string_view piece);
  void complete_text();
  void complete_calls();
  void complete_usage();
  void judge(bool ended, BodyEnd end, std::string_view terminal);
  void judge_error();
  void judge_good();
  void judge_text();
  void end(Stop stop, std::string detail);

  ToolNames names_;
  std::set<std::string> offered_;  ///< tools by all their names
  std::size_t calls_before_ = 0;   ///< in the request's history: generated ids count on from there
  ModelReply reply_;
  CallPieces pieces_;
  TokenCounts counts_;
  bool partial_ = false;
  std::string refusal_;
  std::string said_;
  std::string snapshot_;         ///< the last piece of text, as long as each began with the one before it
  std::size_t texts_ = 0;        ///< pieces of text
  std::size_t first_text_ = 0;   ///< bytes of the first
  std::size_t before_last_ = 0;  ///< bytes of text before the last piece
  bool nested_ = true;
  bool repeated_ = false;  ///< the last piece was all of the text before it
  bool marked_ = false;    ///< there are halves of characters to join
  bool renamed_ = false;   ///< a call got another id than the provider gave it
  std::optional<Stop> stop_;
  std::optional<WireError> error_;
  std::string malformed_;
  std::size_t size_ = 0;
  bool full_ = false;
};

}  // namespace nowd
