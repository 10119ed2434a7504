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

Json message_json(const Message& message) {
  Json json{{"role", role_name(message.role)}, {"text", message.text}};
  if (!message.calls.empty()) json["calls"] = calls_json(message.calls);
  if (!message.call_id.empty()) json["call"] = message.call_id;
  return json;
}

}  // namespace

std::string request_text(const RunPlan& plan, const std::vector<Message>& messages, std::size_t saved) {
  Json json;
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

}  // namespace nowd
