// What the ledger keeps of a conversation: only what is new since the call before, in no vendor's words, and nothing
// twice. A text that is a body of its own already is referred to:
//
//   {"role": "assistant", "response_of": SEQ}                    the text and calls of body (response, SEQ)
//   {"role": "tool", "call", "result_of": SEQ, "before"?, "after"?}   before + body (result, SEQ) + after
//
// A result that was changed on its way to the model (escape_clock) stands in full. The first prompt does too: what was
// filled into it is not referred to.
#pragma once

#include <string>
#include <vector>

#include "domain/model/messages.hpp"

namespace nowd {

struct RunPlan;

/// The model's answer as a later request carries it: stored as the response of that model call.
Message message_of(const ModelReply& reply, int seq);
/// Notes that a message's text is `before` and the result of a tool call, if it still is: escape_clock may have changed
/// it.
void refer_to_result(Message& message, int seq, const std::string& before, const std::string& result);

/// JSON: {"messages": [new ones]}, for the first call with "system" and "tools" before them. `again`: the first of them
/// stands for the last one of the call before, which was sent with an older clock: {"again": true, "messages"}.
std::string request_text(const RunPlan& plan, const std::vector<Message>& messages, std::size_t saved,
                         bool again = false);
/// JSON: {"text", "calls": [{"id","tool","arguments"}]}; calls only if there are any.
std::string response_text(const ModelReply& reply);
/// JSON: {"text_of": "output"}, the response of a run that succeeded: its text is the body (output, 0).
std::string response_that_is_the_output();

}  // namespace nowd
