#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "tools/schema/arguments.hpp"
#include "tools/tool.hpp"

using namespace nowd;

namespace {

Json schema(std::string_view text) { return parse_json(text).value(); }

std::string fault(const Json& schema, std::string_view raw) {
  const auto checked = check_arguments(schema, raw);
  if (checked) return "";
  CHECK(checked.error().kind == ErrorKind::invalid);
  return checked.error().message;
}

const Json search = schema(R"({"type":"object","properties":{
    "query":{"type":"string","minLength":1,"description":"what to look for"},
    "limit":{"type":"integer","minimum":1,"maximum":100},
    "mode":{"enum":["fast","exact"]},
    "since":{"type":"string","format":"date"},
    "tags":{"type":"array","items":{"type":"string"},"maxItems":2},
    "filter":{"type":"object","properties":{"code":{"type":"string","pattern":"^[A-Z]{2}$"}},"required":["code"]}},
  "required":["query"],"additionalProperties":false})");

}  // namespace

TEST_CASE("arguments that fit are returned as they are") {
  const auto checked =
      check_arguments(search, R"({"query":"x","limit":5,"since":"2026-02-28","filter":{"code":"DE"}})");
  REQUIRE(checked.has_value());
  CHECK((*checked)["limit"] == 5);
  CHECK(check_arguments(schema(R"({"type":"object"})"), "").value() == Json::object());
  CHECK(check_arguments(schema("{}"), " \n").value() == Json::object());
}

