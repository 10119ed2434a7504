#include "tools/schema/schema_rules.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <vector>

#include "foundation/time/time.hpp"

namespace nowd {
namespace {

constexpr std::size_t max_byte_count = 64 * 1024;
constexpr std::size_t max_schema_levels = 32;
constexpr std::size_t max_expanded = 10'000;  // schemas after following every $ref: references can grow exponentially

using Visit = std::function<void(const std::string&, Json&)>;

std::string escaped(std::string_view key) {
  std::string out;
  for (const char c : key) out += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
  return out;
}

void walk(Json& schema, const std::string& pointer, const Visit& visit);

void walk_members(Json& container, const std::string& pointer, const Visit& visit) {
  if (container.is_object())
    for (auto& [key, inner] : container.items()) walk(inner, pointer + "/" + escaped(key), visit);
  if (container.is_array())
    for (std::size_t i = 0; i < container.size(); ++i) walk(container[i], pointer + "/" + std::to_string(i), visit);
}

void walk(Json& schema, const std::string& pointer, const Visit& visit) {
  static constexpr std::array many{
      "properties", "patternProperties", "definitions", "$defs", "dependencies", "allOf", "anyOf", "oneOf"};
  static constexpr std::array single{
      "additionalItems", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else"};
  if (!schema.is_object()) return;
  visit(pointer, schema);
  for (const char* keyword : many)
    if (schema.contains(keyword)) walk_members(schema[keyword], pointer + "/" + keyword, visit);
  for (const char* keyword : single)
    if (schema.contains(keyword)) walk(schema[keyword], pointer + "/" + keyword, visit);
  if (!schema.contains("items")) return;
  if (schema["items"].is_array())
    walk_members(schema["items"], pointer + "/items", visit);
  else
    walk(schema["items"], pointer + "/items", visit);
}

/// The edges from a schema to the schemas directly inside it and to the target of its $ref.
using Graph = std::map<std::string, std::vector<std::string>>;

std::string parent_schema(std::string pointer, const Graph& graph) {
  do pointer.erase(pointer.rfind('/'));
  while (!graph.contains(pointer));
  return pointer;
}

/// Counts the schemas that a check may visit through all references.
class Expansion {
 public:
  explicit Expansion(const Graph& graph) : graph_(graph) {}

  /// Nothing if a schema contains itself, or for more than max_expanded schemas.
  std::optional<std::size_t> size(const std::string& pointer) {
    if (const auto known = sizes_.find(pointer); known != sizes_.end()) return known->second;
    if (!open_.insert(pointer).second) return std::nullopt;
    std::size_t sum = 1;
    for (const std::string& next : graph_.at(pointer)) {
      const auto inner = size(next);
      if (!inner || (sum += *inner) > max_expanded) return std::nullopt;
    }
    open_.erase(pointer);
    return sizes_[pointer] = sum;
  }

 private:
  const Graph& graph_;
  std::map<std::string, std::size_t> sizes_;
  std::set<std::string> open_;
};

std::optional<std::string> fault_in_references(Json& schema) {
  Graph graph;
  std::map<std::string, std::string> references;
  std::optional<std::string> fault;
  for_each_schema(schema, [&](const std::string& pointer, Json& inner) {
    graph[pointer];
    if (!pointer.empty()) graph[parent_schema(pointer, graph)].push_back(pointer);
    if (!inner.contains("$ref")) return;
    const Json& target = inner["$ref"];
    if (!target.is_string() || !target.get_ref<const std::string&>().starts_with('#'))
      fault = "the schema has a $ref to " + dump_json(target) + "; only references inside it (#/…) are followed";
    else
      references[pointer] = target.get<std::string>().substr(1);
  });
  if (fault) return fault;
  for (const auto& [from, to] : references) {
    if (!graph.contains(to)) return "the schema's $ref \"#" + to + "\" does not lead to a schema";
    graph[from].push_back(to);
  }
  if (Expansion(graph).size("")) return std::nullopt;
  return "the schema contains itself through a $ref, or is too large with every $ref followed; write it out";
}

std::optional<std::string> fault_in_keywords(const Json& schema) {
  if (schema.contains("multipleOf")) {
    const Json& step = schema["multipleOf"];
    if (!step.is_number() || !(step.get<double>() > 0)) return "the schema's multipleOf must be a number above 0";
  }
  if (schema.contains("pattern")) {
    const Json& pattern = schema["pattern"];
    if (!pattern.is_string()) return "the schema's pattern must be a text";
    if (auto fault = fault_in_pattern(pattern.get_ref<const std::string&>())) return fault;
  }
  if (schema.contains("patternProperties"))
    for (const auto& [pattern, inner] : schema["patternProperties"].items())
      if (auto fault = fault_in_pattern(pattern)) return fault;
  if (schema.contains("format") && !schema["format"].is_string()) return "the schema's format must be a text";
  return std::nullopt;
}

std::size_t levels(const Json& value) {
  std::size_t deepest = 0;
  if (value.is_structured())
    for (const Json& inner : value) deepest = std::max(deepest, levels(inner) + 1);
  return deepest;
}

}  // namespace

void for_each_schema(Json& root, const Visit& visit) { walk(root, "", visit); }

std::optional<std::string> fault_in_schema(const Json& schema) {
  if (!schema.is_object()) return "the schema must be an object, as {\"type\": \"object\"}";
  if (schema.contains("type") && schema["type"] != "object")
    return "the schema's type must be object: arguments have names";
  if (dump_json(schema).size() > max_byte_count) return "the schema is larger than 64 KiB";
  if (levels(schema) > max_schema_levels) return "the schema is nested deeper than 32 levels";
  Json copy = schema;
  std::optional<std::string> fault;
  for_each_schema(copy, [&](const std::string&, Json& inner) {
    if (!fault) fault = fault_in_keywords(inner);
  });
  return fault ? fault : fault_in_references(copy);
}

Json prepared_schema(Json schema) {
  for_each_schema(schema, [](const std::string&, Json& inner) {
    for (const char* keyword : {"$id", "id", "$schema"}) inner.erase(keyword);
    const auto rename = [&](const char* from, std::string_view to) {
      const auto found = inner.find(from);
      if (found == inner.end()) return;
      Json value = std::move(*found);
      inner.erase(from);
      inner[std::string(to)] = std::move(value);
    };
    rename("pattern", pattern_keyword);
    rename("format", format_keyword);
  });
  return schema;
}

// Patterns and formats: the checks need linear time and constant stack for any text.

namespace {

constexpr std::size_t max_pattern = 1024;

/// libstdc++'s breadth-first matcher: no recursion over the text and no backtracking (hence no back references).
std::regex compiled(const std::string& pattern) {
  return std::regex(pattern, std::regex_constants::ECMAScript | std::regex_constants::__polynomial);
}

}  // namespace

std::optional<std::string> fault_in_pattern(std::string_view pattern) {
  const std::string quoted = "the schema's pattern '" + std::string(pattern.substr(0, 80)) + "' ";
  if (pattern.size() > max_pattern) return quoted + "is longer than 1024 bytes";
  try {
    compiled(std::string(pattern));
    return std::nullopt;
  } catch (const std::regex_error& e) {
    return quoted + "cannot be used: " + e.what() + " (ECMAScript syntax, no back references)";
  }
}

bool matches_pattern(const std::string& pattern, const std::string& text) {
  return text.size() <= max_matched && std::regex_search(text, compiled(pattern));
}

bool matches_format(std::string_view format, std::string_view text) {
  if (format == "date") return parse_local_day(text).has_value();
  if (format == "date-time") return parse_rfc3339(text).has_value();
  if (format == "time") return parse_rfc3339("2000-01-01T" + std::string(text)).has_value();
  return true;
}

}  // namespace nowd
