#include "domain/gates/stated_date.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace nowd {
namespace {

constexpr std::size_t max_stated = 100;

std::optional<LocalDay> day_in(std::string_view text, const Zone& zone) {
  if (const auto instant = parse_rfc3339(text)) return day_of(zone.local(*instant));
  if (const auto local = parse_local(text)) return day_of(*local);
  return std::nullopt;
}

}  // namespace

std::string_view stated_date_description() {
  return "The date you take as today: copy as_of from the newest clock block. Not the date of the event, document or "
         "period that you write about.";
}

std::string_view stated_date_output_rule() {
  return "Your answer is one JSON object. Put into its field \"nowd_as_of\" the date you take as today: copy as_of "
         "from the newest clock block. It is not the date of the event, document or period that you write about.";
}

Json with_stated_date(Json schema, bool required) {
  if (!schema.is_object()) schema = Json::object();
  if (!schema.contains("type")) schema["type"] = "object";
  Json& properties = schema["properties"];
  if (!properties.is_object()) properties = Json::object();
  properties[std::string(stated_date_argument)] = {{"type", "string"}, {"description", stated_date_description()}};
  if (!required) return schema;
  Json& needed = schema["required"];
  if (!needed.is_array()) needed = Json::array();
  needed.push_back(stated_date_argument);
  return schema;
}

namespace {

/// A model may write any bytes; the ledger takes no NUL, and no character cut in two.
std::string kept_of(std::string text) {
  std::size_t end = std::min(text.size(), max_stated);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return text;
}

}  // namespace

StatedDate take_stated_date(const std::string& raw) {
  // A tool without arguments may be called with nothing at all.
  const bool nothing = raw.find_first_not_of(" \t\r\n") == std::string::npos;
  Result<Json> json = nothing ? Result<Json>(Json::object()) : parse_json(raw);
  if (!json || !json->is_object()) return {false, {}, raw};
  StatedDate out{true, {}, raw};
  const auto found = json->find(stated_date_argument);
  if (found == json->end()) return out;
  if (!found->is_null()) out.text = kept_of(found->is_string() ? found->get<std::string>() : dump_json(*found));
  json->erase(found);
  out.rest = dump_json(*json);
  return out;
}

bool states_date(std::string_view text, LocalDay day, const Zone& zone) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return day_in(text.substr(0, text.find(' ')), zone) == day;
}

}  // namespace nowd
