// config/nowd-job.schema.json, which editors use: it is generated from the rows of job_table.hpp and from
// tests/data/config/schema_shapes.json, which has the shapes of values and the rules between keys.
// To write it anew: NOWD_WRITE_SCHEMA=1 build/dev/tests/config/test_config "the schema for editors*"
#include <cstdlib>
#include <fstream>
#include <functional>

#include <nlohmann/json.hpp>
#include "config/support.hpp"
#include "config/table/job_table.hpp"
#include "support/catch.hpp"
#include "support/places.hpp"

using namespace nowd;

namespace {

using Schema = nlohmann::ordered_json;

std::string text_of(const std::string& below) {
  std::ifstream in(test_data(below));
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

Schema reference(std::string_view definition) { return {{"$ref", "#/definitions/" + std::string(definition)}}; }

template <class T, std::size_t size>
Schema words_of(const Words<T, size>& words) {
  Schema out = Schema::array();
  for (const auto& [word, unused] : words) out.push_back(word);
  return out;
}

/// "90s", "10m", "256 KiB": a default as a person writes it.
std::string duration_text(milliseconds value) {
  for (const auto& [unit, letter] : {std::pair{milliseconds{86'400'000}, "d"},
                                     {milliseconds{3'600'000}, "h"},
                                     {milliseconds{60'000}, "m"},
                                     {milliseconds{1'000}, "s"}})
    if (value % unit == milliseconds{0}) return std::to_string(value / unit) + letter;
  return std::to_string(value.count()) + "ms";
}
std::string size_text(std::int64_t bytes) {
  return bytes % (1024 * 1024) == 0 ? std::to_string(bytes / 1024 / 1024) + " MiB"
                                    : std::to_string(bytes / 1024) + " KiB";
}

Schema shape(const codec::ByHand& codec) { return reference(codec.shape); }
template <class T>
Schema shape(const codec::Inside<T>& codec) {
  return reference(codec.shape);
}
template <class T>
Schema shape(const codec::Alternative<T>& codec) {
  return reference(codec.shape);
}
template <class T>
Schema shape(const codec::Section<T>&) {
  return reference(table_of<T>().name);
}
template <class T, std::size_t size>
Schema shape(const codec::OneOf<T, size>& codec) {
  return {{"enum", words_of(codec.words)}};
}
Schema shape(const codec::Word& codec) { return {{"enum", codec.words}}; }
Schema shape(const codec::Text&) { return {{"type", "string"}}; }
Schema shape(const codec::FilledText&) { return reference("filled_text"); }
Schema shape(const codec::Name&) { return reference("name"); }
Schema shape(const codec::Texts&) { return reference("texts"); }
Schema shape(const codec::Boolean&) { return {{"type", "boolean"}}; }
Schema shape(const codec::Integer& codec) {
  return {{"type", "integer"}, {"minimum", codec.min}, {"maximum", codec.max}};
}
Schema shape(const codec::Size&) { return reference("size"); }
Schema shape(const codec::Duration&) { return reference("duration"); }
Schema shape(const codec::WholeSeconds&) { return reference("duration"); }
Schema shape(const codec::TimeOfDay&) { return reference("time_of_day"); }
Schema shape(const codec::Date&) { return reference("date"); }
Schema shape(const codec::Money&) { return reference("usd"); }
Schema shape(const codec::Percent&) { return reference("percent"); }
Schema shape(const codec::JsonObject&) { return reference("object"); }

/// The visitor that makes the properties of a section.
struct SchemaWriter {
  Schema properties = Schema::object();

  template <class Codec>
  void by_hand(std::string_view name, const Codec& codec, std::string_view help) {
    Schema& property = properties[std::string(name)] = shape(codec);
    if (!help.empty()) property["description"] = help;
  }
  template <class T, class Codec>
  void key(std::string_view name, const T& usual, const Codec& codec, std::string_view help, Kept = Kept::always) {
    by_hand(name, codec, help);
    Schema& property = properties[std::string(name)];
    if constexpr (std::is_same_v<Codec, codec::Boolean> || std::is_same_v<Codec, codec::Integer>) {
      if constexpr (std::is_arithmetic_v<T>) property["default"] = usual;
    } else if constexpr (std::is_same_v<Codec, codec::Duration> || std::is_same_v<Codec, codec::WholeSeconds>) {
      if constexpr (requires { usual.count(); }) property["default"] = duration_text(usual);
    } else if constexpr (std::is_same_v<Codec, codec::Size>) {
      property["default"] = size_text(usual);
    } else if constexpr (std::is_same_v<Codec, codec::Percent>) {
      property["default"] = std::to_string(usual) + "%";
    } else if constexpr (std::is_same_v<Codec, codec::Word>) {
      property["default"] = usual;
    } else if constexpr (requires { word_of(codec.words, usual); }) {
      property["default"] = word_of(codec.words, usual);
    }
  }
  template <class Variant, class Codec>
  void choice(std::string_view name, const Variant&, const Codec& codec, std::string_view help) {
    by_hand(name, codec, help);
  }
  template <class... Ignored>
  void about(const Ignored&...) {}
  template <class... Ignored>
  void kept(const Ignored&...) {}
  template <class... Ignored>
  void unbuilt(const Ignored&...) {}
};

class SchemaText {
 public:
  SchemaText() : shapes_(Schema::parse(text_of("config/schema_shapes.json"))), out_(shapes_["job"]) {
    add_section<Job>(out_);
    out_["definitions"] = Schema::object();
    add<TextFile>();
    add<Schedule>();
    add<MissedRules>();
    add<OverlapRules>();
    add<Input>();
    add<HttpAction>();
    add<SqlAction>();
    add<CommandAgent>();
    add<ToolUse>();
    add<Fallback>();
    add<When>();
    add<OutputRules>();
    add<ClockRules>();
    add<Limits>();
    add<Retention>();
    add<StopRules>();
    for (const auto& [name, definition] : shapes_["shapes"].items()) out_["definitions"][name] = definition;
  }
  std::string str() const { return out_.dump(2) + "\n"; }

 private:
  template <class T>
  void add() {
    const std::string name(table_of<T>().name);
    Schema& section = out_["definitions"][name] = {{"type", "object"}};
    if (shapes_["rules"].contains(name)) section.update(shapes_["rules"][name]);
    add_section<T>(section);
  }
  template <class T>
  void add_section(Schema& section) {
    SchemaWriter writer;
    T usual{};
    describe(writer, usual);
    section["additionalProperties"] = false;
    section["properties"] = writer.properties;
  }

  Schema shapes_, out_;
};

/// Calls `visit` with each $ref in a schema.
void each_reference(const Schema& schema, const std::function<void(const std::string&)>& visit) {
  if (schema.is_object() && schema.contains("$ref")) visit(schema["$ref"].get<std::string>());
  if (schema.is_structured())
    for (const Schema& inner : schema) each_reference(inner, visit);
}

}  // namespace

TEST_CASE("the schema for editors has the keys, words and limits of the loader's tables") {
  const std::string text = SchemaText().str();
  if (std::getenv("NOWD_WRITE_SCHEMA") != nullptr)
    std::ofstream(test_data("../../config/nowd-job.schema.json")) << text;
  CHECK(text == text_of("../../config/nowd-job.schema.json"));
}

TEST_CASE("every section that a job may hold is in the schema, and refuses unknown keys") {
  const Schema schema = Schema::parse(text_of("../../config/nowd-job.schema.json"));
  CHECK(schema["additionalProperties"] == false);
  for (const SectionTable* table : all_section_tables()) {
    if (table->page != "nowd-job.5" || table->name == "job") continue;
    CAPTURE(table->name);
    REQUIRE(schema["definitions"].contains(std::string(table->name)));
    CHECK(schema["definitions"][std::string(table->name)]["additionalProperties"] == false);
  }
}

TEST_CASE("every definition that the schema refers to is in it") {
  const Schema schema = Schema::parse(text_of("../../config/nowd-job.schema.json"));
  each_reference(schema, [&](const std::string& reference) {
    CAPTURE(reference);
    CHECK(schema.contains(Schema::json_pointer(reference.substr(1))));
  });
}
