// Answers as servers that imitate an API send them: what is certain is read, and what is not is never taken for right.
#include "golden.hpp"
#include "providers/reply/reply_reader.hpp"
#include "providers/reply/usage_count.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

ModelReply decoded(const std::string& api, const std::string& bytes, BodyEnd end = BodyEnd::framed,
                   const std::string& type = "text/event-stream") {
  ReplyReader reader(decoder_of(api, conversation()));
  reader.feed(bytes);
  return reader.finish(end, type);
}

ModelReply chat(const std::vector<std::string>& events, BodyEnd end = BodyEnd::framed) {
  std::string bytes;
  for (const std::string& data : events) bytes += sse(data);
  return decoded("openai-chat", bytes, end);
}

std::string delta(const std::string& members, const std::string& reason = "") {
  return R"({"choices":[{"index":0,"delta":{)" + members + "}" +
         (reason.empty() ? "" : R"(,"finish_reason":")" + reason + '"') + "}]}";
}
std::string content(const std::string& text, const std::string& reason = "") {
  return delta(R"("content":")" + text + '"', reason);
}
std::string tool_calls(const std::string& list, const std::string& reason = "") {
  return delta(R"("tool_calls":)" + list, reason);
}

std::string anthropic(const std::vector<std::string>& events, const std::string& reason = "end_turn") {
  std::string bytes;
  for (const std::string& data : events) bytes += sse(data);
  return bytes +
         sse(R"({"type":"message_delta","delta":{"stop_reason":")" + reason + R"("},"usage":{"output_tokens":5}})") +
         sse(R"({"type":"message_stop"})");
}
std::string block(int index, const std::string& value) {
  return R"({"type":"content_block_start","index":)" + std::to_string(index) + R"(,"content_block":)" + value + "}";
}
std::string piece(int index, const std::string& value) {
  return R"({"type":"content_block_delta","index":)" + std::to_string(index) + R"(,"delta":)" + value + "}";
}
std::string stop(int index) { return R"({"type":"content_block_stop","index":)" + std::to_string(index) + "}"; }

std::string completed(const std::string& output, const std::string& more = R"("status":"completed")") {
  return sse(R"({"type":"response.completed","response":{)" + more + R"(,"output":)" + output + "}}");
}

std::string gemini(const std::string& parts, const std::string& more = "") {
  return sse(R"({"candidates":[{"content":{"parts":)" + parts + "}" + more + "}]}");
}

/// A whole answer of each API with this text; it is put into JSON.
std::string says(const std::string& api, const std::string& text) {
  const std::string json = dump_json(Json(text));
  if (api == "openai-chat")
    return sse(R"({"choices":[{"delta":{"content":)" + json + R"(},"finish_reason":"stop"}]})") + sse("[DONE]");
  if (api == "openai-responses")
    return completed(R"([{"type":"message","content":[{"type":"output_text","text":)" + json + "}]}]");
  if (api == "anthropic") return anthropic({block(0, R"({"type":"text","text":)" + json + "}")});
  return gemini(R"([{"text":)" + json + "}]", R"(,"finishReason":"STOP")");
}

void check_calls(const ModelReply& reply, const std::vector<std::pair<std::string, std::string>>& expected) {
  CHECK(reply.stop == Stop::tool_call);
  CHECK(reply.detail.empty());
  REQUIRE(reply.calls.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(reply.calls[i].tool == expected[i].first);
    CHECK(reply.calls[i].arguments == expected[i].second);
  }
}

void check_text(const ModelReply& reply, const std::string& text) {
  CHECK(reply.stop == Stop::complete);
  CHECK(reply.detail.empty());
  CHECK(reply.text == text);
}

}  // namespace

// Calls.

TEST_CASE("arguments go to the call whose id they have, and to none where that is not said") {
  const std::string open =
      tool_calls(R"([{"id":"a","function":{"name":"clock"}},{"id":"b","function":{"name":"crm_note"}}])");
  check_calls(chat({open, tool_calls(R"([{"id":"b","function":{"arguments":"{\"text\":\"x\"}"}}])"),
                    delta("", "tool_calls"), "[DONE]"}),
              {{"clock", "{}"}, {"crm_note", R"({"text":"x"})"}});
  const ModelReply unclear =
      chat({open, tool_calls(R"([{"function":{"arguments":"{\"text\":\"x\"}"}}])"), delta("", "tool_calls"), "[DONE]"});
  CHECK(unclear.stop == Stop::malformed);
}

