#include "surface/terminal/conversation.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "surface/run_record.hpp"
#include "surface/text.hpp"

namespace nowd {
namespace {

class Conversation {
 public:
  Conversation(const Json& texts, const Style& style) : texts_(texts), style_(style) {}

  std::string prompt() {
    request(1);
    return out(
        "the prompt of this run is not in the ledger: no model was asked, or its texts were deleted (retention)");
  }
  std::string inputs() {
    for (const Json& call : list("tool_calls"))
      if (row::text(call, "source") != "model") result_of(call);
    return out("the run has no inputs");
  }
  std::string conversation() {
    for (const Json& call : list("tool_calls"))
      if (row::text(call, "source") != "model") result_of(call);
    for (const Json& call : list("inference")) {
      const std::int64_t seq = row::number(call, "seq").value_or(0);
      request(seq);
      response(call, seq);
      for (const Json& tool : list("tool_calls"))
        if (row::text(tool, "source") == "model" && row::number(tool, "inference_seq") == seq) result_of(tool);
    }
    return out("no text of this run is in the ledger: it had none, or they were deleted (retention)");
  }

 private:
  const Json& list(const char* name) const {
    static const Json nothing = Json::array();
    return texts_.contains(name) ? texts_[name] : nothing;
  }

  std::string out(std::string_view when_empty) const { return out_.empty() ? std::string(when_empty) + "\n" : out_; }

  const std::string* body(std::string_view part, std::int64_t seq) const {
    for (const Json& each : list("bodies"))
      if (each.value("part", "") == part && row::number(each, "seq") == seq && each["content"].is_string())
        return each["content"].get_ptr<const std::string*>();
    return nullptr;
  }

  void say(const std::string& heading, std::string_view text) {
    out_ += (out_.empty() ? "" : "\n") + paint(style_, Ink::bold, "── " + printable(heading)) + "\n";
    std::string shown = printable(text, true);
    while (shown.ends_with('\n')) shown.pop_back();
    out_ += shown.empty() ? paint(style_, Ink::dim, "(empty)") + "\n" : shown + "\n";
  }

  /// Only the new texts of a request. Answers and results are shown at their own calls.
  void request(std::int64_t seq) {
    const std::string* content = body("request", seq);
    if (content == nullptr) return;
    const Result<Json> json = parse_json(*content);
    if (!json || !json->is_object()) return say("asked, call " + std::to_string(seq), *content);
    if (const std::string system = row::text(*json, "system"); !system.empty()) say("system", system);
    if (json->contains("tools") && (*json)["tools"].is_array() && !(*json)["tools"].empty()) {
      std::string names;
      for (const Json& name : (*json)["tools"])
        if (name.is_string()) names += (names.empty() ? "" : ", ") + name.get<std::string>();
      say("tools offered", names);
    }
    const bool again = row::flag(*json, "again");
    if (json->contains("messages") && (*json)["messages"].is_array())
      for (const Json& message : (*json)["messages"]) show_message(message, seq, again);
  }

  void show_message(const Json& message, std::int64_t seq, bool again) {
    if (!message.is_object() || message.contains("response_of")) return;
    const std::string role = row::text(message, "role");
    if (role == "tool") {
      // The text around a result: mostly the newest clock block.
      const std::string around =
          row::text(message, "before") + row::text(message, "after") + row::text(message, "text");
      if (!around.empty()) say("with the result of a tool, before call " + std::to_string(seq), around);
      return;
    }
    say(role + (seq > 1 || again ? ", before call " + std::to_string(seq) : ""), row::text(message, "text"));
  }

  void response(const Json& call, std::int64_t seq) {
    const std::string of = "model, call " + std::to_string(seq) + " (" + row::text(call, "provider") + " " +
                           row::text(call, "model") + ", " +
                           (row::text(call, "stop").empty() ? row::text(call, "state") : row::text(call, "stop")) + ")";
    const std::string* content = body("response", seq);
    if (content == nullptr) return say(of, "no answer is in the ledger");
    const Result<Json> json = parse_json(*content);
    if (!json || !json->is_object()) return say(of, *content);
    if (row::text(*json, "text_of") == "output") {
      const std::string* output = body("output", 0);
      return say(of + ", the output", output == nullptr ? "" : *output);
    }
    std::string text = row::text(*json, "text");
    if (json->contains("calls") && (*json)["calls"].is_array())
      for (const Json& proposed : (*json)["calls"]) {
        if (!text.empty() && !text.ends_with('\n')) text += '\n';
        text += "→ " + row::text(proposed, "tool") + " ";
        if (const auto found = proposed.find("arguments"); found != proposed.end())
          text += found->is_string() ? found->get<std::string>() : dump_json(*found);
      }
    say(of, text);
  }

  void result_of(const Json& call) {
    const std::int64_t seq = row::number(call, "seq").value_or(0);
    const std::string source = row::text(call, "source");
    const std::string* content = body("result", seq);
    std::string text;
    if (const std::string arguments = row::text(call, "arguments"); !arguments.empty() && arguments != "{}")
      text += "with " + arguments + "\n";
    if (const std::string error = row::text(call, "error"); !error.empty()) text += "error: " + error + "\n";
    text += content == nullptr ? "(no result is in the ledger)" : *content;
    say((source == "model" ? "tool " : source + " ") + row::text(call, "tool") + ", " + row::text(call, "state"), text);
  }

  const Json& texts_;
  const Style& style_;
  std::string out_;
};

}  // namespace

std::string prompt_text(const Json& texts, const Style& style) { return Conversation(texts, style).prompt(); }
std::string inputs_text(const Json& texts, const Style& style) { return Conversation(texts, style).inputs(); }
std::string conversation_text(const Json& texts, const Style& style) {
  return Conversation(texts, style).conversation();
}

}  // namespace nowd
