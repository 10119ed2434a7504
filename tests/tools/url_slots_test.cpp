#include "tools/calls/http_template.hpp"

#include <nlohmann/json.hpp>
#include <random>

#include "support/catch.hpp"

using namespace nowd;

namespace {

std::string fill(std::string_view url, const Json& arguments, const std::vector<std::string>& hosts = {}) {
  RunTime run;
  run.as_of = run.window_start = parse_rfc3339("2026-06-01T07:00:00Z").value();
  run.zone = Zone::find("Europe/Berlin").value();
  const TemplateValues values{&run, {}, {{"evil", "a.example/x?y=#z"}, {"up", ".."}}, {}};
  const auto filled = fill_url(url, arguments, values, hosts);
  return filled ? filled->url : std::string(to_string(filled.error().kind)) + ": " + filled.error().message;
}
Json id(const Json& value) { return Json{{"id", value}}; }

}  // namespace

TEST_CASE("an argument is percent-encoded in a path and in a query") {
  CHECK(fill("https://x.example/a/{id}?q={id}&r=1", id("a b/c?d=e&f#g+%")) ==
        "https://x.example/a/a%20b%2Fc%3Fd%3De%26f%23g%2B%25?q=a%20b%2Fc%3Fd%3De%26f%23g%2B%25&r=1");
  CHECK(fill("https://x.example/{id}", id("\xC3\xBC-._~")) == "https://x.example/%C3%BC-._~");
  CHECK(fill("https://x.example/{id}", id(5)) == "https://x.example/5");
  CHECK(fill("https://x.example/{id}", id(true)) == "https://x.example/true");
  CHECK(fill("https://x.example/{id}", id("\r\nHost: evil")) == "https://x.example/%0D%0AHost%3A%20evil");
}

TEST_CASE("no argument can climb out of its path segment") {
  for (const char* value : {"", ".", "..", "../admin", "a/../b", "..\\b", "a/."}) {
    INFO(value);
    CHECK(fill("https://x.example/users/{id}/delete", id(value)).find("invalid: ") == 0);
  }
  CHECK(fill("https://x.example/{id}{id}", id(".")).find("invalid: ") == 0);
  CHECK(fill("https://x.example/.{id}", id(".")).find("invalid: ") == 0);
  CHECK(fill("https://x.example/%2e{id}", id(".")).find("invalid: ") == 0);
  CHECK(fill("https://x.example/a{id}", id("..")).find("invalid: ") == 0);
  CHECK(fill("https://x.example/v{id}", id("1..2")) == "https://x.example/v1..2");
  CHECK(fill("https://x.example/?q={id}", id("..")) == "https://x.example/?q=..");
}

TEST_CASE("what cannot stand in a url is refused") {
  CHECK(fill("https://x.example/{id}", Json::object()) == "invalid: argument 'id' is missing: the url needs it");
  CHECK(fill("https://x.example/{id}", id(nullptr)).find("invalid: argument 'id' must be") == 0);
  CHECK(fill("https://x.example/{id}", id(Json::array())).find("invalid: argument 'id' must be") == 0);
  CHECK(fill("https://x.example/{id", id(1)) == "invalid: url has a '{' without its '}'");
}

TEST_CASE("a host with a slot must be on the list; a fixed one needs no list") {
  CHECK(fill("https://{id}.example/x", id("eu"), {"eu.example", "us.example"}) == "https://eu.example/x");
  CHECK(fill("https://{id}.example/x", id("EU"), {"eu.example"}) == "https://eu.example/x");
  CHECK(fill("https://{id}.example/x", id("as"), {"eu.example"}) ==
        "refused: host 'as.example' is not in the tool's list of hosts");
  CHECK(fill("https://{id}/x", id("eu.example"), {}) ==
        "refused: host 'eu.example' is not in the tool's list of hosts");
  for (const char* value :
       {"evil.test/", "evil.test#", "evil.test?", "a@evil.test", "evil.test:1", "evil.test\\", "", "[::1]"})
    CHECK(
        fill("https://{id}.example/x", id(value), {"eu.example", std::string(value) + ".example"}).find("refused: ") ==
        0);
  CHECK(fill("https://{{inputs.evil}}/x", {}, {"a.example"}).find("refused: ") == 0);
  CHECK(fill("https://{id}:8443/x", id("eu.example"), {"eu.example:8443"}) == "https://eu.example:8443/x");
  CHECK(fill("https://{id}:8443/x", id("eu.example"), {"eu.example:443"}).find("refused: ") == 0);
}

