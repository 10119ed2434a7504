#include "providers/anthropic/anthropic.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "providers/wire/encode.hpp"
#include "providers/wire/output_schema.hpp"
#include "providers/wire/tool_names.hpp"
#include "providers/wire/wire.hpp"

namespace nowd {
namespace {

const Json& cache_mark() {
  static const Json mark = {{"type", "ephemeral"}};
  return mark;
}

Json encode_tool(const ToolOffer& offer, const ToolNames& names) {
  Json out = {{"name", names.to_wire(offer.name)}, {"input_schema", object_schema(offer)}};
  if (!offer.description.empty()) out["description"] = offer.description;
  return out;
}

/// https://platform.claude.com/docs/en/api/messages, tool_use: ^[a-zA-Z0-9_-]+$
constexpr IdRule id_rule{64, "_-"};

Json text_block(const std::string& text) { return {{"type", "text"}, {"text", text}}; }

/// The model sometimes writes such blocks before a call, but the API answers 400 to a request that contains them.
bool is_blank_text(const Json& block) {
  return block.is_object() && block.value("type", Json()) == Json("text") &&
         text_of(block, "text").find_first_not_of(" \t\r\n") == std::string::npos;
}

Json assistant_content(const Message& message, const ToolNames& names, const CallIds& ids) {
  Json content = Json::array();
  if (const Json* blocks = carried_list(message, anthropic_api)) {
    std::ranges::copy_if(*blocks, std::back_inserter(content), [](const Json& block) { return !is_blank_text(block); });
    std::size_t call = 0;
    for (Json& block : content)
      if (text_of(block, "type") == "tool_use" && call < message.calls.size())
        block["id"] = ids.of(message.calls[call++]);
    return content;
  }
  if (!is_blank_text(text_block(message.text))) content.push_back(text_block(message.text));
  for (const ProposedCall& call : message.calls)
    content.push_back({{"type", "tool_use"},
                       {"id", ids.of(call)},
                       {"name", names.to_wire(call.tool)},
                       {"input", readable_input(call)}});
  return content;
}

Json tool_result(const Message& message, const CallIds& ids) {
  return {{"type", "tool_result"}, {"tool_use_id", ids.of(message)}, {"content", message.text}};
}

/// The API requires all results of one turn in one message of the user.
void add_message(Json& messages, const Message& message, const ToolNames& names, const CallIds& ids) {
  if (message.role == Message::Role::assistant) {
    Json content = assistant_content(message, names, ids);
    // The API refuses an empty message.
    if (!content.empty()) messages.push_back({{"role", "assistant"}, {"content", std::move(content)}});
    return;
  }
  if (messages.empty() || messages.back()["role"] != Json("user"))
    messages.push_back({{"role", "user"}, {"content", Json::array()}});
  messages.back()["content"].push_back(message.role == Message::Role::tool ? tool_result(message, ids)
                                                                           : text_block(message.text));
}

class Anthropic final : public Dialect {
 public:
  Anthropic(const ProviderConfig& config, const Endpoint& endpoint)
      : url_(versioned_url(endpoint, "/v1", "/messages")),
        models_url_(versioned_url(endpoint, "/v1", "/models", "limit=1000")),
        own_(endpoint.host == "api.anthropic.com"),
        schema_(sends_schema(config, endpoint, "api.anthropic.com")),
        params_(config.params),
        words_(stop_table_of(config)) {}

  std::string url(const ModelRequest&) const override { return url_; }
  std::string models_url() const override { return models_url_; }
  std::string request_id_header() const override { return "request-id"; }

  // Servers that imitate the API read the key from one header or the other.
  Headers headers(const Secret& key) const override {
    Headers out{{"anthropic-version", "2023-06-01"}};
    if (key.empty()) return out;
    out.emplace_back("x-api-key", key.reveal());
    if (!own_) out.emplace_back("Authorization", "Bearer " + key.reveal());
    return out;
  }

  std::string encode(const ModelRequest& request) const override {
    const ToolNames names(request);
    const CallIds ids(request, id_rule);
    Json body = {{"model", request.model},
                 {"stream", true},
                 {"max_tokens", request.max_output_tokens.value_or(anthropic_default_max_tokens)}};
    for (const ToolOffer& offer : request.tools) body["tools"].push_back(encode_tool(offer, names));
    std::optional<Json> schema;
    if (schema_ && request.output_schema.is_object()) schema = closed_schema(request.output_schema);
    const std::string system = schema ? request.system : system_with_schema(request);
    // The provider caches the prefix up to the mark; tools come before the system text.
    if (!system.empty()) {
      body["system"] = Json::array({text_block(system)});
      body["system"].back()["cache_control"] = cache_mark();
    } else if (!request.tools.empty()) {
      body["tools"].back()["cache_control"] = cache_mark();
    }
    Json messages = Json::array();
    for (const Message& message : request.messages) add_message(messages, message, names, ids);
    body["messages"] = std::move(messages);
    merge_params(body, params_, anthropic_reserved_params);
    merge_params(body, request.params, anthropic_reserved_params);
    if (schema) put_default(body, "output_config", "format", {{"type", "json_schema"}, {"schema", std::move(*schema)}});
    return dump_json(body);
  }

  std::unique_ptr<Decoder> decoder(const ModelRequest& request) const override {
    return make_anthropic_decoder(request, words_);
  }

 private:
  std::string url_;
  std::string models_url_;
  bool own_;
  bool schema_;
  Json params_;
  StopTable words_;
};

}  // namespace

std::unique_ptr<Dialect> make_anthropic(const ProviderConfig& config, const Endpoint& endpoint) {
  return std::make_unique<Anthropic>(config, endpoint);
}

}  // namespace nowd
