#include "domain/run/machine/conversation.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "domain/gates/stated_date.hpp"
#include "domain/policy/budget.hpp"

namespace nowd {
namespace {

constexpr std::string_view probe_question =
    "What is today's date? Answer with the date alone, as YYYY-MM-DD. If you do not know it, give your best guess.";

constexpr std::pair<Message::Role, std::string_view> role_names[] = {
    {Message::Role::user, "user"}, {Message::Role::assistant, "assistant"}, {Message::Role::tool, "tool"}};

std::string_view role_name(Message::Role role) {
  return std::ranges::find(role_names, role, &std::pair<Message::Role, std::string_view>::first)->second;
}

Json calls_json(const std::vector<ProposedCall>& calls) {
  Json list = Json::array();
  for (const ProposedCall& call : calls)
    list.push_back({{"id", call.id}, {"tool", call.tool}, {"arguments", call.arguments}});
  return list;
}

/// As the ledger keeps it: a text that is another body is a reference.
Json stored_message(const Message& message) {
  if (message.stored && message.role == Message::Role::tool) {
    const StoredText& stored = *message.stored;
    const std::size_t end = stored.at + stored.size;
    Json json{{"role", "tool"}, {"call", message.call_id}, {"result_of", stored.seq}};
    if (stored.at > 0) json["before"] = message.text.substr(0, stored.at);
    if (end < message.text.size()) json["after"] = message.text.substr(end);
    return json;
  }
  if (message.stored) return {{"role", role_name(message.role)}, {"response_of", message.stored->seq}};
  Json json{{"role", role_name(message.role)}, {"text", message.text}};
  if (!message.calls.empty()) json["calls"] = calls_json(message.calls);
  if (!message.call_id.empty()) json["call"] = message.call_id;
  return json;
}

Message reply_message(const ModelReply& reply, int seq) {
  return {.role = Message::Role::assistant,
          .text = reply.text,
          .calls = reply.calls,
          .stored = StoredText{.seq = seq},
          .carried = reply.carried};
}

}  // namespace

void Conversation::begin(std::string prompt) {
  while (prompt.ends_with('\n')) prompt.pop_back();
  messages_.push_back({.role = Message::Role::user, .text = prompt + "\n\n"});
  clock_begins_ = messages_.back().text.size();
}

void Conversation::add_reply(const ModelReply& reply, int seq) {
  messages_.push_back(reply_message(reply, seq));
  unfinished_text_.clear();
}

void Conversation::add_unfinished_reply(const ModelReply& reply, int seq) {
  messages_.push_back(reply_message(reply, seq));
  unfinished_text_ += reply.text;
}

void Conversation::add_user_message(std::string text) {
  answers_.push_back({.role = Message::Role::user, .text = std::move(text)});
}

void Conversation::answer_call(const ProposedCall& call, const std::string& text) {
  answers_.push_back({.role = Message::Role::tool, .text = escape_clock(text), .call_id = call.id, .tool = call.tool});
}

void Conversation::answer_call_with_result(const ProposedCall& call, int seq, const std::string& prefix,
                                           const std::string& result) {
  answer_call(call, prefix + result);
  Message& answer = answers_.back();
  if (answer.text == prefix + result) answer.stored = StoredText{seq, prefix.size(), result.size()};
}

void Conversation::clear() {
  messages_.clear();
  answers_.clear();
}

bool Conversation::render_clock(const RunTime& time, Now now, int seq, const std::string& data) {
  if (!answers_.empty()) {
    // Inside the last tool result: text after tool results makes some models stop.
    answers_.back().text += "\n";
    clock_begins_ = answers_.back().text.size();
    std::ranges::move(answers_, std::back_inserter(messages_));
    answers_.clear();
  }
  if (messages_.back().role == Message::Role::assistant) return false;
  std::string& text = messages_.back().text;
  text.resize(clock_begins_);
  text += messages_.size() == 1 ? clock_block(time, now, seq, data) : clock_line(time, now, seq);
  return true;
}

void Conversation::repeat_last_message() {
  repeats_last_ = answers_.empty() && !messages_.empty() && messages_.back().role != Message::Role::assistant;
  if (repeats_last_) stored_ = messages_.size() - 1;
}

std::string Conversation::store_request(const RunPlan& plan) {
  Json json;
  if (repeats_last_) json["again"] = true;
  if (stored_ == 0) {
    json["system"] = plan.job.system;
    json["tools"] = Json::array();
    for (const OfferedTool& tool : plan.tools) json["tools"].push_back(tool.offer.name);
  }
  json["messages"] = Json::array();
  for (std::size_t i = stored_; i < messages_.size(); ++i) json["messages"].push_back(stored_message(messages_[i]));
  stored_ = messages_.size();
  return dump_json(json);
}

std::vector<std::string_view> Conversation::shown_texts() const {
  std::vector<std::string_view> out;
  for (const auto* messages : {&messages_, &answers_})
    for (const Message& message : *messages)
      if (message.role != Message::Role::assistant) out.push_back(message.text);
  return out;
}

std::int64_t Conversation::estimated_tokens() const {
  std::int64_t sum = 0;
  for (const auto* messages : {&messages_, &answers_})
    for (const Message& message : *messages) {
      sum += about_tokens(message.text);
      for (const ProposedCall& call : message.calls) sum += about_tokens(call.arguments);
    }
  return sum;
}

std::int64_t Conversation::min_tokens() const {
  std::int64_t sum = 0;
  for (const Message& message : messages_) sum += nowd::min_tokens(message.text);
  return sum;
}

// Saving and restoring.

namespace {

Json saved_message(const Message& message) {
  Json json{{"role", role_name(message.role)}, {"text", message.text}};
  if (!message.calls.empty()) json["calls"] = calls_json(message.calls);
  if (!message.call_id.empty()) json["call_id"] = message.call_id;
  if (!message.tool.empty()) json["tool"] = message.tool;
  if (const auto& stored = message.stored)
    json["stored"] = {{"seq", stored->seq}, {"at", stored->at}, {"size", stored->size}};
  if (const auto& carried = message.carried) json["carried"] = {{"api", carried->api}, {"value", carried->value}};
  return json;
}

Json saved_messages(const std::vector<Message>& messages) {
  Json list = Json::array();
  for (const Message& message : messages) list.push_back(saved_message(message));
  return list;
}

Message restored_message(const Json& json) {
  const auto role = std::ranges::find(role_names, json.at("role").get<std::string>(),
                                      &std::pair<Message::Role, std::string_view>::second);
  if (role == std::end(role_names)) throw std::invalid_argument("'" + json.at("role").get<std::string>() + "'");
  Message message{.role = role->first, .text = json.at("text").get<std::string>()};
  for (const Json& call : json.value("calls", Json::array()))
    message.calls.push_back({call.at("id").get<std::string>(), call.at("tool").get<std::string>(),
                             call.at("arguments").get<std::string>()});
  message.call_id = json.value("call_id", "");
  message.tool = json.value("tool", "");
  if (const auto stored = json.find("stored"); stored != json.end())
    message.stored = StoredText{stored->at("seq").get<int>(), stored->at("at").get<std::size_t>(),
                                stored->at("size").get<std::size_t>()};
  if (const auto carried = json.find("carried"); carried != json.end())
    message.carried = Carried{carried->at("api").get<std::string>(), carried->at("value")};
  return message;
}

std::vector<Message> restored_messages(const Json& list) {
  std::vector<Message> messages;
  for (const Json& json : list) messages.push_back(restored_message(json));
  return messages;
}

}  // namespace

Json Conversation::to_json() const {
  return {{"messages", saved_messages(messages_)}, {"answers", saved_messages(answers_)},
          {"unfinished_text", unfinished_text_},   {"stored", stored_},
          {"clock_begins", clock_begins_},         {"repeats_last", repeats_last_}};
}

Result<Conversation> Conversation::from_json(const Json& json) {
  try {
    Conversation out;
    out.messages_ = restored_messages(json.at("messages"));
    out.answers_ = restored_messages(json.at("answers"));
    out.unfinished_text_ = json.at("unfinished_text").get<std::string>();
    out.stored_ = json.at("stored").get<std::size_t>();
    out.clock_begins_ = json.at("clock_begins").get<std::size_t>();
    out.repeats_last_ = json.at("repeats_last").get<bool>();
    if (out.stored_ > out.messages_.size()) return invalid("a saved conversation: stored is more than its messages");
    return out;
  } catch (const std::exception& e) {
    return invalid(std::string("a saved conversation that cannot be restored: ") + e.what());
  }
}

ModelRequest request_of(const RunPlan& plan, const Conversation& conversation,
                        std::optional<std::int64_t> max_output_tokens) {
  const Job& job = plan.job;
  const bool states_date = job.clocks.model_as_of != ClockRules::Stating::none;
  const bool is_json = job.output.format == OutputRules::Format::json && !job.command;
  ModelRequest request;
  request.model = plan.model;
  request.params = plan.params;
  request.system = std::string(clock_rule());
  if (states_date && is_json) request.system += " " + std::string(stated_date_output_rule());
  if (!job.system.empty()) request.system += "\n\n" + job.system;
  request.messages = conversation.messages();
  // nowd takes the stated date out of the answer again. The model is asked for it under `observe` too.
  if (is_json && job.output.schema.is_object())
    request.output_schema = states_date ? with_stated_date(job.output.schema, true) : job.output.schema;
  for (const OfferedTool& tool : plan.tools) {
    request.tools.push_back(tool.offer);
    if (states_date && tool.effect != Effect::read)
      request.tools.back().input =
          with_stated_date(tool.offer.input, job.clocks.model_as_of == ClockRules::Stating::require);
  }
  request.max_output_tokens = max_output_tokens;
  return request;
}

ModelRequest probe_request(const RunPlan& plan) {
  ModelRequest request;
  request.model = plan.model;
  request.params = plan.params;
  request.messages.push_back({.role = Message::Role::user, .text = std::string(probe_question)});
  return request;
}

std::string response_text(const ModelReply& reply) {
  Json json{{"text", reply.text}};
  if (!reply.calls.empty()) json["calls"] = calls_json(reply.calls);
  return dump_json(json);
}

std::string response_that_is_the_output() { return R"({"text_of":"output"})"; }

}  // namespace nowd
