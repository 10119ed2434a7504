// Structured output: the schema of a job's answer, in the form of each API or in words.
#include "providers/wire/output_schema.hpp"
#include "golden.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

Json json(const char* text) { return *parse_json(text); }

const char* strict_schema =
    R"({"type":"object","additionalProperties":false,"required":["n","nowd_as_of"],"properties":{
  "n":{"type":"integer","minimum":0},"nowd_as_of":{"type":"string","description":"The date you take as today"}}})";

ModelRequest structured(const char* schema = strict_schema, bool tools = true) {
  ModelRequest request = conversation();
  if (!tools) request.tools.clear();
  request.output_schema = json(schema);
  return request;
}

Json encoded(const std::string& api, const ModelRequest& request, ProviderConfig config = {}) {
  return *parse_json(dialect_of(api, std::move(config))->encode(request));
}

/// The schema where this API has a place for it; null = it is not there.
Json schema_in(const std::string& api, const Json& body) {
  const std::map<std::string, std::string> places{{"openai-chat", "/response_format/json_schema/schema"},
                                                  {"openai-responses", "/text/format/schema"},
                                                  {"anthropic", "/output_config/format/schema"},
                                                  {"gemini", "/generationConfig/responseJsonSchema"}};
  const Json::json_pointer place(places.at(api));
  return body.contains(place) ? body.at(place) : Json();
}

bool in_words(const Json& body) { return dump_json(body).find("It fits this JSON Schema") != std::string::npos; }

}  // namespace

TEST_CASE("a schema goes out in each API's own form, with tools beside it") {
  for (const TestedApi& api : tested_apis()) {
    CAPTURE(api.api);
    const Json body = encoded(api.api, structured());
    CHECK(matches_golden(provider_data(api.api + "/encode/structured.json"), body));
    CHECK_FALSE(in_words(body));
    CHECK(body.contains("tools"));
  }
}

TEST_CASE("a server that imitates an API gets the schema in words, unless the configuration says otherwise") {
  for (const TestedApi& api : tested_apis()) {
    CAPTURE(api.api);
    ProviderConfig config;
    config.base_url = "http://127.0.0.1:8000/v1";
    Json body = encoded(api.api, structured(), config);
    CHECK(schema_in(api.api, body).is_null());
    CHECK(in_words(body));
    config.structured_output = true;
    body = encoded(api.api, structured(), config);
    CHECK(schema_in(api.api, body).is_object());
    CHECK_FALSE(in_words(body));
    config = {};
    config.structured_output = false;
    body = encoded(api.api, structured(), config);
    CHECK(schema_in(api.api, body).is_null());
    CHECK(in_words(body));
  }
}

TEST_CASE("without a schema nothing is asked for, in no words either") {
  for (const TestedApi& api : tested_apis()) {
    const Json body = encoded(api.api, conversation());
    CHECK(schema_in(api.api, body).is_null());
    CHECK_FALSE(in_words(body));
  }
}

TEST_CASE("a format that params ask for stays, and what else they put there does too") {
  ModelRequest request = structured();
  request.params = json(R"({"response_format":{"type":"json_object"}})");
  CHECK(encoded("openai-chat", request)["response_format"] == request.params["response_format"]);
  request.params = json(R"({"text":{"verbosity":"low"}})");
  CHECK(encoded("openai-responses", request)["text"]["verbosity"] == Json("low"));
  CHECK(encoded("openai-responses", request)["text"]["format"]["type"] == Json("json_schema"));
  request.params = json(R"({"output_config":{"effort":"low"}})");
  CHECK(encoded("anthropic", request)["output_config"]["effort"] == Json("low"));
  CHECK(encoded("anthropic", request)["output_config"]["format"]["type"] == Json("json_schema"));
  request.params = json(R"({"responseSchema":{"type":"STRING"}})");
  CHECK_FALSE(encoded("gemini", request)["generationConfig"].contains("responseJsonSchema"));
}

