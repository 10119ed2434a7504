#include "providers/reply/reply_builder.hpp"

#include <algorithm>
#include <cctype>

#include "foundation/text/words.hpp"
#include "providers/failure/retry_class.hpp"
#include "providers/reply/answer_text.hpp"
#include "providers/reply/stop_words.hpp"

namespace nowd {
namespace {

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

std::size_t calls_in(const ModelRequest& request) {
  std::size_t count = 0;
  for (const Message& message : request.messages) count += message.calls.size();
  return count;
}

/// The detail of a bad stop, for people.
std::string explain_stop(Stop stop, const std::string& raw) {
  switch (stop) {
    case Stop::truncated_output:
      return "the answer reached its output limit; raise max_output_tokens";
    case Stop::truncated_context:
      return "the prompt and the answer do not fit the model's context; shorten the inputs";
    case Stop::stop_sequence:
      return "the answer ended at a stop sequence, which is no end of its own";
    case Stop::refused:
      return "the model refused";
    case Stop::prompt_blocked:
      return "the provider refuses the prompt (" + raw + ")";
    case Stop::paused:
      return "the provider paused the answer, to be resumed";
    case Stop::compacted:
      return "the provider compacted the conversation, to be resumed";
    case Stop::malformed:
      return "the provider says that the answer is malformed (" + raw + ")";
    case Stop::tool_misuse:
      return "the model called a tool where none may be called";
    case Stop::loop_limit:
      return "the model made too many tool calls in a row";
    case Stop::filtered:
      return "the provider's content filter stopped the answer";
    case Stop::provider_error:
      return "the provider says that it failed while answering";
    case Stop::cancelled:
      return "the provider says that the answer was cancelled";
    case Stop::in_progress:
      return "the provider says that the answer is not finished";
    case Stop::unknown:
      return "the stop reason " + quoted_word(raw) + " is not known to nowd";
    default:
      return "";
  }
}

/// True if a conversation can continue from an answer with this stop.
bool can_continue(Stop stop) {
  return stop == Stop::complete || stop == Stop::tool_call || stop == Stop::paused || stop == Stop::compacted;
}

bool is_good(Stop stop) { return stop == Stop::complete || stop == Stop::tool_call; }

/// True if a repetition of the piece is no coincidence. A short piece may begin with the previous one by chance ("1",
/// "10"), or consist of one repeated character.
bool is_significant(std::string_view piece, std::size_t min_size) {
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c < 0; };
  return piece.size() >= min_size && std::ranges::any_of(piece, is_word);
}
constexpr std::size_t min_nested = 6;
constexpr std::size_t min_repeated = 16;

bool same_arguments(const std::string& one, const std::string& other) {
  const Result<Json> left = parse_json(blank(one) ? "{}" : without_repetition(one));
  const Result<Json> right = parse_json(blank(other) ? "{}" : without_repetition(other));
  return left && right ? *left == *right : one == other;
}

bool same_call(const ProposedCall& call, const CallPiece& again) {
  return (again.name.empty() || call.tool == again.name) &&
         (again.id.empty() || call.id.empty() || call.id == again.id) &&
         same_arguments(call.arguments, again.arguments);
}

std::set<std::string> names_of(const ModelRequest& request, const ToolNames& names) {
  std::set<std::string> out;
  for (const ToolOffer& tool : request.tools) {
    out.insert(tool.name);
    out.insert(names.to_wire(tool.name));
  }
  return out;
}

}  // namespace

ReplyBuilder::ReplyBuilder(const ModelRequest& request)
    : names_(request), offered_(names_of(request, names_)), calls_before_(calls_in(request)) {}

std::optional<Json> ReplyBuilder::parse_event(const SseEvent& event) {
  if (blank(event.data)) return {};
  if (event.type == "error") {  // in any form
    set_error(error_of_body(event.data));
    return {};
  }
  Result<Json> data = parse_wire_json(event.data, marked_);
  if (data) return std::move(*data);
  set_malformed("an event of the stream is " + data.error().message);
  return {};
}

std::optional<Json> ReplyBuilder::parse_document(std::string_view body) {
  Result<Json> answer = parse_wire_json(body, marked_);
  if (answer) return std::move(*answer);
  set_malformed("the answer is " + answer.error().message);
  return {};
}

void ReplyBuilder::add(std::string& to, std::string_view piece) {
  reserve_bytes(piece.size());
  if (!full_) to += piece;
}