TEST_CASE("a single call that is no list, or without `function`, is a call; a text in its place is malformed") {
  check_calls(chat({content("I do it."),
                    tool_calls(R"({"id":"a","function":{"name":"clock","arguments":"{}"}})", "stop"), "[DONE]"}),
              {{"clock", "{}"}});
  check_calls(chat({tool_calls(R"([{"id":"a","name":"clock","arguments":{"a":1}}])", "tool_calls"), "[DONE]"}),
              {{"clock", R"({"a":1})"}});
  check_calls(
      chat({tool_calls(R"([{"id":"a","function":{"name":"clock","parameters":{"a":1}}}])", "tool_calls"), "[DONE]"}),
      {{"clock", R"({"a":1})"}});
  CHECK(chat({content("I do it."), tool_calls("\"clock()\"", "stop"), "[DONE]"}).stop == Stop::malformed);
}

TEST_CASE("shapes of streamed calls that mean one thing only are read") {
  const auto call = [](const std::vector<std::string>& pieces) {
    std::vector<std::string> events;
    for (const std::string& each : pieces) events.push_back(tool_calls("[" + each + "]"));
    events.push_back(delta("", "tool_calls"));
    events.push_back("[DONE]");
    return chat(events);
  };
  // `{}` first.
  check_calls(call({R"({"index":0,"id":"a","function":{"name":"clock","arguments":"{}"}})",
                    R"({"index":0,"function":{"arguments":"{\"a\":1}"}})"}),
              {{"clock", R"({"a":1})"}});
  // The whole call again, as it is and encoded twice.
  check_calls(call({R"({"index":0,"id":"a","function":{"name":"clock","arguments":"{\"a\":1}"}})",
                    R"({"index":0,"id":"a","function":{"name":"clock","arguments":"{\"a\":1}"}})"}),
              {{"clock", R"({"a":1})"}});
  check_calls(call({R"({"index":0,"id":"a","function":{"name":"clock","arguments":"{\"a\":1}"}})",
                    R"({"index":0,"id":"a","function":{"name":"clock","arguments":"\"{\\\"a\\\":1}\""}})"}),
              {{"clock", R"({"a":1})"}});
  // The name with every piece, and no id.
  check_calls(call({R"({"index":0,"function":{"name":"clock","arguments":"{\"a\""}})",
                    R"({"index":0,"function":{"name":"clock","arguments":":1}"}})"}),
              {{"clock", R"({"a":1})"}});
  // An index that grows.
  check_calls(
      call({R"({"index":0,"id":"a","function":{"name":"clock","arguments":""}})",
            R"({"index":1,"function":{"arguments":"{\"a\""}})", R"({"index":2,"function":{"arguments":":1}"}})"}),
      {{"clock", R"({"a":1})"}});
}

TEST_CASE("arguments of Responses that stand in events only are those of their call, and never lost") {
  const std::string head = R"({"type":"response.function_call_arguments.)";
  const std::string item = R"({"id":"fc_1","type":"function_call","call_id":"c1","name":"clock","arguments":)";
  const auto with = [&](const std::vector<std::string>& events, const std::string& output) {
    std::string bytes;
    for (const std::string& each : events) bytes += sse(head + each);
    return decoded("openai-responses", bytes + completed(output));
  };
  check_calls(with({R"(done","item_id":"fc_1","arguments":"{\"a\":1}"})"}, "[" + item + R"(""}])"),
              {{"clock", R"({"a":1})"}});
  check_calls(with({R"(delta","item_id":"fc_1","delta":"{\"a\""})", R"(delta","item_id":"fc_1","delta":":1}"})"},
                   "[" + item + R"("  "}])"),
              {{"clock", R"({"a":1})"}});
  check_calls(with({R"(done","output_index":0,"arguments":"{\"a\":1}"})"},
                   R"([{"type":"function_call","call_id":"c1","name":"clock"}])"),
              {{"clock", R"({"a":1})"}});
  check_calls(with({R"(delta","item_id":"fc_1","delta":"{\"a\":1}"})"}, "[" + item + R"({"b":2}}])"),
              {{"clock", R"({"b":2})"}});
  check_calls(with({}, "[" + item + R"(""}])"), {{"clock", "{}"}});  // none came
  check_calls(with({R"(done","arguments":"{\"a\":1}"})"}, "[" + item + R"(""}])"), {{"clock", R"({"a":1})"}});
  const std::string second = R"({"id":"fc_2","type":"function_call","call_id":"c2","name":"crm_note","arguments":""})";
  CHECK(with({R"(done","item_id":"fc_9","arguments":"{\"a\":1}"})"}, "[" + item + R"(""},)" + second + "]").stop ==
        Stop::malformed);
}

