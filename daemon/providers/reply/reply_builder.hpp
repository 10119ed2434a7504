// Builds a ModelReply from the pieces that a dialect reads, and judges the complete reply: the rules common to all
// dialects (docs/inference.md).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/model/messages.hpp"
#include "net/http/sse.hpp"
#include "providers/reply/call_pieces.hpp"
#include "providers/reply/reply_reader.hpp"
#include "providers/reply/usage_count.hpp"
#include "providers/wire/tool_names.hpp"
#include "providers/wire/wire.hpp"

namespace nowd {

/// Promises of finish(): the stop is `complete` or `tool_call` only if the answer is proven complete, contains no error
/// and no malformed part, and agrees with its stop: the text is an answer (no reasoning, no written call), or the calls
/// have names. The caller checks the arguments of calls. All texts are valid UTF-8 without NUL.
class ReplyBuilder {
 public:
  static constexpr std::size_t max_calls = 128;
  static constexpr std::size_t max_text = 8 * 1024 * 1024;  ///< bytes of text, refusal, arguments and reserved parts

  explicit ReplyBuilder(const ModelRequest& request);

  /// The JSON of an event. Nothing for a blank event, for an error event (sets the error) and for a broken one
  /// (malformed).
  std::optional<Json> parse_event(const SseEvent& event);
  /// The JSON of a whole answer. Nothing for a broken one (malformed).
  std::optional<Json> parse_document(std::string_view body);
  void add_text(std::string_view piece);
  void add_refusal(std::string_view piece) { add(refusal_, piece); }
  /// Returns the number of the piece's call, from 0.
  std::size_t add_call(const CallPiece& piece);
  /// A repetition of the whole answer after its pieces. Adds new parts; a difference makes the answer malformed.
  void add_repetition(std::string_view text, const std::vector<CallPiece>& calls);
  /// Counts bytes that the dialect itself keeps, such as reasoning, towards max_text.
  void reserve_bytes(std::size_t bytes);
  /// finish() drops `carried` if the conversation cannot continue from this answer, or if a call got another id.
  void carry(Carried carried) { reply_.carried = std::move(carried); }
  /// The provider's own explanation of a bad stop, for the detail.
  void set_explanation(std::string_view words) { explanation_ = one_line(words); }
  /// The worse of two stop reasons in one answer counts.
  void set_stop(Stop stop, std::string_view raw);
  /// The largest number of each count wins.
  void set_usage(const TokenCounts& counts) { keep_larger(counts_, counts); }
  /// The counts are incomplete: the provider will bill more.
  void usage_is_partial() { partial_ = true; }
  void set_model(std::string_view name);
  void set_request_id(std::string_view id);
  void set_error(const WireError& error);  ///< an error inside the answer; the first one counts
  void set_malformed(std::string reason);  ///< the first one counts
  bool has_calls() const { return !pieces_.calls().empty(); }
  bool has_text() const { return !reply_.text.empty(); }
  bool full() const { return full_; }  ///< the answer exceeds a limit: stop reading

  /// `ended`: the dialect's terminal event (named `terminal`) arrived. After a stop reason, a framed end of the body
  /// proves completeness as well. Call it once.
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
  std::set<std::string> offered_;  ///< all names of the offered tools
  std::size_t calls_before_ = 0;   ///< calls in the request's history: generated ids continue their numbers
  ModelReply reply_;
  CallPieces pieces_;
  TokenCounts counts_;
  bool partial_ = false;
  std::string refusal_;
  std::string explanation_;
  std::string snapshot_;         ///< the last piece of text, while each piece begins with the previous one
  std::size_t texts_ = 0;        ///< number of text pieces
  std::size_t first_text_ = 0;   ///< bytes of the first piece
  std::size_t before_last_ = 0;  ///< bytes of text before the last piece
  bool nested_ = true;
  bool repeated_ = false;  ///< the last piece repeated all of the text before it
  bool marked_ = false;    ///< the texts contain marks: halves of characters to join
  bool renamed_ = false;   ///< a call got a new id
  std::optional<Stop> stop_;
  std::optional<WireError> error_;
  std::string malformed_;
  std::size_t size_ = 0;
  bool full_ = false;
};

}  // namespace nowd
