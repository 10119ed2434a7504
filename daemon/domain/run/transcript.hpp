// What the ledger keeps of a conversation: only what is new since the call before, in no vendor's words.
#pragma once

#include <string>
#include <vector>

#include "domain/run/conversation.hpp"

namespace nowd {

struct RunPlan;

/// JSON: {"messages": [new ones]}, for the first call with "system" and "tools" before them.
std::string request_text(const RunPlan& plan, const std::vector<Message>& messages, std::size_t saved);
/// JSON: {"text", "calls": [{"id","tool","arguments"}]}; calls only if there are any.
std::string response_text(const ModelReply& reply);

}  // namespace nowd
