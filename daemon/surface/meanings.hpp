// The words that nowd uses for itself: states, reasons, verdicts, rules. One table: `nowctl explain` prints it, `nowctl
// why` takes its sentences from it, and nowctl(1) has an entry for each word.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "surface/text.hpp"

namespace nowd {

/// What a word is said of. One word may be said of several things: a run and a delivery are both `failed`.
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
  std::string_view then = {};  ///< a sentence on what to do; empty where nothing is to be done
};

std::span<const WordMeaning> meanings();
/// Nothing if the word is not said of that.
const WordMeaning* meaning_of(WordOf of, std::string_view word);

/// The entries of a word, one below the other; empty for an unknown one.
std::string explanation(std::string_view word, const Style& style);
/// All words, by what they are said of.
std::string all_words(const Style& style);
/// Each once, in the order of the table.
std::vector<std::string> known_words();

}  // namespace nowd