TEST_CASE("an item of Responses that is done twice, or listed twice, is one item") {
  const std::string call = R"({"id":"fc_1","type":"function_call","call_id":"c1","name":"clock","arguments":"{}"})";
  const std::string done = sse(R"({"type":"response.output_item.done","output_index":0,"item":)" + call + "}");
  check_calls(decoded("openai-responses", done + done + completed("[]")), {{"clock", "{}"}});
  check_calls(decoded("openai-responses", completed("[" + call + "," + call + "]")), {{"clock", "{}"}});
}

TEST_CASE("blocks of Anthropic's imitators that mean one thing only are read") {
  const std::string tool = R"({"type":"tool_use","id":"t1","name":"clock","input":{}})";
  const std::string input = R"({"type":"input_json_delta","partial_json":"{\"a\":1}"})";
  // One index for all blocks.
  check_calls(decoded("anthropic", anthropic({block(0, R"({"type":"text","text":"So "})"), stop(0), block(0, tool),
                                              piece(0, input), stop(0)},
                                             "tool_use")),
              {{"clock", R"({"a":1})"}});
  check_calls(
      decoded("anthropic", anthropic({block(0, tool), piece(0, input), stop(0),
                                      block(0, R"({"type":"tool_use","id":"t2","name":"crm_note","input":{}})"),
                                      piece(0, R"({"type":"input_json_delta","partial_json":"{\"b\":2}"})"), stop(0)},
                                     "tool_use")),
      {{"clock", R"({"a":1})"}, {"crm_note", R"({"b":2})"}});
  CHECK(decoded("anthropic", anthropic({block(0, tool), block(0, tool)}, "tool_use")).stop == Stop::malformed);
  // A text without a beginning.
  check_text(decoded("anthropic", anthropic({piece(0, R"({"type":"text_delta","text":"All "})"),
                                             piece(0, R"({"type":"text_delta","text":"good."})")})),
             "All good.");
  // A turn that ends with a call in it.
  check_calls(decoded("anthropic", anthropic({block(0, tool), piece(0, input), stop(0)})), {{"clock", R"({"a":1})"}});
  // An input that is a text, or said twice.
  check_calls(decoded("anthropic", anthropic({block(0, R"({"type":"tool_use","id":"t1","name":"clock","input":""})"),
                                              piece(0, input)},
                                             "tool_use")),
              {{"clock", R"({"a":1})"}});
  check_calls(
      decoded("anthropic",
              anthropic({block(0, R"({"type":"tool_use","id":"t1","name":"clock","input":"{\"a\":1}"})")}, "tool_use")),
      {{"clock", R"({"a":1})"}});
  check_calls(
      decoded("anthropic",
              anthropic({block(0, R"({"type":"tool_use","id":"t1","name":"clock","input":{"a":1}})"), piece(0, input)},
                        "tool_use")),
      {{"clock", R"({"a":1})"}});
}

TEST_CASE("a call of Gemini's under its other name, or with arguments as a text, is a call; one said again is one") {
  check_calls(decoded("gemini", gemini(R"([{"text":"I do it."},{"function_call":{"name":"clock","args":{"a":1}}}])",
                                       R"(,"finishReason":"STOP")")),
              {{"clock", R"({"a":1})"}});
  check_calls(
      decoded("gemini", gemini(R"({"functionCall":{"name":"clock","args":"{\"a\":1}"}})", R"(,"finishReason":"STOP")")),
      {{"clock", R"({"a":1})"}});
  const std::string call = R"([{"functionCall":{"id":"x","name":"clock","args":{"a":1}}}])";
  check_calls(decoded("gemini", gemini(call) + gemini(call, R"(,"finishReason":"STOP")")), {{"clock", R"({"a":1})"}});
}

TEST_CASE("arguments that do not parse are the tool's affair, not the answer's: the turn is whole") {
  check_calls(chat({tool_calls(R"([{"index":0,"id":"a","function":{"name":"clock","arguments":"{\"city\":\"Rome\""}}])",
                               "tool_calls"),
                    "[DONE]"}),
              {{"clock", R"({"city":"Rome")"}});
}

