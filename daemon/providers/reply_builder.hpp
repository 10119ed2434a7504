// Builds a ModelReply from what a dialect reads, piece by piece, and judges the whole at the end: the rules that hold
// for every dialect (inference.md 1) stand here once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/run/conversation.hpp"
#include "providers/tool_names.hpp"
#include "providers/wire.hpp"

namespace nowd {

/// A piece of a proposed call as a stream delivers it: any of it may be missing.
struct CallPiece {
  std::optional<std::int64_t> index;
  std::string id;
  std::string name;  ///< on the wire
  std::string arguments;
};

/// Promises of finish(): `complete` and `tool_call` only if the terminal event was seen, no error came inside the
/// answer, nothing in it was malformed, and it has what its stop says: a text, or calls whose arguments parse.
/// All texts are valid UTF-8 without NUL.
class ReplyBuilder {
 public:
  static constexpr std::size_t most_calls = 128;
  static constexpr std::size_t most_text = 8 * 1024 * 1024;  ///< bytes of text, refusal, arguments and what is held

  explicit ReplyBuilder(const ModelRequest& request);

  void add_text(std::string_view piece) { add(reply_.text, piece); }
  void add_refusal(std::string_view piece) { add(refusal_, piece); }
  /// Gives the number of the call that the piece belongs to, from 0.
  std::size_t add_call(CallPiece piece);
  /// Counts what the dialect keeps of the answer itself, such as reasoning, towards the bound.
  void hold(std::size_t bytes);
  /// Kept only if the conversation goes on from this answer, and the calls in it have the ids that it names.
  void carry(Carried carried) { reply_.carried = std::move(carried); }
  /// The provider's own words for its stop: a part of the detail where the stop is not a good one.
  void set_said(std::string_view words) { said_ = one_line(words); }
  /// Two different stop reasons in one answer are malformed; the same one twice is not.
  void set_stop(Stop stop, std::string_view raw);
  void set_usage(Usage usage) { reply_.usage = usage; }
  /// What was counted is not the whole: more came, or was to come, that will be billed.
  void usage_is_partial() { reply_.usage_so_far = std::exchange(reply_.usage, std::nullopt); }
  void set_model(std::string_view name);
  void set_request_id(std::string_view id);
  void set_error(const WireError& error);  ///< an error inside the answer; the first one is kept
  void set_malformed(std::string what);    ///< the first one is kept
  bool has_calls() const { return !reply_.calls.empty(); }
  bool full() const { return full_; }  ///< a bound is broken: reading on is of no use

  /// `ended`: whether the dialect's terminal event was seen. Call it once.
  ModelReply finish(bool ended);

 private:
  void add(std::string& to, std::string_view piece);
  bool starts_new_call(const CallPiece& piece, std::optional<std::size_t> slot) const;
  std::optional<std::size_t> slot_of(const CallPiece& piece) const;
  void complete_calls();
  void judge(bool ended);
  void judge_calls();
  void end(Stop stop, std::string detail);

  ToolNames names_;
  std::size_t calls_before_ = 0;  ///< in the request's history: generated ids count on from there
  ModelReply reply_;
  std::map<std::int64_t, std::size_t> slots_;  ///< index on the wire → the call it means now
  std::string refusal_;
  std::string said_;
  bool renamed_ = false;  ///< a call got another id than the provider gave it
  std::optional<Stop> stop_;
  std::optional<WireError> error_;
  std::string malformed_;
  std::size_t size_ = 0;
  bool full_ = false;
};

}  // namespace nowd
