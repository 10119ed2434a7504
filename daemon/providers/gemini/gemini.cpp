#include "providers/gemini/gemini.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "providers/wire/encode.hpp"
#include "providers/wire/output_schema.hpp"
#include "providers/wire/tool_names.hpp"

namespace nowd {
namespace {

constexpr std::string_view version = "/v1beta";

std::string_view short_name(std::string_view model) { return model.substr(model.rfind('/') + 1); }

bool is_before_3(std::string_view model) {
  const std::string_view name = short_name(model);
  return name.starts_with("gemini-1") || name.starts_with("gemini-2");
}

Json text_part(const std::string& text) { return {{"text", text}}; }

Json encode_tool(const ToolOffer& offer, const ToolNames& names) {
  Json out = {{"name", names.to_wire(offer.name)}};
  if (!offer.description.empty()) out["description"] = offer.description;
  Json schema = object_schema(offer);
  // The API refuses an object without properties, but accepts a function without parameters.
  if (!schema["properties"].empty()) out["parametersJsonSchema"] = std::move(schema);
  return out;
}

/// Gemini 3 requires a signature on the first call of a step, or answers 400. Calls of other models have none, so they
/// get this one: https://ai.google.dev/gemini-api/docs/thought-signatures, FAQ.
constexpr const char* foreign_signature = "skip_thought_signature_validator";

Json model_parts(const Message& message, const ToolNames& names, bool signs) {
  if (const Json* parts = carried_list(message, gemini_api)) return *parts;
  Json parts = Json::array();
  if (!message.text.empty()) parts.push_back(text_part(message.text));
  for (const ProposedCall& call : message.calls)
    parts.push_back({{"functionCall", {{"name", names.to_wire(call.tool)}, {"args", readable_input(call)}}}});
  if (signs && !message.calls.empty()) parts[message.text.empty() ? 0 : 1]["thoughtSignature"] = foreign_signature;
  return parts;
}

/// True if the model's own call has this id. The API identifies calls by name and order; ids are optional.
bool has_call_id(const Json& contents, const std::string& id) {
  const auto turn = std::find_if(contents.rbegin(), contents.rend(),
                                 [](const Json& content) { return content["role"] == Json("model"); });
  return turn != contents.rend() && std::ranges::any_of((*turn)["parts"], [&](const Json& part) {
           return part.is_object() && part.contains("functionCall") && part["functionCall"].is_object() &&
                  part["functionCall"].value("id", Json()) == Json(id);
         });
}

Json function_response(const Json& contents, const Message& message, const ToolNames& names) {
  Json response = {{"name", names.to_wire(message.tool)}, {"response", {{"output", message.text}}}};
  if (has_call_id(contents, message.call_id)) response["id"] = message.call_id;
  return {{"functionResponse", std::move(response)}};
}

/// The API requires one response for each call, in the turn after the calls.
void add_message(Json& contents, const Message& message, const ToolNames& names, bool signs) {
  if (message.role == Message::Role::assistant) {
    Json parts = model_parts(message, names, signs);
    if (!parts.empty()) contents.push_back({{"role", "model"}, {"parts", std::move(parts)}});
    return;
  }
  Json part =
      message.role == Message::Role::tool ? function_response(contents, message, names) : text_part(message.text);
  if (contents.empty() || contents.back()["role"] != Json("user"))
    contents.push_back({{"role", "user"}, {"parts", Json::array()}});
  contents.back()["parts"].push_back(std::move(part));
}

void add_params(Json& body, const Json& params) {
  constexpr std::array<std::string_view, 5> fields{"toolConfig", "safetySettings", "cachedContent", "labels",
                                                   "serviceTier"};
  if (!params.is_object()) return;
  for (const auto& [key, value] : params.items()) {
    if (std::ranges::find(gemini_reserved_params, key) != gemini_reserved_params.end()) continue;
    if (std::ranges::find(fields, key) != fields.end())
      put_param(body, key, value);
    else if (key == "generationConfig")
      add_params(body, value);
    else if (!value.is_null() || body.contains("generationConfig"))
      put_param(body["generationConfig"], key, value);
  }
}

/// Gemini 1 and 2 refuse JSON output where functions are declared.
bool takes_schema(const ModelRequest& request) {
  return request.output_schema.is_object() && (request.tools.empty() || !is_before_3(request.model));
}

void add_schema(Json& body, const Json& schema) {
  Json& config = body["generationConfig"];
  if (config.contains("responseSchema") || config.contains("responseJsonSchema") ||
      config.contains("responseMimeType") || config.contains("responseFormat"))
    return;
  config["responseMimeType"] = "application/json";
  config["responseJsonSchema"] = schema;
}

/// A path segment (RFC 3986); "tunedModels/x" keeps its slash.
std::string in_path(std::string_view model) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/@";
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : model) {
    const auto byte = static_cast<unsigned char>(c);
    if (plain.find(c) != plain.npos)
      out += c;
    else
      out.append({'%', hex[byte >> 4], hex[byte & 15]});
  }
  return out;
}

class Gemini final : public Dialect {
 public:
  Gemini(const ProviderConfig& config, const Endpoint& endpoint)
      : endpoint_(endpoint),
        params_(config.params),
        words_(stop_table_of(config)),
        schema_(sends_schema(config, endpoint, "googleapis.com")) {}

  std::string url(const ModelRequest& request) const override {
    const bool whole = request.model.find('/') != std::string::npos;
    const std::string model = (whole ? "/" : "/models/") + in_path(request.model);
    return versioned_url(endpoint_, version, model + ":streamGenerateContent", "alt=sse");
  }
  std::string models_url() const override { return versioned_url(endpoint_, version, "/models", "pageSize=1000"); }
  std::string request_id_header() const override { return ""; }

  Headers headers(const Secret& key) const override {
    if (key.empty()) return {};
    return {{"x-goog-api-key", key.reveal()}};
  }

  std::string encode(const ModelRequest& request) const override {
    const ToolNames names(request);
    Json body = Json::object();
    const bool schema = schema_ && takes_schema(request);
    const std::string system = schema ? request.system : system_with_schema(request);
    if (!system.empty()) body["systemInstruction"]["parts"] = Json::array({text_part(system)});
    Json functions = Json::array();
    for (const ToolOffer& offer : request.tools) functions.push_back(encode_tool(offer, names));
    if (!functions.empty()) body["tools"] = Json::array({{{"functionDeclarations", std::move(functions)}}});
    Json contents = Json::array();
    const bool signs = short_name(request.model).starts_with("gemini-") && !is_before_3(request.model);
    for (const Message& message : request.messages) add_message(contents, message, names, signs);
    body["contents"] = std::move(contents);
    if (request.max_output_tokens) body["generationConfig"]["maxOutputTokens"] = *request.max_output_tokens;
    add_params(body, params_);
    add_params(body, request.params);
    if (schema) add_schema(body, request.output_schema);
    return dump_json(body);
  }

  std::unique_ptr<Decoder> decoder(const ModelRequest& request) const override {
    return make_gemini_decoder(request, words_);
  }

 private:
  Endpoint endpoint_;
  Json params_;
  StopTable words_;
  bool schema_;
};

}  // namespace

std::unique_ptr<Dialect> make_gemini(const ProviderConfig& config, const Endpoint& endpoint) {
  return std::make_unique<Gemini>(config, endpoint);
}

}  // namespace nowd
