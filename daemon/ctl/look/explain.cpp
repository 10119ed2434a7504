// explain: the meaning of a word of nowd.
#include <nlohmann/json.hpp>

#include "ctl/cli/report.hpp"
#include "ctl/commands.hpp"
#include "foundation/text/nearest.hpp"
#include "surface/meanings.hpp"

namespace nowd::ctl {
namespace {

/// "Rolled over", as a person types it, is rolled_over in the ledger.
std::string ledger_word(std::string word) {
  for (char& c : word) {
    if (c == ' ' || c == '-') c = '_';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return word.starts_with("clocks.") ? word.substr(7) : word;
}

int explain(const Globals& globals, const std::string& given_word) {
  const std::string word = ledger_word(given_word);
  const Style style = style_of(globals);
  if (!word.empty() && explanation(word, style).empty()) {
    const auto near = nearest_name(word, known_words());
    return fail(exit_bad, "'" + given_word + "' is no word of nowd; " +
                              (near ? "did you mean '" + *near + "'?" : "nowctl explain lists all of them"));
  }
  if (!globals.json) {
    print(word.empty() ? all_words(style) : explanation(word, style));
    return exit_done;
  }
  for (const WordMeaning& each : meanings())
    if (word.empty() || each.word == word)
      print_line({{"word", each.word}, {"of", to_string(each.of)}, {"means", each.means}, {"then", each.then}});
  return exit_done;
}

}  // namespace

Command explain_command() {
  const auto word = std::make_shared<std::string>();
  return {.name = "explain",
          .group = Group::offline,
          .summary = "explain a state, a reason, a verdict or a rule",
          .text = R"(Prints the meaning of a word of nowd, and the remedy: states of runs,
occurrences, calls and deliveries, reasons, verdicts on clocks, rules of the
guard, stop words. Without WORD: all of them.)",
          .arguments = {{"WORD", "", word.get()}},
          .json = R"({"word", "of", "means", "then"}, one per meaning)",
          .exit_status = "0 done; 1 WORD is no word of nowd; 2 usage.",
          .example = "nowctl explain rolled_over",
          .run = [word](const Globals& globals) { return explain(globals, *word); }};
}

}  // namespace nowd::ctl
