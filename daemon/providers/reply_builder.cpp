#include "providers/reply_builder.hpp"

#include <algorithm>
#include <set>

namespace nowd {
namespace {

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

std::size_t calls_in(const ModelRequest& request) {
  std::size_t count = 0;
  for (const Message& message : request.messages) count += message.calls.size();
  return count;
}

/// For people, where a stop that the provider names itself is not a good one.
std::string words_for(Stop stop, const std::string& raw) {
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

/// Whether a conversation can go on from an answer with this stop.
bool goes_on(Stop stop) {
  return stop == Stop::complete || stop == Stop::tool_call || stop == Stop::paused || stop == Stop::compacted;
}

}  // namespace

ReplyBuilder::ReplyBuilder(const ModelRequest& request) : names_(request), calls_before_(calls_in(request)) {}

void ReplyBuilder::add(std::string& to, std::string_view piece) {
  if (size_ + piece.size() > most_text) {
    full_ = true;
    return set_malformed("the answer is larger than 8 MiB");
  }
  size_ += piece.size();
  to += piece;
}

void ReplyBuilder::hold(std::size_t bytes) {
  size_ += bytes;
  if (size_ <= most_text) return;
  full_ = true;
  set_malformed("the answer is larger than 8 MiB");
}

// Which call a piece continues, if any: the one with its index, or the last one where a server sends no index.
std::optional<std::size_t> ReplyBuilder::slot_of(const CallPiece& piece) const {
  if (piece.index) {
    const auto found = slots_.find(*piece.index);
    return found == slots_.end() ? std::nullopt : std::optional(found->second);
  }
  return reply_.calls.empty() ? std::nullopt : std::optional(reply_.calls.size() - 1);
}

// Servers that imitate the API send several calls under one index (Ollama, Gemini) or under none; what they do send is
// a name where a call begins. A wrong guess joins two calls into arguments that do not parse: malformed, never run.
bool ReplyBuilder::starts_new_call(const CallPiece& piece, std::optional<std::size_t> slot) const {
  if (!slot) return true;
  if (piece.name.empty()) return false;
  const ProposedCall& open = reply_.calls[*slot];
  if (!piece.id.empty() && !open.id.empty()) return piece.id != open.id;
  return !open.tool.empty() && (!piece.index || !open.arguments.empty());
}

std::size_t ReplyBuilder::add_call(CallPiece piece) {
  std::optional<std::size_t> slot = slot_of(piece);
  if (starts_new_call(piece, slot)) {
    if (reply_.calls.size() == most_calls) {
      full_ = true;
      set_malformed("more than 128 tool calls");
      return most_calls - 1;
    }
    slot = reply_.calls.size();
    reply_.calls.emplace_back();
    if (piece.index) slots_[*piece.index] = *slot;
  }
  ProposedCall& call = reply_.calls[*slot];
  if (call.id.empty()) add(call.id, piece.id);
  if (call.tool != piece.name) add(call.tool, piece.name);  // some servers repeat the name with every piece
  add(call.arguments, piece.arguments);
  return *slot;
}

void ReplyBuilder::set_stop(Stop stop, std::string_view raw) {
  std::string word = one_line(raw, 100);
  if (stop_ && word != reply_.stop_raw)
    return set_malformed("two stop reasons: '" + reply_.stop_raw + "', '" + word + "'");
  stop_ = stop;
  reply_.stop_raw = std::move(word);
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

void ReplyBuilder::set_malformed(std::string what) {
  if (malformed_.empty()) malformed_ = std::move(what);
}

void ReplyBuilder::end(Stop stop, std::string detail) {
  reply_.stop = stop;
  reply_.detail = std::move(detail);
}

// Gives every call an id of its own and nowd's name. A server that takes no arguments may send none: that is `{}`.
void ReplyBuilder::complete_calls() {
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
    if (blank(call.arguments)) call.arguments = "{}";
  }
}

void ReplyBuilder::judge_calls() {
  for (const ProposedCall& call : reply_.calls) {
    if (call.tool.empty()) return end(Stop::malformed, "a tool call without a name");
    if (const Result<Json> parsed = parse_json(call.arguments); !parsed)
      return end(Stop::malformed, "the arguments of " + one_line(call.tool, 100) + " are " + parsed.error().message);
  }
}

// The order is the promise: what ended the exchange counts before what the answer says of itself.
void ReplyBuilder::judge(bool ended) {
  if (error_) {
    reply_.stop_raw = error_->code;
    return end(Stop::provider_error, "an error inside the answer: " + error_->text);
  }
  if (full_) return end(Stop::malformed, malformed_);  // cut by us: the same request would end the same way
  if (!ended)
    return end(Stop::stream_cut,
               "the answer ended before its terminal event" + (malformed_.empty() ? std::string() : "; " + malformed_));
  if (!malformed_.empty()) return end(Stop::malformed, malformed_);
  if (!stop_) return end(Stop::missing, "the answer gives no stop reason");
  reply_.stop = *stop_;
  if (reply_.stop == Stop::refused) {  // what came before the refusal is no answer
    reply_.text.clear();
    reply_.calls.clear();
  }
  const bool good = reply_.stop == Stop::complete || reply_.stop == Stop::tool_call;
  if (good && !refusal_.empty()) return end(Stop::refused, "the model refused: " + one_line(refusal_));
  if (reply_.stop == Stop::complete && !reply_.calls.empty()) reply_.stop = Stop::tool_call;
  if (reply_.stop == Stop::complete && blank(reply_.text)) return end(Stop::malformed, "complete with empty content");
  if (reply_.stop == Stop::tool_call && reply_.calls.empty())
    return end(Stop::malformed, "the stop reason says tool call, and there is none");
  if (reply_.stop == Stop::tool_call) judge_calls();
  if (reply_.detail.empty()) reply_.detail = words_for(reply_.stop, reply_.stop_raw);
  if (!reply_.detail.empty() && !said_.empty()) reply_.detail += "; it says: " + said_;
}

ModelReply ReplyBuilder::finish(bool ended) {
  complete_calls();
  judge(ended);
  if (renamed_ || !goes_on(reply_.stop)) reply_.carried.reset();
  // A "\u0000" in JSON is a NUL in our text, which Postgres cannot keep; parsed JSON is valid UTF-8 otherwise.
  reply_.text = clean_text(reply_.text, 3 * most_text);
  for (ProposedCall& call : reply_.calls)
    for (std::string* text : {&call.id, &call.tool, &call.arguments}) *text = clean_text(*text, 3 * most_text);
  return std::move(reply_);
}

}  // namespace nowd
