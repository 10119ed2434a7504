#include "providers/openai/openai_responses.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "providers/wire/encode.hpp"
#include "providers/wire/output_schema.hpp"
#include "providers/wire/tool_names.hpp"
#include "providers/wire/wire.hpp"

namespace nowd {
namespace {

// This API is strict by default, and strict mode supports few schemas. nowd checks the arguments itself.
Json encode_responses_tool(const ToolOffer& offer, const ToolNames& names) {
  Json out = {{"type", "function"},
              {"name", names.to_wire(offer.name)},
              {"parameters", object_schema(offer)},
              {"strict", false}};
  if (!offer.description.empty()) out["description"] = offer.description;
  return out;
}

constexpr IdRule responses_id_rule{64, "_-.:|/+="};

void add_assistant(Json& input, const Message& message, const ToolNames& names, const CallIds& ids) {
  if (const Json* items = carried_list(message, openai_responses_api)) {
    std::size_t call = 0;
    for (const Json& item : *items) {
      input.push_back(item);
      if (text_of(item, "type") != "function_call" || call == message.calls.size()) continue;
      input.back()["call_id"] = ids.of(message.calls[call]);
      input.back()["arguments"] = readable_arguments(message.calls[call++]);
    }
    return;
  }
  if (!message.text.empty()) input.push_back({{"role", "assistant"}, {"content", message.text}});
  for (const ProposedCall& call : message.calls)
    input.push_back({{"type", "function_call"},
                     {"call_id", ids.of(call)},
                     {"name", names.to_wire(call.tool)},
                     {"arguments", readable_arguments(call)}});
}

void add_message(Json& input, const Message& message, const ToolNames& names, const CallIds& ids) {
  switch (message.role) {
    case Message::Role::user:
      input.push_back({{"role", "user"}, {"content", message.text}});
      return;
    case Message::Role::assistant:
      return add_assistant(input, message, names, ids);
    case Message::Role::tool:
      input.push_back({{"type", "function_call_output"}, {"call_id", ids.of(message)}, {"output", message.text}});
  }
}

/// Models without reasoning answer 400 to a request for encrypted reasoning. All newer models reason.
bool may_reason(std::string_view model) {
  return !model.starts_with("gpt-3") && !model.starts_with("gpt-4") && !model.starts_with("chatgpt-");
}

Json text_format(const Json& schema) {
  return {{"type", "json_schema"}, {"name", output_schema_name}, {"schema", schema}, {"strict", fits_strict(schema)}};
}

class OpenAiResponses final : public Dialect {
 public:
  OpenAiResponses(const ProviderConfig& config, const Endpoint& endpoint)
      : url_(endpoint.url("/responses")),
        models_url_(endpoint.url("/models")),
        params_(config.params),
        words_(stop_table_of(config)),
        schema_(sends_schema(config, endpoint, "api.openai.com")) {}

  std::string url(const ModelRequest&) const override { return url_; }
  std::string models_url() const override { return models_url_; }
  std::string request_id_header() const override { return "x-request-id"; }

  Headers headers(const Secret& key) const override { return bearer(key); }

  std::string encode(const ModelRequest& request) const override {
    const ToolNames names(request);
    const CallIds ids(request, responses_id_rule);
    Json body = {{"model", request.model}, {"stream", true}, {"store", false}};
    if (may_reason(request.model)) body["include"] = Json::array({"reasoning.encrypted_content"});
    const std::string system = schema_ ? request.system : system_with_schema(request);
    if (!system.empty()) body["instructions"] = system;
    Json input = Json::array();
    for (const Message& message : request.messages) add_message(input, message, names, ids);
    body["input"] = std::move(input);
    for (const ToolOffer& offer : request.tools) body["tools"].push_back(encode_responses_tool(offer, names));
    if (request.max_output_tokens) body["max_output_tokens"] = *request.max_output_tokens;
    merge_params(body, params_, openai_responses_reserved_params);
    merge_params(body, request.params, openai_responses_reserved_params);
    if (schema_ && request.output_schema.is_object())
      put_default(body, "text", "format", text_format(request.output_schema));
    return dump_json(body);
  }

  std::unique_ptr<Decoder> decoder(const ModelRequest& request) const override {
    return make_openai_responses_decoder(request, words_);
  }

 private:
  std::string url_;
  std::string models_url_;
  Json params_;
  StopTable words_;
  bool schema_;
};

}  // namespace

std::unique_ptr<Dialect> make_openai_responses(const ProviderConfig& config, const Endpoint& endpoint) {
  return std::make_unique<OpenAiResponses>(config, endpoint);
}

}  // namespace nowd
