#include "tools/schema/schema_words.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "foundation/text/nearest.hpp"
#include "foundation/text/utf8.hpp"

namespace nowd {
namespace {

constexpr std::size_t max_value = 100;
constexpr std::size_t max_schema = 400;

std::string shortened(const Json& value, std::size_t limit) {
  const std::string text = dump_json(value);
  const std::string_view shown = utf8_prefix(text, limit);
  return std::string(shown) + (shown.size() < text.size() ? "…" : "");
}

std::optional<std::size_t> as_index(std::string_view step) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (error != std::errc{} || end != step.data() + step.size()) return std::nullopt;
  return index;
}

const Json* member(const Json& object, const std::string& key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

/// The schema that a $ref leads to. Requires: a schema that passed fault_in_schema, so chains end.
const Json* followed(const Json& root, const Json* schema) {
  while (schema != nullptr) {
    const Json* reference = member(*schema, "$ref");
    if (reference == nullptr) return schema;
    const Json::json_pointer pointer(reference->get_ref<const std::string&>().substr(1));
    schema = root.contains(pointer) ? &root.at(pointer) : nullptr;
  }
  return nullptr;
}

const Json* schema_below(const Json& schema, const std::string& step, bool in_array) {
  if (in_array) {
    const Json* items = member(schema, "items");
    if (items == nullptr || !items->is_array()) return items;
    const auto index = as_index(step);
    return index && *index < items->size() ? &(*items)[*index] : member(schema, "additionalItems");
  }
  if (const Json* properties = member(schema, "properties"))
    if (const Json* property = member(*properties, step)) return property;
  return member(schema, "additionalProperties");
}

struct Place {
  const Json* value;
  const Json* schema;  ///< nothing if it is not plain which one applies
  std::string name;    ///< "filter.days[2]"; empty for the arguments themselves
};

Place find_place(const Json& schema, const Json& arguments, const std::vector<std::string>& path) {
  Place place{&arguments, followed(schema, &schema), ""};
  for (const std::string& step : path) {
    const bool in_array = place.value != nullptr && place.value->is_array();
    place.name += in_array ? "[" + step + "]" : (place.name.empty() ? "" : ".") + step;
    if (place.schema != nullptr) place.schema = followed(schema, schema_below(*place.schema, step, in_array));
    const auto index = as_index(step);
    if (in_array)
      place.value = index && *index < place.value->size() ? &(*place.value)[*index] : nullptr;
    else if (place.value != nullptr)
      place.value = member(*place.value, step);
  }
  return place;
}

std::string named(const std::string& parent, const std::string& key) {
  return "argument '" + (parent.empty() ? key : parent + "." + key) + "'";
}

std::string missing_members(const Place& place) {
  std::string out;
  const Json* required = member(*place.schema, "required");
  if (required == nullptr || !required->is_array()) return out;
  for (const Json& key : *required) {
    if (!key.is_string() || place.value->contains(key.get_ref<const std::string&>())) continue;
    out += (out.empty() ? "" : "; ") + named(place.name, key.get<std::string>()) + " is missing";
    const Json* properties = member(*place.schema, "properties");
    const Json* wanted = properties == nullptr ? nullptr : member(*properties, key.get<std::string>());
    if (wanted != nullptr) out += ", wanted " + shortened(*wanted, max_schema);
  }
  return out;
}

std::string unknown_members(const Place& place) {
  std::string out;
  const Json* more = member(*place.schema, "additionalProperties");
  if (more == nullptr || *more != false || place.schema->contains("patternProperties")) return out;
  std::vector<std::string> known;
  if (const Json* properties = member(*place.schema, "properties"))
    for (const auto& [key, schema] : properties->items()) known.push_back(key);
  for (const auto& [key, value] : place.value->items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    out += (out.empty() ? "" : "; ") + named(place.name, key) + " is not known";
    if (const auto near = nearest_name(key, known)) out += ", did you mean '" + *near + "'?";
  }
  return out;
}

/// What the schema says, without its prose.
std::string wanted(const Json& schema) {
  if (!schema.is_object()) return "nothing";
  Json rules = schema;
  for (const char* prose : {"title", "description", "examples", "$comment", "default", "definitions", "$defs"})
    rules.erase(prose);
  return shortened(rules, max_schema);
}

}  // namespace

std::string explain_failure(const Json& schema, const Json& arguments, const std::vector<std::string>& path,
                            std::string_view said) {
  const Place place = find_place(schema, arguments, path);
  if (place.value != nullptr && place.schema != nullptr && place.value->is_object()) {
    const std::string missing = missing_members(place);
    const std::string unknown = unknown_members(place);
    if (!missing.empty() || !unknown.empty())
      return missing + (missing.empty() || unknown.empty() ? "" : "; ") + unknown;
  }
  const std::string subject = place.name.empty() ? "the arguments are " : "argument '" + place.name + "' is ";
  const std::string value = place.value == nullptr ? "not right" : shortened(*place.value, max_value);
  if (place.schema != nullptr) return subject + value + ", wanted " + wanted(*place.schema);
  return subject + value + ": " + std::string(said);
}

}  // namespace nowd
