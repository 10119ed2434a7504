// config/nowd-job.schema.json, which editors use, says the same as the loader's tables.
#include <fstream>
#include <sstream>

#include "config/support.hpp"
#include "config/yaml/keys.hpp"
#include "config/yaml/words.hpp"
#include "support/catch.hpp"
#include "support/places.hpp"

using namespace nowd;

namespace {

Json schema() {
  std::ifstream in(test_data("../../config/nowd-job.schema.json"));
  std::stringstream text;
  text << in.rdbuf();
  const auto json = parse_json(text.str());
  REQUIRE(json.has_value());
  return *json;
}

std::set<std::string> names_of(const Json& properties) {
  std::set<std::string> out;
  for (const auto& [name, unused] : properties.items()) out.insert(name);
  return out;
}

std::set<std::string> keys_of(Section section) {
  const auto keys = known_keys(section);
  return {keys.begin(), keys.end()};
}

template <class T, std::size_t size>
std::set<std::string> words_of(const Words<T, size>& words) {
  std::set<std::string> out;
  for (const auto& [word, unused] : words) out.emplace(word);
  return out;
}

std::set<std::string> enum_of(const Json& property) {
  const auto values = property["enum"].get<std::vector<std::string>>();
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("the schema for editors knows exactly the keys that the loader knows") {
  const Json root = schema();
  const Json& definitions = root["definitions"];
  CHECK(names_of(root["properties"]) == keys_of(Section::job));
  CHECK(names_of(definitions["command"]["properties"]) == keys_of(Section::command));
  CHECK(names_of(definitions["schedule_mapping"]["properties"]) == keys_of(Section::schedule));
  CHECK(names_of(definitions["missed"]["properties"]) == keys_of(Section::missed));
  CHECK(names_of(definitions["overlap"]["properties"]) == keys_of(Section::overlap));
  CHECK(names_of(definitions["when"]["properties"]) == keys_of(Section::when));
  CHECK(names_of(definitions["text_file"]["properties"]) == keys_of(Section::prompt));
  CHECK(names_of(definitions["clocks"]["properties"]) == keys_of(Section::job_clocks));
  CHECK(names_of(definitions["sql"]["anyOf"].at(1)["properties"]) == keys_of(Section::sql));
  CHECK(names_of(definitions["input"]["properties"]) == keys_of(Section::input));
  CHECK(names_of(definitions["http"]["properties"]) == keys_of(Section::http));
  CHECK(names_of(definitions["tool_use"]["properties"]) == keys_of(Section::tool_use));
  CHECK(names_of(definitions["output"]["properties"]) == keys_of(Section::output));
  CHECK(names_of(definitions["limits"]["properties"]) == keys_of(Section::limits));
  CHECK(names_of(definitions["stop"]["properties"]) == keys_of(Section::stop));
  CHECK(names_of(definitions["provider_use"]["properties"]) == keys_of(Section::provider_use));
  CHECK(names_of(definitions["retention"]["properties"]) == keys_of(Section::retention));
}

TEST_CASE("every mapping of the schema refuses unknown keys, as the loader does") {
  const Json root = schema();
  CHECK(root["additionalProperties"] == false);
  for (const auto& [name, definition] : root["definitions"].items())
    if (definition.contains("properties")) {
      INFO(name);
      CHECK(definition["additionalProperties"] == false);
    }
}

TEST_CASE("the schema offers exactly the words that the loader takes") {
  const Json root = schema();
  const Json& schedule = root["definitions"]["schedule_mapping"]["properties"];
  CHECK(enum_of(root["definitions"]["missed"]["properties"]["policy"]) == words_of(missed_words));
  CHECK(enum_of(root["definitions"]["overlap"]["properties"]["policy"]) == words_of(overlap_words));
  CHECK(enum_of(schedule["gap"]) == words_of(gap_words));
  CHECK(enum_of(schedule["fold"]) == words_of(fold_words));
  CHECK(enum_of(schedule["day_match"]) == words_of(day_match_words));
  CHECK(enum_of(root["definitions"]["output"]["properties"]["format"]) == words_of(format_words));
  CHECK(enum_of(root["definitions"]["command"]["properties"]["repeat"]) == words_of(repeat_words));
}
