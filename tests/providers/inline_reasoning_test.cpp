#include "providers/reply/answer_text.hpp"

#include <string>

#include "support/catch.hpp"

using namespace nowd;

namespace {

std::string answer(std::string_view text) {
  const InlineReasoning out = without_reasoning(text);
  return out.open ? "(open)" : std::string(out.answer);
}

}  // namespace

TEST_CASE("a block of reasoning that leads is no part of the answer, in the forms of each family of models") {
  CHECK(answer("<think>\nprivate plan\n</think>\n\nQ3 was fine.") == "Q3 was fine.");
  CHECK(answer("\n<think></think>\nQ3 was fine.\n") == "Q3 was fine.\n");
  CHECK(answer("<Thinking>a</Thinking> <think>b</think>Q3") == "Q3");
  CHECK(answer("<reasoning>a</reasoning>Q3") == "Q3");
  CHECK(answer("[THINK]a[/THINK]Q3") == "Q3");
  CHECK(answer("<seed:think>a</seed:think>Q3") == "Q3");
  CHECK(answer("<|channel>thought\na<channel|>Q3") == "Q3");
  CHECK(answer("◁think▷a◁/think▷Q3") == "Q3");
  CHECK(answer("<think>a</think>{\"a\":1}") == "{\"a\":1}");
  CHECK(answer("<think>only a plan</think>").empty());
}

TEST_CASE("reasoning that a template had opened ends where it is closed") {
  CHECK(answer("private plan\n</think>\n\nQ3 was fine.") == "Q3 was fine.");
  CHECK(answer("private plan.</think>Q3 was fine.") == "Q3 was fine.");
  CHECK(answer("</think>\nQ3") == "Q3");
  CHECK(answer("private plan </think>\nQ3") == "Q3");
}

TEST_CASE("reasoning that is never closed has no answer behind it") {
  CHECK(answer("<think>\nLet me") == "(open)");
  CHECK(answer("<think>a</think><think>b") == "(open)");
  CHECK(answer("<|channel|>analysis<|message|>Let me") == "(open)");
}

TEST_CASE("of the channels of Harmony the last final one is the answer") {
  CHECK(answer("<|channel|>analysis<|message|>plan<|end|><|start|>assistant<|channel|>final<|message|>Q3<|return|>") ==
        "Q3");
  CHECK(answer("<|channel|>final<|message|>Q3") == "Q3");
  CHECK(answer("analysisWe need to say it.assistantfinalQ3 was fine.") == "Q3 was fine.");
  CHECK(answer("analysis of Q3: fine") == "analysis of Q3: fine");
}

TEST_CASE("an answer that speaks of such tags stays as it is") {
  for (const char* text : {"Q3 was fine.", "", "The tag `</think>` closes a thought.", "Use </think> to close it.",
                           "It wrote <think>a</think> first.", "Like so:\n<think>\nplan\n</think>\nand then more.",
                           "  I think so.", "<thin>x</thin>"})
    CHECK(answer(text) == text);
}
