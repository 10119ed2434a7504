#include "domain/run/transcript.hpp"

#include "domain/run/run_machine.hpp"

namespace nowd {
namespace {

Json calls_json(const std::vector<ProposedCall>& calls) {
  Json list = Json::array();
  for (const ProposedCall& call : calls)
    list.push_back({{"id", call.id}, {"tool", call.tool}, {"arguments", call.arguments}});
  return list;
}

std::string_view role_name(Message::Role role) {
  switch (role) {
    case Message::Role::user:
      return "user";
    case Message::Role::assistant:
      return "assistant";
    case Message::Role::tool:
      return "tool";
  }
  return "user";
}

Json result_json(const Message& message, const StoredText& stored) {
  Json json{{"role", "tool"}, {"call", message.call_id}, {"result_of", stored.seq}};
  if (stored.at > 0) json["before"] = message.text.substr(0, stored.at);
  if (stored.at + stored.size < message.text.size()) json["after"] = message.text.substr(stored.at + stored.size);
  return json;
}

Json message_json(const Message& message) {
  if (message.stored && message.role == Message::Role::tool) return result_json(message, *message.stored);
  if (message.stored) return {{"role", role_name(message.role)}, {"response_of", message.stored->seq}};
  Json json{{"role", role_name(message.role)}, {"text", message.text}};
  if (!message.calls.empty()) json["calls"] = calls_json(message.calls);
  if (!message.call_id.empty()) json["call"] = message.call_id;
  return json;
}

}  // namespace

Message message_of(const ModelReply& reply, int seq) {
  return {.role = Message::Role::assistant,
          .text = reply.text,
          .calls = reply.calls,
          .stored = StoredText{.seq = seq},
          .carried = reply.carried};
}

void refer_to_result(Message& message, int seq, const std::string& before, const std::string& result) {
  if (message.text == before + result) message.stored = StoredText{seq, before.size(), result.size()};
}

std::string request_text(const RunPlan& plan, const std::vector<Message>& messages, std::size_t saved, bool again) {
  Json json;
  if (again) json["again"] = true;
  if (saved == 0) {
    json["system"] = plan.job.system;
    json["tools"] = Json::array();
    for (const OfferedTool& tool : plan.tools) json["tools"].push_back(tool.offer.name);
  }
  json["messages"] = Json::array();
  for (std::size_t i = saved; i < messages.size(); ++i) json["messages"].push_back(message_json(messages[i]));
  return dump_json(json);
}

std::string response_text(const ModelReply& reply) {
  Json json{{"text", reply.text}};
  if (!reply.calls.empty()) json["calls"] = calls_json(reply.calls);
  return dump_json(json);
}

std::string response_that_is_the_output() { return R"({"text_of":"output"})"; }

}  // namespace nowd
