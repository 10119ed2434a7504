#include "providers/reply/answer_text.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "foundation/text/words.hpp"
#include "providers/wire/wire.hpp"

namespace nowd {
namespace {

struct Tags {
  std::string_view open;
  std::string_view close;
};

/// The tags of models around their reasoning: Qwen, DeepSeek, GLM, MiniMax and most others; then Mistral, Seed, Kimi,
/// Cohere, Gemma, and the fine-tunes of OpenThoughts.
constexpr std::array tags{
    Tags{"<think>", "</think>"},
    Tags{"<thinking>", "</thinking>"},
    Tags{"<thought>", "</thought>"},
    Tags{"<reasoning>", "</reasoning>"},
    Tags{"<antthinking>", "</antthinking>"},
    Tags{"<mm:think>", "</mm:think>"},
    Tags{"<seed:think>", "</seed:think>"},
    Tags{"[think]", "[/think]"},
    Tags{"\u25C1think\u25B7", "\u25C1/think\u25B7"},
    Tags{"<|think|>", "<|/think|>"},
    Tags{"<|start_thinking|>", "<|end_thinking|>"},
    Tags{"<|begin_of_thought|>", "<|end_of_thought|>"},
    Tags{"<|channel>thought", "<channel|>"},
    Tags{"<unused94>thought", "<unused95>"},
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_letter(char a, char b) { return lower(a) == lower(b); }

std::size_t find(std::string_view text, std::string_view word) {
  const auto found = std::ranges::search(text, word, same_letter);
  return found.empty() ? text.npos : static_cast<std::size_t>(found.begin() - text.begin());
}

bool begins_with(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && std::ranges::equal(text.substr(0, word.size()), word, same_letter);
}

std::string_view from_first_word(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == text.npos ? "" : text.substr(first);
}

/// True if the tag closes the text before it. In a sentence about the tag, blanks or quotes surround it.
bool closes(std::string_view text, std::size_t at, std::string_view tag) {
  const std::string_view after = text.substr(at + tag.size());
  const bool ends_line = after.empty() || after.find_first_not_of(" \t") == after.npos ||
                         after[after.find_first_not_of(" \t")] == '\n' || after[0] == '\r';
  constexpr std::string_view of_a_sentence = " \t`'\"(";
  const char before = at == 0 ? '\n' : text[at - 1];
  return before == '\n' || ends_line || of_a_sentence.find(before) == of_a_sentence.npos;
}

/// The text after a closing tag without an opening tag.
std::optional<std::string_view> behind_unopened(std::string_view text) {
  for (const Tags& each : tags) {
    const std::size_t at = find(text, each.close);
    if (at == text.npos || find(text.substr(0, at), each.open) != text.npos || !closes(text, at, each.close)) continue;
    return from_first_word(text.substr(at + each.close.size()));
  }
  return {};
}

constexpr std::string_view final_channel = "<|channel|>final";
constexpr std::string_view message_mark = "<|message|>";

/// https://cookbook.openai.com/articles/openai-harmony: channels analysis, commentary (calls) and final.
std::optional<InlineReasoning> from_harmony(std::string_view text) {
  const std::string_view lead = from_first_word(text);
  if (!lead.starts_with("<|channel|>") && !lead.starts_with("<|start|>")) {
    // Some servers drop the marks and keep their words.
    constexpr std::string_view bare_final = "assistantfinal";
    const std::size_t at = lead.starts_with("analysis") ? lead.rfind(bare_final) : lead.npos;
    if (at == lead.npos) return {};
    return InlineReasoning{from_first_word(lead.substr(at + bare_final.size())), false};
  }
  const std::size_t channel = text.rfind(final_channel);
  const std::size_t mark = channel == text.npos ? text.npos : text.find(message_mark, channel);
  if (mark == text.npos) {
    const bool calls = text.find("to=") != text.npos;  // is_written_call() finds the call
    return InlineReasoning{text, !calls};
  }
  std::string_view answer = text.substr(mark + message_mark.size());
  for (const std::string_view end : {"<|return|>", "<|end|>"}) answer = answer.substr(0, answer.find(end));
  return InlineReasoning{from_first_word(answer), false};
}

}  // namespace

InlineReasoning without_reasoning(std::string_view text) {
  if (const auto harmony = from_harmony(text)) return *harmony;
  std::string_view rest = text;
  for (bool again = true; again;) {
    again = false;
    const std::string_view lead = from_first_word(rest);
    for (const Tags& each : tags) {
      if (!begins_with(lead, each.open)) continue;
      const std::size_t close = find(lead, each.close);
      if (close == lead.npos) return {"", true};
      rest = from_first_word(lead.substr(close + each.close.size()));
      again = true;
      break;
    }
  }
  if (const auto behind = behind_unopened(rest)) return {*behind, false};
  return {rest, false};
}

namespace {

using Names = std::set<std::string>;

/// Call markup. No answer begins with it.
constexpr auto markup = std::to_array<std::string_view>({
    "<tool_call>",
    "<tool_calls>",
    "<toolcall>",
    "<tool-call>",
    "</tool_call>",  // Hermes, Qwen, GLM
    "<function=",
    "<function_call>",
    "<functioncall>",
    "<function-call>",
    "<function_calls>",  // Llama, Qwen coder
    "<invoke name=",
    "<tool_use>",
    "<tool_name>",
    "<use_tool",
    "<use_mcp_tool>",  // Claude, agents
    "<|tool_call|>",
    "<|tool_calls|>",
    "<|tool_call>",
    "<|tool_call_start|>",
    "<|tool_call_begin|>",
    "<|tool_calls_section_begin|>",
    "<|tool_calls_begin|>",
    "<|tool_list_start|>",  // Granite, Gemma, LFM, Kimi
    "[TOOL_CALLS]",
    "[TOOL_CALL]",
    "[TOOL_REQUEST]",
    "[tool_call]",  // Mistral, LM Studio
    "<|python_tag|>",
    "<|action_start|>",
    "<|START_ACTION|>",
    "functools[",  // Llama, InternLM, Cohere, Phi
    "<minimax:tool_call>",
    "<seed:tool_call>",
    "<longcat_tool_call>",
    "<xai:function_call",
    "<\uFF5Ctool\u2581call",
    "<|tool\u2581call",
    "<\uFF5CDSML\uFF5C",  // DeepSeek
    "<tool_code>",        // Gemma
});

bool begins_call(std::string_view text) {
  return std::ranges::any_of(markup, [&](std::string_view mark) { return text.starts_with(mark); });
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/// "look" for "functions.look:0" and "default_api.look".
std::string_view bare_name(std::string_view name) {
  for (const std::string_view prefix : {"functions.", "default_api.", "default_api:", "tools.", "multi_tool_use."})
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  return name.substr(0, name.find(':'));
}

bool is_offered(std::string_view name, const Names& tools) {
  return tools.contains(std::string(name)) || tools.contains(std::string(bare_name(name)));
}

/// True if the text contains the name of a tool as a word.
bool names_a_tool(std::string_view text, const Names& tools) {
  return std::ranges::any_of(tools, [&](const std::string& tool) {
    for (std::size_t at = text.find(tool); at != text.npos; at = text.find(tool, at + 1)) {
      const std::size_t end = at + tool.size();
      const bool ends = end == text.size() || !is_name_character(text[end]);
      if (ends && (at == 0 || !is_name_character(text[at - 1]) || text[at - 1] == '.')) return true;
    }
    return false;
  });
}

/// True if the text at `at` is quoted as code: inside a fence, or after a backtick in its line.
bool is_code(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  std::size_t fences = 0;
  for (std::size_t fence = before.find("```"); fence != before.npos; fence = before.find("```", fence + 3)) ++fences;
  const std::string_view line = before.substr(before.rfind('\n') + 1);
  return fences % 2 == 1 || std::ranges::count(line, '`') % 2 == 1;
}

/// Markup after an introduction ("I send it now.") counts if the name of an offered tool follows.
bool contains_call(std::string_view text, const Names& tools) {
  constexpr std::size_t max_head = 300;  // of a call, up to the end of its name
  return std::ranges::any_of(markup, [&](std::string_view mark) {
    for (std::size_t at = text.find(mark); at != text.npos; at = text.find(mark, at + mark.size()))
      if (!is_code(text, at) && names_a_tool(text.substr(at + mark.size(), max_head), tools)) return true;
    return false;
  });
}

/// Harmony's channel for calls, with or without its marks.
bool is_harmony_call(std::string_view text) {
  constexpr std::size_t max_head = 120;
  const std::size_t to = text.find("to=functions.");
  if (to == text.npos) return false;
  const bool marked = text.find("<|channel|>") != text.npos || text.find("<|start|>") != text.npos;
  return marked || (to < max_head && text.substr(0, to).find("commentary") != text.npos);
}

std::string name_in(const Json& value) {
  for (const char* key :
       {"name", "tool", "function", "tool_name", "function_name", "recipient_name", "action", "toolName"})
    if (std::string name = text_of(value, key); !name.empty()) return name;
  return "";
}

bool has_arguments(const Json& value) {
  constexpr std::array keys{"arguments", "parameters", "params",       "args",      "input",
                            "kwargs",    "tool_input", "action_input", "tool_args", "tool_arguments"};
  return std::ranges::any_of(keys, [&](const char* key) { return value.contains(key); });
}

bool is_call(const Json& value, const Names& tools) {
  if (value.is_array())
    return !value.empty() && std::ranges::all_of(value, [&](const Json& each) { return is_call(each, tools); });
  if (!value.is_object()) return false;
  for (const char* wrapper : {"tool_calls", "tool_call", "function_call", "function", "tool_uses", "functionCall"})
    if (const Json* inner = member(value, wrapper); inner && inner->is_structured() && is_call(*inner, tools))
      return true;
  return has_arguments(value) && is_offered(name_in(value), tools);
}

/// The text after the parenthesis that closes the first one; "x" if none closes it.
std::string_view behind_parentheses(std::string_view text) {
  int depth = 0;
  char quote = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != 0) {
      if (c == '\\') ++at;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      return text.substr(at + 1);
    }
  }
  return "x";
}

/// One JSON value, or one per line (Llama separates them by semicolons).
bool is_json_call(std::string_view text, const Names& tools) {
  if (!text.starts_with('{') && !text.starts_with('[')) return false;
  if (const Result<Json> whole = parse_json(text)) return is_call(*whole, tools);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = trimmed(text.substr(0, end));
    while (line.ends_with(';') || line.ends_with(',')) line.remove_suffix(1);
    const Result<Json> value = parse_json(line);
    if (!line.empty() && !(value && is_call(*value, tools))) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

/// "name {…}", "name[ARGS]{…}", "name(city="Rome")", "[name(…), name(…)]", "print(default_api.name(…))".
bool is_expression(std::string_view text, const Names& tools) {
  for (const std::string_view prefix : {"tool_code", "print(", "["})
    if (text.starts_with(prefix)) text = trimmed(text.substr(prefix.size()));
  if (text.starts_with("print(")) text.remove_prefix(6);
  const auto end = std::ranges::find_if_not(text, [](char c) { return is_name_character(c) || c == ':'; });
  const auto size = static_cast<std::size_t>(end - text.begin());
  if (size == 0 || !is_offered(text.substr(0, size), tools)) return false;
  if (text.substr(size).starts_with('(')) {
    const std::string_view behind = behind_parentheses(text.substr(size));
    return behind.empty() || std::string_view(")],;\n").find(behind[0]) != std::string_view::npos;
  }
  std::string_view rest = trimmed(text.substr(size));
  if (rest.starts_with("[ARGS]")) rest = trimmed(rest.substr(6));
  const Result<Json> arguments = parse_json(rest);
  return arguments && arguments->is_object();
}

/// "Action: name" and "Action Input: …": the ReAct form of models without native tool calls.
bool is_react(std::string_view text, const Names& tools) {
  const std::size_t at = text.find("Action:");
  if (at == text.npos || text.find("Action Input:", at) == text.npos) return false;
  const std::string_view rest = text.substr(at + 7);
  return is_offered(trimmed(rest.substr(0, rest.find('\n'))), tools);
}

/// The content of one fence around the whole text, and the word behind its opening.
struct Fenced {
  std::string_view word;
  std::string_view content;
};
std::optional<Fenced> fenced(std::string_view text) {
  if (!text.starts_with("```") || text.size() < 6 || !text.ends_with("```")) return {};
  text = text.substr(3, text.size() - 6);
  if (text.find("```") != text.npos) return {};
  const std::size_t line = std::min(text.find('\n'), text.size());
  return Fenced{trimmed(text.substr(0, line)), trimmed(text.substr(line))};
}

}  // namespace

bool is_written_call(std::string_view text, const std::set<std::string>& tools) {
  text = trimmed(text);
  if (tools.empty() || text.empty()) return false;
  if (begins_call(text) || is_harmony_call(text) || contains_call(text, tools)) return true;
  if (const auto inner = fenced(text)) {
    constexpr std::array<std::string_view, 5> fence_words{"tool_code", "tool_call", "tool_calls", "tool_use",
                                                          "function_call"};
    if (std::ranges::find(fence_words, inner->word) != fence_words.end()) return true;
    text = inner->content;
    if (begins_call(text)) return true;
  }
  return is_json_call(text, tools) || is_expression(text, tools) || is_react(text, tools);
}

}  // namespace nowd