// Texts.

TEST_CASE("a call that comes as text is malformed in every API, and neither made nor an answer") {
  for (const TestedApi& api : tested_apis()) {
    CAPTURE(api.api);
    for (const char* text : {"<tool_call>\n{\"name\": \"crm_note\", \"arguments\": {\"text\": \"x\"}}\n</tool_call>",
                             "{\"name\": \"crm.note\", \"arguments\": {\"text\": \"x\"}}",
                             "<think>I call it.</think>\n```json\n{\"name\": \"clock\", \"parameters\": {}}\n```",
                             "<|channel|>commentary to=functions.clock <|constrain|>json<|message|>{}"}) {
      const ModelReply reply = decoded(api.api, says(api.api, text));
      CHECK(reply.stop == Stop::malformed);
      CHECK(reply.calls.empty());
      CHECK(reply.detail.find("tool call") != std::string::npos);
    }
    check_text(decoded(api.api, says(api.api, "I used crm.note: {\"name\": \"Ada\"}.")),
               "I used crm.note: {\"name\": \"Ada\"}.");
  }
}

TEST_CASE("where no tool is offered, JSON that looks like a call is an answer") {
  ReplyReader reader(decoder_of("openai-chat", {}));
  const std::string text = R"({"name":"clock","arguments":{}})";
  reader.feed(says("openai-chat", text));
  check_text(reader.finish(BodyEnd::framed, "text/event-stream"), text);
}

TEST_CASE("reasoning inside the text is no part of the answer in any API, and an answer that ends in it is none") {
  for (const TestedApi& api : tested_apis()) {
    CAPTURE(api.api);
    check_text(decoded(api.api, says(api.api, "<think>\nprivate plan\n</think>\n\nQ3 was fine.")), "Q3 was fine.");
    check_text(decoded(api.api, says(api.api, "private plan\n</think>\n\n{\"a\":1}")), "{\"a\":1}");
    CHECK(decoded(api.api, says(api.api, "<think>\nLet me")).stop == Stop::malformed);
    CHECK(decoded(api.api, says(api.api, "<think>all of it</think>")).stop == Stop::malformed);
  }
}

TEST_CASE("reasoning before a call is no text of the turn") {
  const std::string call = R"("tool_calls":[{"index":0,"id":"a","function":{"name":"clock","arguments":"{}"}}])";
  const ModelReply reply = chat({content("<think>plan</think>"), delta(call, "tool_calls"), "[DONE]"});
  check_calls(reply, {{"clock", "{}"}});
  CHECK(reply.text.empty());
}

TEST_CASE("a whole message behind its pieces is the same text again; one that differs is malformed") {
  const auto message = [](const std::string& text) {
    return R"({"choices":[{"index":0,"message":{"role":"assistant","content":")" + text +
           R"("},"finish_reason":"stop"}]})";
  };
  check_text(
      chat({content("Q3 was fine."), content(" Nothing to do."), message("Q3 was fine. Nothing to do."), "[DONE]"}),
      "Q3 was fine. Nothing to do.");
  CHECK(chat({content("Q3 was fine."), message("Q3 was bad."), "[DONE]"}).stop == Stop::malformed);
  check_text(chat({delta(R"("role":"assistant")"), message("Q3 was fine."), "[DONE]"}), "Q3 was fine.");
}

TEST_CASE("calls in a whole message behind their pieces are the same calls again") {
  const std::string calls = R"([{"id":"a","type":"function","function":{"name":"clock","arguments":"{\"a\": 1}"}}])";
  const std::string first = tool_calls(R"([{"index":0,"id":"a","function":{"name":"clock","arguments":"{\"a\":1}"}}])");
  const auto again = [&](const std::string& list) {
    return R"({"choices":[{"index":0,"message":{"tool_calls":)" + list + R"(},"finish_reason":"tool_calls"}]})";
  };
  check_calls(chat({first, again(calls), "[DONE]"}), {{"clock", R"({"a":1})"}});
  CHECK(chat({first, again(R"([{"id":"a","function":{"name":"clock","arguments":"{\"a\":2}"}}])"), "[DONE]"}).stop ==
        Stop::malformed);
}

