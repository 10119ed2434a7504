// The conversation of a run as a value: saved, restored, stored once, with one fresh clock.
#include "domain/run/machine/conversation.hpp"

#include <nlohmann/json.hpp>

#include "domain/run/machine_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// A prompt, a reply with two calls, and the answers to them, which wait for the next request.
Conversation with_waiting_answers(const MachineFixture& f) {
  Conversation out;
  out.begin("Summarise.\n\n");
  out.render_clock(f.plan.time, f.moment(), 1, "");
  ModelReply reply;
  reply.text = "I look.";
  reply.calls = {{"c1", "look", "{}"}, {"c2", "look", R"({"a":1})"}};
  reply.carried = Carried{"anthropic", Json{{"signed", true}}};
  out.store_request(f.plan);
  out.add_reply(reply, 1);
  out.answer_call_with_result(reply.calls[0], 1, "error: ", "no such page");
  out.answer_call(reply.calls[1], "refused, nothing was done: too late");
  return out;
}

Conversation restored(const Conversation& conversation) {
  return Conversation::from_json(parse_json(dump_json(conversation.to_json())).value()).value();
}

}  // namespace

TEST_CASE("a conversation that is saved and restored is the same, and continues the same") {
  const MachineFixture f;
  Conversation original;
  SECTION("empty") {}
  SECTION("with answers that wait for the next request") { original = with_waiting_answers(f); }
  SECTION("while a reply is resumed") {
    original = with_waiting_answers(f);
    original.render_clock(f.plan.time, f.moment(), 2, "");
    original.add_unfinished_reply({.stop = Stop::paused, .text = "First. "}, 2);
  }
  SECTION("while the last message is sent again") {
    original = with_waiting_answers(f);
    original.render_clock(f.plan.time, f.moment(), 2, "");
    original.store_request(f.plan);
    original.repeat_last_message();
  }
  Conversation copy = restored(original);
  CHECK(copy == original);
  if (original.is_empty()) return;
  const Now later{f.now.wall + seconds{5}, f.now.boot + seconds{5}};
  CHECK(copy.render_clock(f.plan.time, later, 3, "") == original.render_clock(f.plan.time, later, 3, ""));
  CHECK(copy.store_request(f.plan) == original.store_request(f.plan));
  CHECK(copy == original);
}

TEST_CASE("JSON that is no saved conversation is refused, not restored in part") {
  const Json good = with_waiting_answers(MachineFixture()).to_json();
  Json bad = good;
  SECTION("a member is missing") { bad.erase("answers"); }
  SECTION("a role is unknown") { bad["messages"][0]["role"] = "system"; }
  SECTION("a text is no text") { bad["messages"][0]["text"] = 3; }
  SECTION("more is stored than there is") { bad["stored"] = 99; }
  SECTION("no object") { bad = Json::array(); }
  REQUIRE(Conversation::from_json(good).has_value());
  CHECK_FALSE(Conversation::from_json(bad).has_value());
}

TEST_CASE("a call that is made again gets a newer clock in place of the older one, and is stored as such") {
  const MachineFixture f;
  Conversation conversation;
  conversation.begin("Summarise.");
  REQUIRE(conversation.render_clock(f.plan.time, f.moment(), 1, ""));
  const std::string first = conversation.messages().back().text;
  CHECK(conversation.store_request(f.plan).find("\"again\"") == std::string::npos);
  conversation.repeat_last_message();
  REQUIRE(conversation.render_clock(f.plan.time, {f.now.wall + seconds{9}, f.now.boot + seconds{9}}, 2, ""));
  const std::string second = conversation.messages().back().text;
  CHECK(second != first);
  CHECK(second.find("<clock") == second.rfind("<clock seq"));  // one block, not two
  CHECK(parse_json(conversation.store_request(f.plan)).value()["again"] == true);
}

TEST_CASE("a reply that is resumed ends the request, so no clock is put into it") {
  const MachineFixture f;
  Conversation conversation = with_waiting_answers(f);
  conversation.render_clock(f.plan.time, f.moment(), 2, "");
  conversation.add_unfinished_reply({.stop = Stop::paused, .text = "First. "}, 2);
  conversation.add_unfinished_reply({.stop = Stop::paused, .text = "Second. "}, 3);
  CHECK_FALSE(conversation.render_clock(f.plan.time, f.moment(), 4, ""));
  CHECK(conversation.unfinished_text() == "First. Second. ");
  conversation.add_reply({.stop = Stop::tool_call}, 4);
  CHECK(conversation.unfinished_text().empty());
}

TEST_CASE("texts that the model was shown are prompts, results and messages of nowd, not its own words") {
  const MachineFixture f;
  const Conversation conversation = with_waiting_answers(f);
  for (const std::string_view text : conversation.shown_texts()) CHECK(text.find("I look.") == std::string_view::npos);
  CHECK(conversation.shown_texts().size() == 3);
}
