#include "providers/reply/answer_text.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

const std::set<std::string> offered{"mail.send", "mail_send", "clock", "get_weather"};

bool is_call(std::string_view text) { return is_written_call(text, offered); }

}  // namespace

TEST_CASE("the markup of a call, in the way of each family of models, is no answer") {
  for (const char* text :
       {"<tool_call>\n{\"name\": \"mail.send\", \"arguments\": {}}\n</tool_call>",
        "<tool_call>mail_send\n<arg_key>to</arg_key>\n<arg_value>x</arg_value>\n</tool_call>",
        "<function=mail_send>{\"to\": \"x\"}</function>",
        "<function=mail_send>\n<parameter=to>\nx\n</parameter>\n</function>",
        "<function_calls>\n<invoke name=\"mail_send\">\n<parameter "
        "name=\"to\">x</parameter>\n</invoke>\n</function_calls>",
        "<|tool_call|>[{\"name\": \"mail_send\", \"arguments\": {}}]", "<|tool_call>call:mail_send{to:x}<tool_call|>",
        "[TOOL_CALLS]mail_send{\"to\": \"x\"}", "[TOOL_CALLS] [{\"name\": \"mail_send\", \"arguments\": {}}]",
        "[TOOL_REQUEST]{\"name\": \"mail_send\"}[END_TOOL_REQUEST]",
        "<|python_tag|>{\"name\": \"mail_send\", \"parameters\": {}}",
        "<|channel|>commentary to=functions.mail_send <|constrain|>json<|message|>{\"to\":\"x\"}<|call|>",
        "<|start|>assistant<|channel|>commentary to=functions.mail_send<|message|>{}",
        "commentary to=functions.mail_send json{\"to\":\"x\"}",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>mail_send",
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.mail_send:0<|tool_call_argument_begin|>{}",
        "functools[{\"name\": \"mail_send\", \"arguments\": {}}]", "<minimax:tool_call>\n<invoke name=\"mail_send\">"})
    if (!is_call(text)) FAIL_CHECK(text);
}

TEST_CASE("one object that names an offered tool and has arguments is no answer, fenced or not") {
  for (const char* text :
       {"{\"name\": \"mail.send\", \"arguments\": {\"to\": \"x\"}}",
        "{\"name\": \"functions.mail_send:0\", \"parameters\": {}}", "{\"tool\": \"mail_send\", \"args\": {}}",
        "```json\n{\"name\": \"mail_send\", \"arguments\": {}}\n```",
        "```\n[{\"name\": \"clock\", \"arguments\": {}}]\n```",
        "{\"type\": \"function\", \"function\": {\"name\": \"clock\", \"arguments\": \"{}\"}}",
        "{\"tool_calls\": [{\"function\": {\"name\": \"clock\", \"arguments\": \"{}\"}}]}",
        "{\"action\": \"mail_send\", \"action_input\": {}}",
        "{\"name\": \"clock\", \"parameters\": {}}; \n{\"name\": \"clock\", \"parameters\": {}}"})
    if (!is_call(text)) FAIL_CHECK(text);
}

TEST_CASE("an expression that calls an offered tool is no answer") {
  for (const char* text : {"```tool_code\nprint(default_api.get_weather(city=\"Rome\"))\n```",
                           "print(default_api.get_weather(city=\"Rome\"))", "tool_code\nprint(get_weather())",
                           "get_weather(city=\"Rome (IT)\")", "[get_weather(city=\"Rome\"), clock()]",
                           "mail_send{\"to\": \"x\"}", "mail_send\n{\"to\": \"x\"}", "mail_send[ARGS]{\"to\": \"x\"}",
                           "Thought: I must.\nAction: mail_send\nAction Input: {\"to\": \"x\"}"})
    if (!is_call(text)) FAIL_CHECK(text);
}

TEST_CASE("a call behind an introduction is one where it names an offered tool") {
  CHECK(is_call("I send it now.\n<tool_call>{\"name\": \"mail_send\", \"arguments\": {}}</tool_call>"));
  CHECK(is_call("Let me look.\n<function=get_weather>{}</function>"));
  CHECK_FALSE(is_call("The markup <tool_call>{\"name\": \"other\"}</tool_call> is that of Hermes."));
}

TEST_CASE("an answer that speaks of a tool, quotes markup, or is JSON about something else, is an answer") {
  for (const char* text : {"",
                           "All is well.",
                           "I used mail.send to tell them.",
                           "clock",
                           "mail_send (the tool) was not needed (at all)",
                           "mail.send was called with {\"to\": \"x\"}.",
                           "{\"name\": \"Ada\", \"arguments\": 3}",
                           "{\"name\": \"mail_send\"}",
                           "{\"summary\": \"fine\", \"tool\": \"mail_send\"}",
                           "[]",
                           "{}",
                           "[1, 2]",
                           "{\"arguments\": {}}",
                           "Models write `<tool_call>{\"name\": \"mail_send\"}</tool_call>` when they call.",
                           "See:\n```\n<tool_call>{\"name\": \"mail_send\"}</tool_call>\n```\nThat is all.",
                           "```json\n{\"total\": 3}\n```",
                           "[clock] ticks",
                           "[1] see get_weather",
                           "Action: none",
                           "I called it with:\n```json\n{\"name\": \"mail_send\", \"arguments\": {}}\n```",
                           "[TOOLS] are fine"})
    if (is_call(text)) FAIL_CHECK(text);
}

TEST_CASE("where no tool was offered, nothing is a call") {
  CHECK_FALSE(is_written_call("<tool_call>{\"name\": \"mail_send\", \"arguments\": {}}</tool_call>", {}));
}
