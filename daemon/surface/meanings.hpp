// The vocabulary of nowd: states, reasons, verdicts, rules. `nowctl explain` prints this table, `nowctl why` takes its
// sentences from it, and nowctl(1) has an entry for each word.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "surface/text.hpp"

namespace nowd {

/// The subject of a word. One word may have several subjects: a run and a delivery are both `failed`.
enum class WordOf {
  run_state,
  run_reason,
  run_kind,
  verdict,
  rule,
  occurrence_state,
  occurrence_reason,
  stop,
  stop_action,
  retry_class,
  call_state,
  effect,
  delivery_state,
  alert_kind,
  hold_reason,
  clock_event,
  account_state,
};
std::string_view to_string(WordOf of);  ///< "state of a run", "rule of the guard"

struct WordMeaning {
  WordOf of;
  std::string_view word;
  std::string_view means;      ///< a clause that follows the word: "its daemon died before any effect"
  std::string_view then = {};  ///< a sentence with the remedy; empty if none is needed
};

std::span<const WordMeaning> meanings();
/// Null if the word has no such subject.
const WordMeaning* meaning_of(WordOf of, std::string_view word);

/// The entries of a word, one below the other; empty for an unknown word.
std::string explanation(std::string_view word, const Style& style);
/// All words, by subject.
std::string all_words(const Style& style);
/// Each word once, in the order of the table.
std::vector<std::string> known_words();

}  // namespace nowd
