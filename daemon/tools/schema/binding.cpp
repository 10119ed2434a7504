// Bound arguments: filled in by nowd, unseen by the model.
#include <nlohmann/json.hpp>

#include "tools/tool.hpp"

namespace nowd {
namespace {

Result<Json> rendered(const Json& value, const TemplateValues& values) {
  if (value.is_string()) {
    auto text = render(value.get_ref<const std::string&>(), values);
    if (!text) return text.error();
    return Json(std::move(*text));
  }
  Json out = value;
  if (!value.is_structured()) return out;
  for (auto& [key, inner] : out.items()) {
    auto done = rendered(inner, values);
    if (!done) return done.error();
    inner = std::move(*done);
  }
  return out;
}

}  // namespace

Json without_bound(const Json& schema, const std::map<std::string, Json>& bind) {
  Json out = schema;
  if (out.contains("properties") && out["properties"].is_object())
    for (const auto& [name, value] : bind) out["properties"].erase(name);
  if (!out.contains("required") || !out["required"].is_array()) return out;
  Json still = Json::array();
  for (const Json& name : out["required"])
    if (!name.is_string() || !bind.contains(name.get_ref<const std::string&>())) still.push_back(name);
  if (still.empty())
    out.erase("required");
  else
    out["required"] = std::move(still);
  return out;
}

Result<Json> with_bound(Json arguments, const std::map<std::string, Json>& bind, const TemplateValues& values) {
  if (arguments.is_null()) arguments = Json::object();
  if (!arguments.is_object()) return invalid("arguments must be a JSON object");
  for (const auto& [name, value] : bind) {
    auto filled = rendered(value, values);
    if (!filled) return invalid("bound argument '" + name + "': " + filled.error().message);
    arguments[name] = std::move(*filled);  // what a model wrote there does not count
  }
  return arguments;
}

}  // namespace nowd