TEST_CASE("pieces that each hold all of the text so far are snapshots of one text") {
  check_text(chat({content("All is"), content("All is well."), delta("", "stop"), "[DONE]"}), "All is well.");
  check_text(decoded("gemini", gemini(R"([{"text":"All is"}])") +
                                   gemini(R"([{"text":"All is well."}])", R"(,"finishReason":"STOP")")),
             "All is well.");
  check_text(chat({content("Q3 was fine."), content(" Nothing to do."), content("Q3 was fine. Nothing to do.", "stop"),
                   "[DONE]"}),
             "Q3 was fine. Nothing to do.");
  // Short pieces may repeat one another.
  check_text(chat({content("1"), content("10"), delta("", "stop"), "[DONE]"}), "110");
  check_text(chat({content("ha"), content("ha"), content("haha"), delta("", "stop"), "[DONE]"}), "hahahaha");
  check_text(chat({content("======"), content("======"), delta("", "stop"), "[DONE]"}), "============");
}

TEST_CASE("an emoji that is cut in two between events is whole in every API; a lone half is replaced") {
  check_text(chat({content(R"(Fine \ud83d)"), content(R"(\ude00!)"), delta("", "stop"), "[DONE]"}), "Fine 😀!");
  check_text(chat({content(R"(Fine \ud83d!)"), delta("", "stop"), "[DONE]"}), "Fine �!");
  check_text(decoded("anthropic", anthropic({block(0, R"({"type":"text","text":""})"),
                                             piece(0, R"({"type":"text_delta","text":"Fine \ud83d"})"),
                                             piece(0, R"({"type":"text_delta","text":"\ude00!"})")})),
             "Fine 😀!");
  check_text(decoded("gemini", gemini(R"([{"text":"Fine \ud83d"}])") +
                                   gemini(R"([{"text":"\ude00!"}])", R"(,"finishReason":"STOP")")),
             "Fine 😀!");
  check_text(decoded("openai-responses",
                     sse(R"({"type":"response.output_text.delta","delta":"Fine \ud83d"})") +
                         sse(R"({"type":"response.output_text.delta","delta":"\ude00!"})") +
                         completed(R"([{"type":"message","content":[{"type":"output_text","text":"Fine 😀!"}]}])")),
             "Fine 😀!");
  check_text(chat({content("Fine \xF0\x9F"), content("\x98\x80!"), delta("", "stop"), "[DONE]"}), "Fine 😀!");
}

TEST_CASE("arguments may be cut inside a character too; what lost a half of one is never made") {
  const auto call = [](const std::string& one, const std::string& two) {
    return chat(
        {tool_calls(R"([{"index":0,"id":"a","function":{"name":"clock","arguments":"{\"t\":\")" + one + R"("}}])"),
         tool_calls(R"([{"index":0,"function":{"arguments":")" + two + R"(\"}"}}])", "tool_calls"), "[DONE]"});
  };
  check_calls(call(R"(\ud83d)", R"(\ude00)"), {{"clock", "{\"t\":\"😀\"}"}});
  CHECK(call(R"(\ud83d)", "x").stop == Stop::malformed);
}

// Ends.

TEST_CASE("the last event counts without its blank line, where the body came to an orderly end") {
  const std::string text = content("All good.", "stop");
  for (const BodyEnd end : {BodyEnd::framed, BodyEnd::closed})
    for (const std::string last : {"data: [DONE]", "data: [DONE]\n", "data: [DONE]\r\n"})
      check_text(decoded("openai-chat", sse(text) + last, end), "All good.");
  for (const TestedApi& api : tested_apis()) {
    CAPTURE(api.api);
    std::string bytes = says(api.api, "All good.");
    bytes.resize(bytes.size() - 2);
    check_text(decoded(api.api, bytes, BodyEnd::closed), "All good.");
    CHECK(decoded(api.api, bytes, BodyEnd::cut).stop != Stop::complete);
    bytes.resize(bytes.size() - 1);
    const Stop cut = decoded(api.api, bytes, BodyEnd::closed).stop;
    CHECK((cut == Stop::stream_cut || cut == Stop::malformed));
  }
}

TEST_CASE(
    "a reason to stop and a framed end are an end without [DONE]; a connection that closes is none, and says so") {
  const std::vector<std::string> events{content("All good."), delta("", "stop")};
  check_text(chat(events, BodyEnd::framed), "All good.");
  for (const BodyEnd end : {BodyEnd::closed, BodyEnd::cut}) {
    const ModelReply reply = chat(events, end);
    CHECK(reply.stop == Stop::malformed);  // repaired once, not repeated four times
    CHECK(reply.detail.find("[DONE]") != std::string::npos);
  }
  const ModelReply none = chat({content("All good.")}, BodyEnd::framed);
  CHECK(none.stop == Stop::stream_cut);
  CHECK(none.detail == "the answer ended before its terminal event, [DONE]");
}