void ReplyBuilder::reserve_bytes(std::size_t bytes) {
  if (size_ + bytes > max_text) {
    full_ = true;
    return set_malformed("the answer is larger than 8 MiB");
  }
  size_ += bytes;
}

void ReplyBuilder::add_text(std::string_view piece) {
  if (piece.empty()) return;
  repeated_ = texts_ > 1 && piece == reply_.text;
  nested_ = nested_ && piece.starts_with(snapshot_);
  snapshot_ = nested_ ? std::string(piece) : std::string();
  if (texts_++ == 0) first_text_ = piece.size();
  before_last_ = reply_.text.size();
  add(reply_.text, piece);
}

std::size_t ReplyBuilder::add_call(const CallPiece& piece) {
  const auto number = pieces_.find_call(piece);
  const std::size_t last = pieces_.calls().empty() ? 0 : pieces_.calls().size() - 1;
  if (!number) {
    set_malformed("a piece of a tool call that does not say which one it belongs to");
    return last;
  }
  if (*number == max_calls) {
    full_ = true;
    set_malformed("more than 128 tool calls");
    return last;
  }
  reserve_bytes(piece.id.size() + piece.name.size() + piece.arguments.size());
  if (!full_) pieces_.add_piece(*number, piece);
  return std::min(*number, last + 1);
}

void ReplyBuilder::add_repetition(std::string_view text, const std::vector<CallPiece>& calls) {
  const bool new_text = blank(reply_.text) && !blank(text);
  if (!new_text && !blank(text) && trimmed(text) != trimmed(reply_.text))
    set_malformed("the answer is said again as a whole, and differs from its pieces");
  if (new_text) add_text(text);
  if (calls.empty()) return;
  const std::vector<ProposedCall>& known = pieces_.calls();
  if (known.empty()) {
    for (const CallPiece& call : calls) add_call(call);
  } else if (!std::ranges::equal(known, calls, same_call)) {
    set_malformed("the tool calls are said again as a whole, and differ from their pieces");
  }
}

// A worse stop later in the stream is right (a filter read the text); a better one changes nothing.
void ReplyBuilder::set_stop(Stop stop, std::string_view raw) {
  if (stop_ && !is_worse(stop, *stop_)) return;
  stop_ = stop;
  reply_.stop_raw = one_line(raw, 100);
}

void ReplyBuilder::set_model(std::string_view name) {
  if (reply_.model_served.empty()) reply_.model_served = one_line(name, 200);
}

void ReplyBuilder::set_request_id(std::string_view id) {
  if (reply_.request_id.empty()) reply_.request_id = one_line(id, 200);
}

void ReplyBuilder::set_error(const WireError& error) {
  if (!error_) error_ = error;
}

void ReplyBuilder::set_malformed(std::string reason) {
  if (malformed_.empty()) malformed_ = std::move(reason);
}

void ReplyBuilder::end(Stop stop, std::string detail) {
  reply_.stop = stop;
  reply_.detail = std::move(detail);
}

void ReplyBuilder::complete_text() {
  // Some servers send snapshots instead of pieces: each one contains all previous text, or the last one does.
  if (full_) return;
  if (texts_ > 1 && nested_ && is_significant(std::string_view(snapshot_).substr(0, first_text_), min_nested))
    reply_.text = snapshot_;
  else if (repeated_ && is_significant(reply_.text, 2 * min_repeated))
    reply_.text.resize(before_last_);
  if (!marked_) return;
  reply_.text = join_halves(reply_.text);
  refusal_ = join_halves(refusal_);
  if (reply_.carried) join_halves(reply_.carried->value);
}

// Gives every call a unique id and nowd's tool name. A call without arguments gets `{}`.
void ReplyBuilder::complete_calls() {
  reply_.calls = std::move(pieces_.calls());
  std::set<std::string> ids;
  std::size_t number = calls_before_;
  for (ProposedCall& call : reply_.calls) {
    ++number;
    if (call.id.empty() || !ids.insert(call.id).second) {
      renamed_ = renamed_ || !call.id.empty();
      call.id = "call_" + std::to_string(number);
    }
    ids.insert(call.id);
    call.tool = names_.from_wire(call.tool);
    call.arguments = blank(call.arguments) ? "{}" : without_repetition(std::move(call.arguments));
    if (call.tool.empty()) set_malformed("a tool call without a name");
    if (!marked_) continue;
    if (loses_half(call.arguments))
      set_malformed("the arguments of " + one_line(call.tool, 100) + " hold half a character");
    call.arguments = join_halves(call.arguments);
  }
}

