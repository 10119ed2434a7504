#include "tools/schema/arguments.hpp"

// The only file that includes valijson.
#define VALIJSON_USE_EXCEPTIONS 1  // without it the library aborts the process over a bad schema
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/constraint_builder.hpp>
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "foundation/json.hpp"
#include "foundation/text/nearest.hpp"
#include "foundation/text/utf8.hpp"
#include "tools/calls/result_text.hpp"
#include "tools/schema/schema_rules.hpp"

namespace nowd {
namespace {

constexpr std::size_t max_value = 100;
constexpr std::size_t max_schema = 400;

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

/// The target of a $ref. Requires: the schema passed fault_in_schema, so chains end.
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
  const Json* schema;  ///< nullptr if several may apply
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
    if (wanted != nullptr) out += ", wanted " + clipped(dump_json(*wanted), max_schema);
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

/// The schema without its prose.
std::string wanted(const Json& schema) {
  if (!schema.is_object()) return "nothing";
  Json rules = schema;
  for (const char* prose : {"title", "description", "examples", "$comment", "default", "definitions", "$defs"})
    rules.erase(prose);
  return clipped(dump_json(rules), max_schema);
}

/// Explains one failure. `path` leads from the arguments to the failed value: member names and array indices. Uses
/// `library_text`, the library's own sentence, if the schema at that place is unclear.
std::string explain_failure(const Json& schema, const Json& arguments, const std::vector<std::string>& path,
                            std::string_view library_text) {
  const Place place = find_place(schema, arguments, path);
  if (place.value != nullptr && place.schema != nullptr && place.value->is_object()) {
    const std::string missing = missing_members(place);
    const std::string unknown = unknown_members(place);
    if (!missing.empty() || !unknown.empty())
      return missing + (missing.empty() || unknown.empty() ? "" : "; ") + unknown;
  }
  const std::string subject = place.name.empty() ? "the arguments are " : "argument '" + place.name + "' is ";
  const std::string value = place.value == nullptr ? "not right" : clipped(dump_json(*place.value), max_value);
  if (place.schema != nullptr) return subject + value + ", wanted " + wanted(*place.schema);
  return subject + value + ": " + std::string(library_text);
}

constexpr std::size_t max_raw_bytes = 256 * 1024;
constexpr std::size_t max_argument_levels = 32;
constexpr std::size_t max_values = 2048;
constexpr std::size_t max_name = 256;
constexpr std::size_t max_explained = 3;

using TextRule = bool (*)(const std::string& wanted, const std::string& text);

/// `pattern` or `format`, with nowd's own check.
class TextConstraint final : public valijson::constraints::PolyConstraint {
 public:
  TextConstraint(std::string wanted, TextRule rule) : wanted_(std::move(wanted)), rule_(rule) {}

  bool validate(const valijson::adapters::Adapter& target, const std::vector<std::string>& context,
                valijson::ValidationResults* results) const override {
    if (!target.isString() || rule_(wanted_, target.asString())) return true;
    if (results != nullptr) results->pushError(context, "The text does not have the form '" + wanted_ + "'.");
    return false;
  }

 private:
  Constraint* cloneInto(void* place) const override { return new (place) TextConstraint(*this); }
  std::size_t sizeOf() const override { return sizeof(TextConstraint); }

  std::string wanted_;
  TextRule rule_;
};

class TextConstraintBuilder final : public valijson::ConstraintBuilder {
 public:
  explicit TextConstraintBuilder(TextRule rule) : rule_(rule) {}
  valijson::constraints::Constraint* make(const valijson::adapters::Adapter& node) const override {
    return new TextConstraint(node.asString(), rule_);
  }

