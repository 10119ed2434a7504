#include "providers/openai/openai_chat.hpp"

#include <nlohmann/json.hpp>

#include "providers/wire/encode.hpp"
#include "providers/wire/output_schema.hpp"
#include "providers/wire/tool_names.hpp"

namespace nowd {
namespace {

Json encode_tool(const ToolOffer& offer, const ToolNames& names) {
  Json function = {{"name", names.to_wire(offer.name)}, {"parameters", object_schema(offer)}};
  if (!offer.description.empty()) function["description"] = offer.description;
  return {{"type", "function"}, {"function", std::move(function)}};
}

/// https://platform.openai.com/docs/api-reference/chat/create: at most 40 characters; Mistral requires exactly nine.
IdRule id_rule(const Endpoint& endpoint) {
  if (endpoint.host.ends_with("mistral.ai")) return {9, ""};
  return {40, "_-.:|/+="};
}

Json encode_assistant(const Message& message, const ToolNames& names, const CallIds& ids) {
  Json out = {{"role", "assistant"}, {"content", message.text}};
  if (message.text.empty() && !message.calls.empty()) out["content"] = nullptr;
  for (const ProposedCall& call : message.calls)
    out["tool_calls"].push_back(
        {{"id", ids.of(call)},
         {"type", "function"},
         {"function", {{"name", names.to_wire(call.tool)}, {"arguments", readable_arguments(call)}}}});
  put_extras(out, message);
  return out;
}

Json encode_message(const Message& message, const ToolNames& names, const CallIds& ids) {
  switch (message.role) {
    case Message::Role::user:
      return {{"role", "user"}, {"content", message.text}};
    case Message::Role::assistant:
      return encode_assistant(message, names, ids);
    case Message::Role::tool:
      break;
  }
  return {{"role", "tool"}, {"tool_call_id", ids.of(message)}, {"content", message.text}};
}

Json response_format(const Json& schema) {
  return {{"type", "json_schema"},
          {"json_schema", {{"name", output_schema_name}, {"schema", schema}, {"strict", fits_strict(schema)}}}};
}

class OpenAiChat final : public Dialect {
 public:
  OpenAiChat(const ProviderConfig& config, const Endpoint& endpoint)
      : url_(endpoint.url("/chat/completions")),
        models_url_(endpoint.url("/models")),
        params_(config.params),
        words_(stop_table_of(config)),
        schema_(sends_schema(config, endpoint, "api.openai.com")),
        id_rule_(id_rule(endpoint)),
        max_tokens_(max_tokens_name(config.max_tokens_field, endpoint)) {}

  std::string url(const ModelRequest&) const override { return url_; }
  std::string models_url() const override { return models_url_; }
  std::string request_id_header() const override { return "x-request-id"; }

  Headers headers(const Secret& key) const override { return bearer(key); }

  std::string encode(const ModelRequest& request) const override {
    const ToolNames names(request);
    const CallIds ids(request, id_rule_);
    Json body = {{"model", request.model}, {"stream", true}, {"stream_options", {{"include_usage", true}}}};
    Json messages = Json::array();
    const std::string system = schema_ ? request.system : system_with_schema(request);
    if (!system.empty()) messages.push_back({{"role", "system"}, {"content", system}});
    for (const Message& message : request.messages) messages.push_back(encode_message(message, names, ids));
    body["messages"] = std::move(messages);
    for (const ToolOffer& offer : request.tools) body["tools"].push_back(encode_tool(offer, names));
    if (request.max_output_tokens) body[max_tokens_] = *request.max_output_tokens;
    merge_params(body, params_, openai_chat_reserved_params);
    merge_params(body, request.params, openai_chat_reserved_params);
    if (schema_ && request.output_schema.is_object() && !body.contains("response_format"))
      body["response_format"] = response_format(request.output_schema);
    return dump_json(body);
  }

  std::unique_ptr<Decoder> decoder(const ModelRequest& request) const override {
    return make_openai_chat_decoder(request, words_);
  }

 private:
  // OpenAI's newer models refuse max_tokens; many other servers only know max_tokens.
  static std::string max_tokens_name(ProviderConfig::MaxTokensField field, const Endpoint& endpoint) {
    const bool openai = endpoint.host == "api.openai.com";
    const bool completion = field == ProviderConfig::MaxTokensField::max_completion_tokens ||
                            (field == ProviderConfig::MaxTokensField::automatic && openai);
    return completion ? "max_completion_tokens" : "max_tokens";
  }

  std::string url_;
  std::string models_url_;
  Json params_;
  StopTable words_;
  bool schema_;
  IdRule id_rule_;
  std::string max_tokens_;
};

}  // namespace

std::unique_ptr<Dialect> make_openai_chat(const ProviderConfig& config, const Endpoint& endpoint) {
  return std::make_unique<OpenAiChat>(config, endpoint);
}

}  // namespace nowd