TEST_CASE("of two reasons the worse one counts, whatever their order; one that says nothing is none") {
  CHECK(chat({content("a"), delta("", "null"), delta("", "stop"), "[DONE]"}).stop == Stop::complete);
  CHECK(chat({content("a", "stop"), delta("", "content_filter"), "[DONE]"}).stop == Stop::filtered);
  CHECK(chat({content("a", "content_filter"), delta("", "stop"), "[DONE]"}).stop == Stop::filtered);
  CHECK(chat({content("a", "stop"), delta("", "length"), "[DONE]"}).stop == Stop::truncated_output);
  CHECK(chat({content("a", "stop"), delta("", "whatever"), "[DONE]"}).stop == Stop::unknown);
  const std::string call = R"([{"index":0,"id":"a","function":{"name":"clock","arguments":"{}"}}])";
  check_calls(chat({tool_calls(call, "tool_calls"), delta("", "stop"), "[DONE]"}), {{"clock", "{}"}});
  check_calls(chat({tool_calls(call, "stop"), delta("", "tool_calls"), "[DONE]"}), {{"clock", "{}"}});
  CHECK(chat({content("a", "tool_calls"), delta("", "stop"), "[DONE]"}).stop == Stop::malformed);
}

TEST_CASE("a word of a server's own means what the provider's configuration says") {
  ProviderConfig config;
  config.stop_words = {{"end_turn", Stop::complete}, {"cut", Stop::truncated_output}};
  const auto dialect = dialect_of("openai-chat", config);
  const auto stop_of = [&](const std::string& word) {
    ReplyReader reader(dialect->decoder(conversation()));
    reader.feed(sse(content("a", word)) + sse("[DONE]"));
    return reader.finish(BodyEnd::framed, "text/event-stream").stop;
  };
  CHECK(stop_of("end_turn") == Stop::complete);
  CHECK(stop_of("cut") == Stop::truncated_output);
  CHECK(stop_of("eos") == Stop::complete);
  CHECK(stop_of("eos_token") == Stop::complete);
  CHECK(stop_of("END_TURN") == Stop::unknown);
}

TEST_CASE("a response that is completed by its event and incomplete by its status is what its reason says") {
  const std::string message = R"([{"type":"message","content":[{"type":"output_text","text":"a"}]}])";
  const auto stop_of = [&](const std::string& reason) {
    return decoded("openai-responses",
                   completed(message, R"("status":"incomplete","incomplete_details":{"reason":")" + reason + "\"}"))
        .stop;
  };
  CHECK(stop_of("max_output_tokens") == Stop::truncated_output);
  CHECK(stop_of("content_filter") == Stop::filtered);
  CHECK(decoded("openai-responses", completed(message, R"("id":"r")")).stop == Stop::complete);
}

TEST_CASE("a choice or candidate with another index than 0 is read, two of them never") {
  check_text(chat({R"({"choices":[{"index":1,"delta":{"content":"a"},"finish_reason":"stop"}]})", "[DONE]"}), "a");
  CHECK(chat({R"({"choices":[{"index":1,"delta":{"content":"a"}}]})", content("b", "stop"), "[DONE]"}).stop ==
        Stop::malformed);
  check_text(decoded("gemini", gemini(R"([{"text":"a"}])", R"(,"index":1,"finishReason":"STOP")")), "a");
}

// Errors.

TEST_CASE("an error between the events of a stream is the error, in every API") {
  const std::string words = "the request exceeds the available context size";
  for (const TestedApi& api : tested_apis())
    for (const std::string& bytes :
         {"error: {\"code\":400,\"message\":\"" + words + "\",\"type\":\"exceed_context_size_error\"}\n\n",
          ": queued\n\n{\"error\":{\"message\":\"" + words + "\"}}\n\n", ": queued\n\nerror: " + words + "\n\n",
          ": queued\n\n{\n \"error\": \"" + words + "\"\n}\n"}) {
      CAPTURE(api.api, bytes);
      const ModelReply reply = decoded(api.api, bytes + "data: [DONE]\n\n");
      CHECK(reply.stop == Stop::provider_error);
      CHECK(reply.detail.find(words) != std::string::npos);
      CHECK(reply.no_answer);
    }
}