TEST_CASE("scheme, port and credentials are fixed or refused") {
  CHECK(fill("ftp://x.example/", {}).find("invalid: ") == 0);
  CHECK(fill("file:///etc/passwd", {}).find("invalid: ") == 0);
  CHECK(fill("{id}://x.example/", id("http")).find("invalid: ") == 0);
  CHECK(fill("https://x.example:{id}/", id("80")).find("invalid: ") == 0);
  CHECK(fill("https://user:pw@x.example/", {}).find("invalid: ") == 0);
  CHECK(fill("https:///x", {}).find("invalid: ") == 0);
  CHECK(fill("https://x.example/a\r\nb", {}).find("invalid: ") == 0);
}

TEST_CASE("templates in a url are encoded, so that an offset's plus sign arrives as one") {
  CHECK(fill("https://x.example/n?since={{window.start}}&d={{today:%d.%m}}", {}) ==
        "https://x.example/n?since=2026-06-01T09%3A00%3A00%2B02%3A00&d=01.06");
  CHECK(fill("https://x.example/{{inputs.up}}/x", {}).find("invalid: ") == 0);
  CHECK(fill("https://x.example/{{inputs.evil}}", {}) == "https://x.example/a.example%2Fx%3Fy%3D%23z");
}

TEST_CASE("a value's braces are text, not another slot") {
  CHECK(fill("https://x.example/{id}?a={b}", Json{{"id", "{b}"}, {"b", "{{today}}"}}) ==
        "https://x.example/%7Bb%7D?a=%7B%7Btoday%7D%7D");
}

TEST_CASE("the origin names the server whose clock an answer shows") {
  const TemplateValues values;
  CHECK(fill_url("https://CRM.internal/refund#x", Json(), values, {})->origin == "https://crm.internal:443");
  CHECK(fill_url("http://[::1]:8080/x", Json(), values, {})->origin == "http://[::1]:8080");
  CHECK(fill_url("http://x", Json(), values, {})->origin == "http://x:80");
  CHECK(fill_url("http://x/a#frag", Json(), values, {})->url == "http://x/a");
}

TEST_CASE("what is left over goes into the query") {
  const Json rest{{"a", 1}, {"b", {"x", "y&"}}, {"c", nullptr}, {"d", Json{{"k", true}}}, {"e e", "z"}, {"used", "u"}};
  CHECK(with_query("https://x/", rest, {"used"}) == "https://x/?a=1&b=x&b=y%26&d=%7B%22k%22%3Atrue%7D&e%20e=z");
  CHECK(with_query("https://x/?k=1", Json{{"a", 1}}, {}) == "https://x/?k=1&a=1");
  CHECK(with_query("https://x/", Json(), {}) == "https://x/");
}

TEST_CASE("random arguments never move a border of the url") {
  std::mt19937 random(3);
  const std::string signs = "/?#@:&=%.\\{}[]<>\" \r\n\0a1";
  for (int round = 0; round < 6'000; ++round) {
    std::string value;
    for (std::size_t n = random() % 6; n > 0; --n) value += signs[random() % signs.size()];
    const std::string url = fill("https://x.example/p/{id}/end?q={id}&z=1", id(value));
    if (url.find("invalid: ") == 0) continue;
    const bool kept = url.find("https://x.example/p/") == 0 && std::count(url.begin(), url.end(), '/') == 5 &&
                      std::count(url.begin(), url.end(), '?') == 1 && std::count(url.begin(), url.end(), '&') == 1 &&
                      url.find("#") == std::string::npos && url.substr(url.size() - 4) == "&z=1";
    INFO(url);
    if (!kept) CHECK(kept);
  }
}