TEST_CASE("strict is asked for only of a schema that fits its rules") {
  const auto fits = [](const char* schema) { return fits_strict(json(schema)); };
  CHECK(fits(strict_schema));
  CHECK(fits(R"({"type":"object","additionalProperties":false,"properties":{},"required":[]})"));
  CHECK(
      fits(R"({"type":"object","additionalProperties":false,"required":["a"],"properties":{"a":{"type":"array","items":
    {"anyOf":[{"type":"null"},{"$ref":"#/$defs/d"}]}}},"$defs":{"d":{"type":"string","format":"date"}}})"));
  // All properties required, none besides, at every depth.
  CHECK_FALSE(fits(R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"]})"));
  CHECK_FALSE(fits(R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"string"}}})"));
  CHECK_FALSE(fits(R"({"type":"object","additionalProperties":false,"required":["a"],"properties":
    {"a":{"type":["object","null"],"properties":{"b":{"type":"string"}}}}})"));
  CHECK_FALSE(fits(R"({"type":"object","additionalProperties":false,"required":["a"],"properties":
    {"a":{"type":"array","items":{"type":"object"}}}})"));
  // Words that strict mode does not know.
  for (const char* words :
       {R"("minLength":1)", R"("format":"uri")", R"("oneOf":[])", R"("not":{})", R"("default":"x")"}) {
    CAPTURE(words);
    CHECK_FALSE(
        fits((R"({"type":"object","additionalProperties":false,"required":["a"],"properties":{"a":{"type":"string",)" +
              std::string(words) + "}}}")
                 .c_str()));
  }
  CHECK_FALSE(fits(R"({"type":"string"})"));
  CHECK_FALSE(fits(R"({"anyOf":[{"type":"object","additionalProperties":false}]})"));
  CHECK_FALSE(fits_strict(Json()));
}

TEST_CASE("the flag is false where the schema is loose, and the schema is sent all the same") {
  const char* loose = R"({"type":"object","properties":{"a":{"type":"string"}}})";
  const Json chat = encoded("openai-chat", structured(loose));
  CHECK(chat["response_format"]["json_schema"]["strict"] == Json(false));
  CHECK(chat["response_format"]["json_schema"]["schema"] == json(loose));
  CHECK(encoded("openai-responses", structured(loose))["text"]["format"]["strict"] == Json(false));
}

TEST_CASE("for Anthropic every object is closed, and limits that it does not know are left to nowd") {
  CHECK(
      closed_schema(json(
          R"({"$schema":"x","type":"object","required":["a"],"properties":{"a":{"type":"string","minLength":2,"format":"date"},
               "b":{"type":"array","minItems":2,"items":{"type":"integer","maximum":9}},"c":{"oneOf":[{"const":1},{"type":"null"}]}}})")) ==
      json(
          R"({"type":"object","required":["a"],"additionalProperties":false,"properties":{"a":{"type":"string","format":"date"},
               "b":{"type":"array","items":{"type":"integer"}},"c":{"anyOf":[{"const":1},{"type":"null"}]}}})"));
}

TEST_CASE("what cannot be closed is not sent to Anthropic, but said") {
  for (const char* schema : {R"({"type":"object"})", R"({"type":"object","properties":{"a":{"type":"object"}}})",
                             R"({"type":"object","properties":{"a":{}},"additionalProperties":{"type":"string"}})",
                             R"({"type":"object","properties":{"a":{}},"patternProperties":{"^x":{}}})",
                             R"({"type":"object","properties":{"a":{"allOf":[{"type":"string"}]}}})"}) {
    CAPTURE(schema);
    CHECK_FALSE(closed_schema(json(schema)).has_value());
    const Json body = encoded("anthropic", structured(schema));
    CHECK_FALSE(body.contains("output_config"));
    CHECK(in_words(body));
    CHECK(body["system"].back().contains("cache_control"));
  }
}

TEST_CASE("Gemini before 3 takes a schema or functions, and functions come first") {
  ModelRequest request = structured();
  for (const char* model : {"gemini-2.5-flash", "tunedModels/gemini-1.5-x", "gemini-2.0-flash"}) {
    request.model = model;
    const Json body = encoded("gemini", request);
    CHECK(schema_in("gemini", body).is_null());
    CHECK(in_words(body));
  }
  request.model = "gemini-3-pro";
  CHECK(schema_in("gemini", encoded("gemini", request)).is_object());
  request = structured(strict_schema, false);
  request.model = "gemini-2.5-flash";
  CHECK(schema_in("gemini", encoded("gemini", request)).is_object());
}
