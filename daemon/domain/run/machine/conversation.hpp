// The conversation of one run: the messages between nowd and the model, and their form in requests and in the ledger.
// A value: it can be compared, saved as JSON and restored.
//
// Invariant: a message that the model has answered is never edited. Only the last message carries a fresh clock block
// or line, and a call that is made again replaces that clock.
//
// The ledger keeps only new messages for each call, in no provider's format, and each text once. A message whose text
// is another body refers to it:
//
//   {"role": "assistant", "response_of": SEQ}                    the text and calls of body (response, SEQ)
//   {"role": "tool", "call", "result_of": SEQ, "before"?, "after"?}   before + body (result, SEQ) + after
//
// A result that escape_clock changed on its way to the model stands in full. So does the first prompt.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/model/messages.hpp"
#include "domain/prompt/run_time.hpp"
#include "domain/run/plan.hpp"

namespace nowd {

class Conversation {
 public:
  bool is_empty() const { return messages_.empty(); }
  /// The messages of the last request, and the reply to it. Answers that wait for the next request are not among them.
  const std::vector<Message>& messages() const { return messages_; }
  /// The text of a reply that is being resumed, so far; empty = none is.
  const std::string& unfinished_text() const { return unfinished_text_; }

  /// The first prompt. Requires: is_empty().
  void begin(std::string prompt);
  /// A whole reply: what follows is a new turn.
  void add_reply(const ModelReply& reply, int seq);
  /// A reply that the model will continue from its end.
  void add_unfinished_reply(const ModelReply& reply, int seq);
  /// A message of nowd to the model, sent with the next request.
  void add_user_message(std::string text);
  /// The answer to a call, sent with the next request. Text from outside cannot forge a clock block in it.
  void answer_call(const ProposedCall& call, const std::string& text);
  /// As above, for a call that was made: `prefix` and its result, which the ledger keeps as (result, `seq`).
  void answer_call_with_result(const ProposedCall& call, int seq, const std::string& prefix, const std::string& result);
  void clear();

  /// Moves the waiting answers into the request and renders the clock into its last message: the block into the first
  /// prompt (with `data`, the line about the data), else a line inside the last tool result. Returns false where the
  /// request ends with the model's own words, which are resumed and have no place for a clock.
  bool render_clock(const RunTime& time, Now now, int seq, const std::string& data);
  /// The next request repeats the last message, with a newer clock, unless answers wait for it.
  void repeat_last_message();
  void send_new_messages() { repeats_last_ = false; }

  /// JSON of the messages that are not stored yet, then counts them as stored: {"messages"}; with "system" and "tools"
  /// in the first request; with "again": true where the first of them replaces the last one of the call before.
  std::string store_request(const RunPlan& plan);
  /// The next request is stored whole: another provider gets it.
  void store_from_beginning() { stored_ = 0; }

  /// Texts that the model was shown: prompts, results, messages of nowd.
  std::vector<std::string_view> shown_texts() const;
  /// An estimate of the tokens of the next request, without prompt and system text.
  std::int64_t estimated_tokens() const;
  /// A lower bound of the tokens of the last request in any tokenizer.
  std::int64_t min_tokens() const;

  Json to_json() const;
  /// Errors: `invalid` where `json` is not a saved conversation.
  static Result<Conversation> from_json(const Json& json);

  bool operator==(const Conversation&) const = default;

 private:
  std::vector<Message> messages_;
  std::vector<Message> answers_;  // wait for the next request
  std::string unfinished_text_;
  std::size_t stored_ = 0;        // number of messages_ that the ledger has
  std::size_t clock_begins_ = 0;  // offset of the newest clock in the last message
  bool repeats_last_ = false;
};

/// The request that carries a conversation. `max_output_tokens`: nothing = no bound.
ModelRequest request_of(const RunPlan& plan, const Conversation& conversation,
                        std::optional<std::int64_t> max_output_tokens);
/// The separate question for today's date, without clock, tools or system text.
ModelRequest probe_request(const RunPlan& plan);

/// JSON: {"text", "calls": [{"id","tool","arguments"}]}; calls only if there are any.
std::string response_text(const ModelReply& reply);
/// JSON: {"text_of": "output"}, the response of a run that succeeded: its text is the body (output, 0).
std::string response_that_is_the_output();

}  // namespace nowd