 private:
  TextRule rule_;
};

/// Errors: `invalid` with the library's message.
std::optional<Error> load(const Json& schema, valijson::Schema& into) {
  try {
    valijson::SchemaParser parser;                                                                          // draft 7
    parser.addConstraintBuilder(std::string(pattern_keyword), new TextConstraintBuilder(matches_pattern));  // takes it
    parser.addConstraintBuilder(std::string(format_keyword),
                                new TextConstraintBuilder([](const std::string& format, const std::string& text) {
                                  return matches_format(format, text);
                                }));
    const Json prepared = prepared_schema(schema);
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(prepared), into);
    return std::nullopt;
  } catch (const std::exception& e) {
    return invalid(std::string("the schema is not valid: ") + e.what());
  }
}

/// The fault of a value that the library would convert out of range, compare with all others, or match by backtracking:
/// numbers beyond an int64, thousands of values (uniqueItems), long names (patternProperties). `count` counts the
/// values.
std::optional<std::string> fault_in_value(const Json& value, std::size_t& count) {
  if (++count > max_values) return "are more than 2048 values";
  const bool too_large =
      (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) ||
      (value.is_number_float() && std::fabs(value.get<double>()) >= 9.2e18);
  if (too_large) return "is the number " + value.dump() + ", which is too large";
  if (value.is_object())
    for (const auto& [name, inner] : value.items())
      if (name.size() > max_name) return "is a name longer than 256 bytes";
  if (value.is_structured())
    for (const Json& inner : value)
      if (auto fault = fault_in_value(inner, count)) return fault;
  return std::nullopt;
}

Result<Json> parse_arguments(std::string_view raw) {
  if (raw.size() > max_raw_bytes) return invalid("the arguments are larger than 256 KiB");
  // For a tool without arguments, models send an empty text.
  if (raw.find_first_not_of(" \t\r\n") == std::string_view::npos) return Json::object();
  auto parsed = parse_json(raw, max_argument_levels);
  if (!parsed) return invalid("the arguments are " + parsed.error().message + "; write one JSON object");
  if (!parsed->is_object()) return invalid("the arguments must be one JSON object, as {\"name\": value}");
  std::size_t count = 0;
  if (auto fault = fault_in_value(*parsed, count)) return invalid("in the arguments " + *fault);
  return parsed;
}

/// "<root>", "[filter]", "[2]" → filter, 2.
std::vector<std::string> path_of(const std::vector<std::string>& context) {
  std::vector<std::string> path;
  for (std::size_t i = 1; i < context.size(); ++i) path.push_back(context[i].substr(1, context[i].size() - 2));
  return path;
}

/// The library reports the innermost failure first, then all enclosing schemas: one sentence per place is enough.
std::string explain(const Json& schema, const Json& arguments, const valijson::ValidationResults& results) {
  std::vector<std::vector<std::string>> places;
  std::string out;
  for (const auto& error : results) {
    const auto path = path_of(error.context);
    const bool around = std::any_of(places.begin(), places.end(), [&](const auto& place) {
      return path.size() <= place.size() && std::equal(path.begin(), path.end(), place.begin());
    });
    if (around || places.size() == max_explained) continue;
    places.push_back(path);
    out += (out.empty() ? "" : "; ") + explain_failure(schema, arguments, path, error.description);
  }
  // Some rules fail without a message (propertyNames).
  return out.empty() ? explain_failure(schema, arguments, {}, "they do not fit") : out;
}

}  // namespace

Result<Json> check_arguments(const Json& schema, std::string_view raw) {
  if (auto fault = fault_in_schema(schema)) return invalid(std::move(*fault));
  auto arguments = parse_arguments(raw);
  if (!arguments) return arguments;
  valijson::Schema loaded;
  if (auto fault = load(schema, loaded)) return std::move(*fault);
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  valijson::ValidationResults results;
  if (validator.validate(loaded, valijson::adapters::NlohmannJsonAdapter(*arguments), &results)) return arguments;
  return invalid(explain(schema, *arguments, results));
}

std::optional<std::string> check_schema(const Json& schema) {
  if (auto fault = fault_in_schema(schema)) return fault;
  valijson::Schema loaded;
  if (auto fault = load(schema, loaded)) return fault->message;
  return std::nullopt;
}

std::optional<std::string> fault_in_output(const OutputRules& rules) {
  const auto fault = rules.schema.is_null() ? std::nullopt : check_schema(rules.schema);
  return fault ? std::optional("output.schema: " + *fault) : std::nullopt;
}

// Bound arguments: nowd adds them, and the model does not see them.

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
    auto filled = render_json(value, values);
    if (!filled) return invalid("bound argument '" + name + "': " + filled.error().message);
    arguments[name] = std::move(*filled);  // replaces any value from the model
  }
  return arguments;
}

}  // namespace nowd
