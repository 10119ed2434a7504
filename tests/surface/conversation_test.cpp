#include "surface/terminal/conversation.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

using namespace nowd;

namespace {

/// A run with an input, a question to the model, a tool that failed, and an answer that is the output.
Json texts() {
  const auto body = [](const char* part, int seq, const Json& content) {
    return Json{
        {"part", part}, {"seq", seq}, {"content", content.is_string() ? content.get<std::string>() : content.dump()}};
  };
  return {{"run", 7},
          {"inference",
           {{{"seq", 1}, {"provider", "primary"}, {"model", "m"}, {"stop", "tool_call"}},
            {{"seq", 2}, {"provider", "primary"}, {"model", "m"}, {"stop", "complete"}}}},
          {"tool_calls",
           {{{"seq", 1},
             {"source", "input"},
             {"tool", "mail"},
             {"state", "confirmed"},
             {"arguments", "{}"},
             {"error", nullptr}},
            {{"seq", 2},
             {"source", "model"},
             {"inference_seq", 1},
             {"tool", "ticket.create"},
             {"state", "failed"},
             {"arguments", R"({"title":"Disk"})"},
             {"error", "HTTP 403"}}}},
          {"bodies",
           {body("result", 1, "one mail"),
            body("request", 1,
                 {{"system", "You are careful."},
                  {"tools", {"ticket.create"}},
                  {"messages", {{{"role", "user"}, {"text", "What is in the mail?\nSay it."}}}}}),
            body("response", 1,
                 {{"text", "I open a ticket."},
                  {"calls", {{{"id", "c1"}, {"tool", "ticket.create"}, {"arguments", {{"title", "Disk"}}}}}}}),
            body("result", 2, "token expired"),
            body("request", 2,
                 {{"messages",
                   {{{"role", "assistant"}, {"response_of", 1}},
                    {{"role", "tool"}, {"call", "c1"}, {"result_of", 2}, {"before", "<clock/>"}}}}}),
            body("response", 2, {{"text_of", "output"}}), body("output", 0, "Done.")}}};
}

}  // namespace

TEST_CASE("a conversation is told in order, each text once") {
  CHECK(conversation_text(texts(), {}) == R"(── input mail, confirmed
one mail

── system
You are careful.

── tools offered
ticket.create

── user
What is in the mail?
Say it.

── model, call 1 (primary m, tool_call)
I open a ticket.
→ ticket.create {"title":"Disk"}

── tool ticket.create, failed
with {"title":"Disk"}
error: HTTP 403
token expired

── with the result of a tool, before call 2
<clock/>

── model, call 2 (primary m, complete), the output
Done.
)");
}

TEST_CASE("the prompt and the inputs are parts of it") {
  CHECK(prompt_text(texts(), {}).find("── user\nWhat is in the mail?") != std::string::npos);
  CHECK(prompt_text(texts(), {}).find("one mail") == std::string::npos);
  CHECK(inputs_text(texts(), {}) == "── input mail, confirmed\none mail\n");
}

TEST_CASE("a run without texts says why there may be none") {
  const Json none{{"run", 7}, {"inference", Json::array()}, {"tool_calls", Json::array()}, {"bodies", Json::array()}};
  CHECK(conversation_text(none, {}).find("deleted (retention)") != std::string::npos);
  CHECK(prompt_text(none, {}).find("no model was asked") != std::string::npos);
  CHECK(inputs_text(none, {}) == "the run has no inputs\n");
}

TEST_CASE("what is no JSON of ours is shown as it is, and steers no terminal") {
  Json odd = texts();
  for (Json& body : odd["bodies"]) body["content"] = "\x1b[2Jnot json\nsecond line";
  const std::string text = conversation_text(odd, {});
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("not json\nsecond line") != std::string::npos);
}
