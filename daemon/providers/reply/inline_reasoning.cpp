#include "providers/reply/inline_reasoning.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace nowd {
namespace {

struct Tags {
  std::string_view open;
  std::string_view close;
};

/// What models write around their reasoning: Qwen, DeepSeek, GLM, MiniMax and most others; then Mistral, Seed, Kimi,
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

/// Whether the tag ends what stands before it. In a sentence about the tag, blanks or quotes are around it.
bool closes(std::string_view text, std::size_t at, std::string_view tag) {
  const std::string_view after = text.substr(at + tag.size());
  const bool ends_line = after.empty() || after.find_first_not_of(" \t") == after.npos ||
                         after[after.find_first_not_of(" \t")] == '\n' || after[0] == '\r';
  constexpr std::string_view of_a_sentence = " \t`'\"(";
  const char before = at == 0 ? '\n' : text[at - 1];
  return before == '\n' || ends_line || of_a_sentence.find(before) == of_a_sentence.npos;
}

/// Behind a closing tag that nothing opened.
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
    // The same where a server drops the marks and keeps their words.
    constexpr std::string_view bare_final = "assistantfinal";
    const std::size_t at = lead.starts_with("analysis") ? lead.rfind(bare_final) : lead.npos;
    if (at == lead.npos) return {};
    return InlineReasoning{from_first_word(lead.substr(at + bare_final.size())), false};
  }
  const std::size_t channel = text.rfind(final_channel);
  const std::size_t mark = channel == text.npos ? text.npos : text.find(message_mark, channel);
  if (mark == text.npos) {
    const bool calls = text.find("to=") != text.npos;  // a call is no reasoning: written_call.hpp
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

}  // namespace nowd