TEST_CASE("what is no JSON object is refused with the remedy") {
  CHECK(fault(search, "{\"query\":") == "the arguments are not JSON at byte 10; write one JSON object");
  CHECK(fault(search, "[1]") == "the arguments must be one JSON object, as {\"name\": value}");
  CHECK(fault(search, "\"x\"") == "the arguments must be one JSON object, as {\"name\": value}");
  CHECK(fault(search, std::string(300'000, ' ') + "{}") == "the arguments are larger than 256 KiB");
  CHECK(fault(search, std::string(1000, '[') + std::string(1000, ']')).find("nested deeper than 32") !=
        std::string::npos);
}

TEST_CASE("an error names the argument, its value, and what is wanted") {
  CHECK(fault(search, R"({"query":"x","limit":500})") ==
        R"(argument 'limit' is 500, wanted {"maximum":100,"minimum":1,"type":"integer"})");
  CHECK(fault(search, R"({"query":5})") == R"(argument 'query' is 5, wanted {"minLength":1,"type":"string"})");
  CHECK(fault(search, R"({"query":"x","mode":"slow"})") ==
        R"(argument 'mode' is "slow", wanted {"enum":["fast","exact"]})");
  CHECK(fault(search, R"({"query":"x","tags":["a",2]})") == R"(argument 'tags[1]' is 2, wanted {"type":"string"})");
  CHECK(fault(search, R"({"query":"x","filter":{"code":"de"}})") ==
        R"(argument 'filter.code' is "de", wanted {"pattern":"^[A-Z]{2}$","type":"string"})");
  CHECK(fault(search, R"({"query":"x","since":"2026-02-30"})") ==
        R"(argument 'since' is "2026-02-30", wanted {"format":"date","type":"string"})");
}

TEST_CASE("missing and unknown arguments are named, with the nearest known one") {
  CHECK(fault(search, "{}") ==
        R"(argument 'query' is missing, wanted {"description":"what to look for","minLength":1,"type":"string"})");
  CHECK(fault(search, R"({"query":"x","filter":{}})").find("argument 'filter.code' is missing") == 0);
  CHECK(fault(search, R"({"query":"x","limits":3})") == "argument 'limits' is not known, did you mean 'limit'?");
  CHECK(fault(search, R"({"quary":"x"})").find("argument 'query' is missing") == 0);
}

TEST_CASE("several faults are told at once, but not without end") {
  const std::string all = fault(search, R"({"query":1,"limit":"x","mode":3,"since":4,"tags":5})");
  CHECK(std::count(all.begin(), all.end(), ';') == 2);
}

TEST_CASE("types are strict: a text of digits is no number, and no integer is lost in a conversion") {
  const Json at_most = schema(R"({"properties":{"n":{"type":"integer","maximum":100}}})");
  CHECK(fault(at_most, R"({"n":"5"})") != "");
  CHECK(fault(at_most, R"({"n":5.5})") != "");
  CHECK(fault(at_most, R"({"n":18446744073709551615})") != "");
  CHECK(fault(schema(R"({"properties":{"n":{"multipleOf":3}}})"), R"({"n":1e300})") != "");
  CHECK(fault(at_most, R"({"n":100})") == "");
}

TEST_CASE("anyOf, oneOf, not, if and references inside the schema work") {
  const Json either = schema(R"({"properties":{"id":{"anyOf":[{"type":"integer"},{"$ref":"#/definitions/name"}]}},
                                 "definitions":{"name":{"type":"string","pattern":"^n"}}})");
  CHECK(fault(either, R"({"id":1})") == "");
  CHECK(fault(either, R"({"id":"n1"})") == "");
  CHECK(fault(either, R"({"id":"x1"})").find("argument 'id' is \"x1\", wanted {\"anyOf\":") == 0);
  CHECK(fault(schema(R"({"properties":{"a":{"not":{"const":1}}}})"), R"({"a":1})") != "");
  CHECK(fault(schema(R"({"if":{"required":["a"]},"then":{"required":["b"]}})"), R"({"a":1})") != "");
}

TEST_CASE("a value that is long or not UTF-8 at its cut does not flood the message") {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "\xC3\xBC";
  const std::string message = fault(search, R"({"query":"x","mode":")" + text + "\"}");
  CHECK(message.size() < 400);
  CHECK(message.find("…") != std::string::npos);
}

TEST_CASE("a schema is checked at load") {
  CHECK_FALSE(check_schema(search));
  CHECK_FALSE(check_schema(Json::object()));
  const auto bad = [](std::string_view text) { return check_schema(schema(text)).value_or(""); };
  CHECK(bad("[]") == "the schema must be an object, as {\"type\": \"object\"}");
  CHECK(bad(R"({"type":"string"})") == "the schema's type must be object: arguments have names");
  CHECK(bad(R"({"properties":{"a":{"type":"strnig"}}})").find("the schema is not valid: ") == 0);
  CHECK(bad(R"({"properties":{"a":{"pattern":"("}}})").find("the schema's pattern '(' cannot be used") == 0);
  CHECK(bad(R"({"properties":{"a":{"multipleOf":0}}})") == "the schema's multipleOf must be a number above 0");
  CHECK(bad(R"({"properties":{"a":{"required":"b"}}})").find("the schema is not valid: ") == 0);
}

TEST_CASE("no reference leaves the schema, and none goes in circles") {
  const auto bad = [](std::string_view text) { return check_schema(schema(text)).value_or(""); };
  const std::string remote = "the schema has a $ref to ";
  CHECK(bad(R"({"$ref":"http://example.org/s.json"})").find(remote) == 0);
  CHECK(bad(R"({"properties":{"a":{"$ref":"file:///etc/passwd"}}})").find(remote) == 0);
  CHECK(bad(R"({"$id":"http://x/","properties":{"a":{"$ref":"other.json"}}})").find(remote) == 0);
  CHECK(bad(R"({"properties":{"a":{"$ref":"#/definitions/none"}}})").find("the schema's $ref") == 0);
  CHECK(bad(R"({"properties":{"a":{"$ref":"#/properties/a/enum"}},"enum":[1]})").find("the schema's $ref") == 0);
  const std::string circle = "the schema contains itself through a $ref";
  CHECK(bad(R"({"$ref":"#"})").find(circle) == 0);
  CHECK(bad(R"({"properties":{"child":{"$ref":"#"}}})").find(circle) == 0);
  CHECK(bad(R"({"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"allOf":[{"$ref":"#/definitions/a"}]}}})")
            .find(circle) == 0);
  CHECK_FALSE(check_schema(schema(R"({"$id":"http://x/","$schema":"http://json-schema.org/draft-07/schema#",
      "properties":{"a":{"$ref":"#/definitions/d"},"b":{"$ref":"#/definitions/d"}},"definitions":{"d":{}}})")));
}

TEST_CASE("references that grow exponentially are refused before they are followed") {
  std::string text = R"({"definitions":{"d0":{"type":"object"})";
  for (int i = 1; i < 40; ++i) {
    const std::string before = R"({"$ref":"#/definitions/d)" + std::to_string(i - 1) + "\"}";
    text += ",\"d" + std::to_string(i) + "\":{\"allOf\":[" + before + "," + before + "]}";
  }
  CHECK(check_schema(schema(text + "}}")).value_or("").find("too large") != std::string::npos);
}

TEST_CASE("a property may be named like a keyword") {
  const Json odd =
      schema(R"({"properties":{"pattern":{"type":"string"},"$ref":{"type":"integer"},"id":{"type":"string"}}})");
  CHECK_FALSE(check_schema(odd));
  CHECK(fault(odd, R"({"pattern":"(","$ref":1,"id":"x"})") == "");
  CHECK(fault(odd, R"({"$ref":"x"})") == R"(argument '$ref' is "x", wanted {"type":"integer"})");
}

TEST_CASE("a hostile text can neither exhaust the stack nor the time of a pattern or format") {
  const Json nested = schema(R"({"properties":{"a":{"pattern":"^(a+)+$"},"d":{"format":"date"}}})");
  CHECK(fault(nested, R"({"a":")" + std::string(200, 'a') + "b\"}") != "");
  CHECK(fault(nested, R"({"a":")" + std::string(200'000, 'a') + "\"}") != "");  // too long to match anything
  CHECK(fault(nested, R"({"a":")" + std::string(4000, 'a') + "\"}") == "");
  CHECK(fault(nested, R"({"d":")" + std::string(200'000, '1') + "\"}") != "");
  CHECK(fault(nested, "{\"" + std::string(300, 'n') + "\":1}") == "in the arguments is a name longer than 256 bytes");
}

TEST_CASE("a flood of values is refused before each is compared with each") {
  const Json unique = schema(R"({"properties":{"a":{"type":"array","uniqueItems":true}}})");
  std::string many = "1";
  for (int i = 2; i <= 1500; ++i) many += "," + std::to_string(i);
  CHECK(fault(unique, "{\"a\":[" + many + "]}") == "");
  CHECK(fault(unique, "{\"a\":[" + many + ",1]}") != "");
  CHECK(fault(unique, "{\"a\":[" + many + "],\"b\":[" + many + "]}") == "in the arguments are more than 2048 values");
}

TEST_CASE("rules for the names of arguments are checked, and bad ones are found at load") {
  const Json names = schema(R"({"propertyNames":{"pattern":"^[a-z]+$"},"patternProperties":{"^n":{"type":"number"}}})");
  CHECK(fault(names, R"({"n":1,"x":"y"})") == "");
  CHECK(fault(names, R"({"n":"1"})") != "");
  CHECK(fault(names, R"({"N":1})") != "");
  CHECK(check_schema(schema(R"({"patternProperties":{"(":{}}})")).value_or("").find("the schema's pattern '('") == 0);
}

TEST_CASE("bound arguments are taken out of the schema that a model sees") {
  const Json full =
      schema(R"({"properties":{"since":{"type":"string"},"n":{"type":"integer"}},"required":["since","n"]})");
  CHECK(without_bound(full, {{"since", "x"}}) == schema(R"({"properties":{"n":{"type":"integer"}},"required":["n"]})"));
  CHECK(without_bound(full, {{"since", "x"}, {"n", 1}}) == schema(R"({"properties":{}})"));
  CHECK(without_bound(full, {}) == full);
}

TEST_CASE("bound arguments are filled in from templates, over what a model wrote there") {
  RunTime run;
  run.as_of = parse_rfc3339("2026-06-01T07:00:00Z").value();
  const TemplateValues values{&run, {}, {}, {}};
  const std::map<std::string, Json> bind{
      {"since", "{{today}}"}, {"deep", Json{{"days", {"{{yesterday}}", 3}}}}, {"n", 5}};
  CHECK(with_bound(schema(R"({"since":"1999-01-01","q":"{{today}}"})"), bind, values).value() ==
        schema(R"({"since":"2026-06-01","deep":{"days":["2026-05-31",3]},"n":5,"q":"{{today}}"})"));
  CHECK(with_bound(Json(), {}, values).value() == Json::object());
  CHECK(with_bound(Json(), {{"a", "{{tody}}"}}, values).error().message.find("bound argument 'a': {{tody}}") == 0);
}

TEST_CASE("an output's schema is judged when its job is read: a reference into nothing never reaches a model") {
  OutputRules rules;
  CHECK_FALSE(fault_in_output(rules).has_value());
  rules.schema = *parse_json(R"({"type":"object","properties":{"a":{"type":"string"}}})");
  CHECK_FALSE(fault_in_output(rules).has_value());
  rules.schema = *parse_json(R"({"type":"object","properties":{"a":{"$ref":"#/$defs/gone"}}})");
  CHECK(fault_in_output(rules)->starts_with("output.schema: "));
}