TEST_CASE("a document that has a message in place of an answer is an error with that message") {
  for (const TestedApi& api : tested_apis())
    for (const char* body :
         {R"({"choices":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}})",
          R"({"detail":"insufficient balance"})", R"({"errors":[{"message":"insufficient balance"}]})"}) {
      CAPTURE(api.api, body);
      const ModelReply reply = decoded(api.api, body, BodyEnd::framed, "application/json");
      CHECK(reply.stop == Stop::provider_error);
      CHECK(reply.detail.find("insufficient balance") != std::string::npos);
      CHECK(reply.no_answer);
    }
}

TEST_CASE("an error that says nothing is none") {
  for (const char* error : {"\"\"", "{}", "null", "false", "0", "[]", R"({"code":0,"message":""})"})
    check_text(
        chat({R"({"error":)" + std::string(error) + R"(,"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]})",
              "[DONE]"}),
        "a");
}

TEST_CASE("words beside an answer that is not good are in its detail") {
  const ModelReply reply = decoded("openai-chat", "model is warming up\n\n" + sse(content("a")));
  CHECK(reply.stop == Stop::stream_cut);
  CHECK(reply.detail.find("model is warming up") != std::string::npos);
  check_text(decoded("openai-chat", "note: x\n\n" + sse(content("a", "stop")) + sse("[DONE]")), "a");
}

TEST_CASE("another server's page is an error for which nothing is asked again, and costs nothing") {
  const ModelReply reply = decoded("openai-chat", "<html><body>Log in</body></html>", BodyEnd::framed, "text/html");
  CHECK(reply.stop == Stop::provider_error);
  CHECK(reply.no_answer);
}

TEST_CASE("a filter's error is that of the prompt before the answer, and of the answer behind some of it") {
  const std::string error = R"({"error":{"code":"content_filter","message":"no"}})";
  CHECK(chat({error, "[DONE]"}).stop == Stop::prompt_blocked);
  CHECK(chat({content("a"), error, "[DONE]"}).stop == Stop::filtered);
}

// Tokens.

TEST_CASE("tokens: zeros are not believed for an answer that is there, and later parts do not overwrite better ones") {
  const auto usage = [](const std::string& counts) { return R"({"choices":[],"usage":{)" + counts + "}}"; };
  const std::string zeros = usage(R"("prompt_tokens":0,"completion_tokens":0,"total_tokens":0)");
  const std::string good = usage(R"("prompt_tokens":"120","completion_tokens":34,"total_tokens":154)");
  const auto with = [&](std::vector<std::string> events) {
    events.insert(events.begin(), content("a", "stop"));
    events.push_back("[DONE]");
    return chat(events);
  };
  CHECK_FALSE(with({zeros}).usage.has_value());
  CHECK(with({good, zeros}).usage == Usage{.input = 120, .output = 34});
  CHECK(with({usage(R"("prompt_tokens":1e400,"completion_tokens":9000000000000)")}).usage ==
        Usage{.input = max_token_count, .output = max_token_count});
  CHECK_FALSE(with({usage(R"("prompt_tokens":120,"completion_tokens":-5)")}).usage.has_value());

  const std::string start = R"({"type":"message_start","message":{"usage":{"input_tokens":5000,"output_tokens":1}}})";
  const std::string body =
      sse(start) + sse(block(0, R"({"type":"text","text":"a"})")) +
      sse(R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":0,"output_tokens":30}})") +
      sse(R"({"type":"message_stop"})");
  CHECK(decoded("anthropic", body).usage == Usage{.input = 5000, .output = 30});

  const auto told = [](const std::string& counts) { return R"(,"usageMetadata":{)" + counts + "}"; };
  const auto chunk = [&](const std::string& reason, const std::string& counts) {
    return sse(R"({"candidates":[{"content":{"parts":[{"text":"a"}]})" + reason + "}]" + told(counts) + "}");
  };
  const std::string last = R"(,"finishReason":"STOP")";
  CHECK(decoded("gemini", chunk("", R"("promptTokenCount":100,"candidatesTokenCount":30)") +
                              chunk(last, R"("promptTokenCount":100)"))
            .usage == Usage{.input = 100, .output = 30});
  CHECK(decoded("gemini", chunk(last, R"("promptTokenCount":100,"totalTokenCount":400)")).usage ==
        Usage{.input = 100, .output = 300});
}
