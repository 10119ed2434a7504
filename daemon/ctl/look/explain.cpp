#include "surface/meanings.hpp"

#include <nlohmann/json.hpp>

#include "ctl/cli/commands.hpp"
#include "ctl/cli/report.hpp"
#include "foundation/text/nearest.hpp"

namespace nowd::ctl {
namespace {

/// As people type them: "Rolled over" is rolled_over.
std::string as_written_in_the_ledger(std::string word) {
  for (char& c : word) {
    if (c == ' ' || c == '-') c = '_';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return word.starts_with("clocks.") ? word.substr(7) : word;
}

}  // namespace

int run_command(const Globals& globals, const Explain& command) {
  const std::string word = as_written_in_the_ledger(command.word);
  const Style style = style_of(globals);
  if (!word.empty() && explanation(word, style).empty()) {
    const auto near = nearest_name(word, known_words());
    return fail(bad, "'" + command.word + "' is no word of nowd; " +
                         (near ? "did you mean '" + *near + "'?" : "nowctl explain lists all of them"));
  }
  if (!globals.json) {
    print(word.empty() ? all_words(style) : explanation(word, style));
    return done;
  }
  for (const WordMeaning& each : meanings())
    if (word.empty() || each.word == word)
      print_line({{"word", each.word}, {"of", to_string(each.of)}, {"means", each.means}, {"then", each.then}});
  return done;
}

}  // namespace nowd::ctl
