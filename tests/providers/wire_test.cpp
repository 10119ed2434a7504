#include "providers/wire/wire.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

using namespace nowd;

TEST_CASE("bytes that are no UTF-8, and NUL, become replacement characters") {
  CHECK(clean_text("café ✓ 😀", 100) == "café ✓ 😀");
  CHECK(clean_text(std::string("a\0b", 3), 100) == "a�b");
  CHECK(clean_text("\xff\xc3(", 100) == "��(");
  CHECK(clean_text("\xc0\x80", 100) == "��");            // overlong
  CHECK(clean_text("\xed\xa0\x80", 100) == "���");       // a surrogate
  CHECK(clean_text("\xf4\x90\x80\x80", 100) == "����");  // past U+10FFFF
  CHECK(clean_text("\xe2\x9c", 100) == "��");            // cut
}

TEST_CASE("a text is cut between characters, never inside one") {
  CHECK(clean_text("aé", 2) == "a");
  CHECK(clean_text("aé", 3) == "aé");
  CHECK(one_line("a\nb\tc", 100) == "a b c");
  CHECK(one_line("abcdef", 3) == "abc…");
  CHECK(one_line("abc", 3) == "abc");
}

TEST_CASE("a count is a whole number that is not negative, or nothing") {
  const Json value = *parse_json(R"({"a":3,"b":-1,"c":"3","d":1e99,"e":null,"f":2.0})");
  CHECK(count_of(value, "a") == 3);
  CHECK(count_of(value, "f") == 2);
  for (const char* name : {"b", "c", "d", "e", "none"}) CHECK_FALSE(count_of(value, name).has_value());
  CHECK_FALSE(count_of(Json("text"), "a").has_value());
}

TEST_CASE("an error body is understood in the form of every server") {
  using E = WireError;
  CHECK(error_of_body(R"({"error":{"message":"no","type":"t","code":"invalid_api_key"}})") ==
        E{"invalid_api_key", "no"});
  CHECK(error_of_body(R"({"error":{"message":"no","type":"server_error","code":null}})") == E{"server_error", "no"});
  CHECK(error_of_body(R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})") ==
        E{"overloaded_error", "Overloaded"});
  CHECK(error_of_body(R"([{"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED"}}])") ==
        E{"RESOURCE_EXHAUSTED", "Quota"});
  CHECK(error_of_body(R"({"object":"error","message":"too long","type":"BadRequestError","code":400})") ==
        E{"BadRequestError", "too long"});
  CHECK(error_of_body(R"({"error":"model 'x' not found"})") == E{"", "model 'x' not found"});
  CHECK(error_of_body(R"({"error":{"message":"limit","code":429}})") == E{"429", "limit"});
  CHECK(error_of_body(R"({"detail":"Not Found"})") == E{"", "Not Found"});
  CHECK(error_of_body(R"({"detail":[{"loc":["body","stream_options"],"msg":"Extra inputs are not permitted"},)"
                      R"({"loc":["body","messages",0],"msg":"field required"}]})") ==
        E{"", "body.stream_options: Extra inputs are not permitted; body.messages.0: field required"});
  CHECK(error_of_body(R"({"success":false,"errors":[{"code":7003,"message":"no route"}]})") == E{"", "no route"});
  CHECK(error_of_body(R"({"error_code":17,"error_msg":"daily limit"})") == E{"", "daily limit"});
  CHECK(error_of_body("<html>502 Bad\nGateway</html>") == E{"", "<html>502 Bad Gateway</html>"});
  CHECK(error_of_body("") == E{"", ""});
}

TEST_CASE("a member that is empty in any way says nothing; an object may stand for a list of one") {
  const Json value = *parse_json(R"({"a":null,"b":"","c":"null","d":"stop","e":7,"f":{"x":1},"g":[1,2],"h":"x"})");
  for (const char* name : {"a", "b", "c", "none"}) CHECK(word_of(value, name).empty());
  CHECK(word_of(value, "d") == "stop");
  CHECK(word_of(value, "e") == "7");
  CHECK(each_of(member(value, "f")).size() == 1);
  CHECK(each_of(member(value, "g")).size() == 2);
  CHECK(each_of(member(value, "h")).empty());
  CHECK(each_of(nullptr).empty());
}

TEST_CASE("a server's words are bounded before they go into a message") {
  const std::string long_text(100'000, 'x');
  CHECK(error_of_body(long_text).text.size() < 600);
  CHECK(error_of_body("{\"error\":{\"code\":\"" + long_text + "\",\"message\":\"m\"}}").code.size() < 200);
}