void ReplyBuilder::complete_usage() {
  const bool answered = !blank(reply_.text) || !reply_.calls.empty() || !blank(refusal_);
  if (const auto counted = usage_from(counts_, answered))
    (counted->whole && !partial_ ? reply_.usage : reply_.usage_so_far) = counted->usage;
}

void ReplyBuilder::judge_error() {
  reply_.stop_raw = error_->code;
  reply_.no_answer = size_ == 0 && !counts_.input && !counts_.output;
  if (!is_about_content(error_->code, error_->text))
    return end(Stop::provider_error, "an error inside the answer: " + error_->text);
  const Stop stop = reply_.text.empty() && reply_.calls.empty() ? Stop::prompt_blocked : Stop::filtered;
  end(stop, explain_stop(stop, error_->code) + "; it says: " + error_->text);
}

// The order is the promise: the end of the exchange has priority over the answer's own stop reason.
void ReplyBuilder::judge(bool ended, BodyEnd body, std::string_view terminal) {
  if (error_) return judge_error();
  if (full_) return end(Stop::malformed, malformed_);  // nowd cut it: the same request would end in the same way
  const bool proven = ended || (stop_ && (body == BodyEnd::framed || !is_good(*stop_)));
  const std::string missing = std::string(terminal) + (malformed_.empty() ? "" : "; " + malformed_);
  if (!proven && !stop_) return end(Stop::stream_cut, "the answer ended before its terminal event, " + missing);
  // malformed, not stream_cut: a server that omits its end does so every time, so a retry does not help.
  if (!proven)
    return end(Stop::malformed,
               "the answer gives a reason to stop, and then neither the body's end, in its frame, nor " + missing);
  if (!malformed_.empty()) return end(Stop::malformed, malformed_);
  if (!stop_) return end(Stop::missing, "the answer gives no stop reason");
  reply_.stop = *stop_;
  if (reply_.stop == Stop::refused) {  // a refusal has no answer
    reply_.text.clear();
    reply_.calls.clear();
  }
  judge_good();
  if (reply_.detail.empty()) reply_.detail = explain_stop(reply_.stop, reply_.stop_raw);
  if (!reply_.detail.empty() && !explanation_.empty()) reply_.detail += "; it says: " + explanation_;
}

void ReplyBuilder::judge_good() {
  if (is_good(reply_.stop) && !refusal_.empty()) return end(Stop::refused, "the model refused: " + one_line(refusal_));
  if (reply_.stop == Stop::complete && !reply_.calls.empty()) reply_.stop = Stop::tool_call;
  if (reply_.stop == Stop::tool_call && reply_.calls.empty())
    return end(Stop::malformed, "the stop reason says tool call, and there is none");
  if (is_good(reply_.stop) || reply_.stop == Stop::stop_sequence) judge_text();
}

/// Checks that the text is an answer: no reasoning, no written call.
void ReplyBuilder::judge_text() {
  const InlineReasoning inner = without_reasoning(reply_.text);
  const bool calls = reply_.stop == Stop::tool_call;
  if (inner.open && !calls) return end(Stop::malformed, "the answer ends inside the model's reasoning");
  if (inner.answer.size() != reply_.text.size()) reply_.text = std::string(inner.answer);
  if (calls) return;
  if (reply_.stop == Stop::complete && blank(reply_.text)) return end(Stop::malformed, "complete with empty content");
  if (is_written_call(reply_.text, offered_))
    end(Stop::malformed,
        "the text is a tool call that the server did not read as one; it was not made: " + one_line(reply_.text, 80));
}

ModelReply ReplyBuilder::finish(bool ended, BodyEnd body, std::string_view terminal) {
  complete_text();
  complete_calls();
  complete_usage();
  judge(ended, body, terminal);
  if (renamed_ || !can_continue(reply_.stop)) reply_.carried.reset();
  // A "\u0000" in JSON is a NUL in our text, which Postgres cannot keep; parsed JSON is valid UTF-8 otherwise.
  reply_.text = clean_text(reply_.text, 3 * max_text);
  for (ProposedCall& call : reply_.calls)
    for (std::string* text : {&call.id, &call.tool, &call.arguments}) *text = clean_text(*text, 3 * max_text);
  return std::move(reply_);
}

}  // namespace nowd
