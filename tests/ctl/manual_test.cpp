// The manual pages name all that the programs take: they are held against the parser and the tables of keys.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "config/table/section.hpp"
#include "ctl/cli/command_line.hpp"
#include "ctl/commands.hpp"
#include "domain/clocks/verdict.hpp"
#include "domain/model/stop.hpp"
#include "domain/run/facts.hpp"
#include "support/catch.hpp"
#include "support/places.hpp"
#include "surface/meanings.hpp"

using namespace nowd;
using namespace nowd::ctl;

namespace {

using WordSet = std::set<std::string>;

std::vector<std::string> page(const std::string& name) {
  std::ifstream file(test_data("../../docs/man") / name);
  REQUIRE(file.good());
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// What follows `macro` in the items of a list (".It Ic jobs", ".It Fl h , Fl -help"), from the line `mark` to the
/// next.
WordSet items(const std::vector<std::string>& lines, const std::string& mark, const std::string& macro) {
  WordSet out;
  bool inside = false;
  for (const std::string& line : lines) {
    if (line.starts_with(".\\\" ")) inside = line == mark;
    if (!inside || !line.starts_with(".It " + macro)) continue;
    std::istringstream words(line);
    for (std::string word, last; words >> word; last = word)
      if (last == macro) out.insert(macro == "Fl" ? "-" + word : word);
  }
  return out;
}

WordSet missing(const WordSet& wanted, const WordSet& there) {
  WordSet out;
  std::set_difference(wanted.begin(), wanted.end(), there.begin(), there.end(), std::inserter(out, out.end()));
  return out;
}

/// An item of a list as the help prints it: "next JOB [--from T]" for ".It Ic next Ar JOB Op Fl -from Ar T".
std::string plain_item(const std::string& line) {
  std::istringstream words(line.substr(std::string_view(".It ").size()));
  std::string out, macro, open;
  bool joins = true;  // to the text before, without a space
  for (std::string word; words >> word;) {
    if (word == "Oo" || word == "Op") {
      out += joins ? "[" : " [";
      open += word == "Op" ? "]" : "";
      joins = true;
    } else if (word == "Oc") {
      out += "]";
      joins = false;
    } else if (word == "Ic" || word == "Ar" || word == "Cm" || word == "Fl") {
      macro = word;
    } else if (word == "...") {
      out += "…";
    } else {
      if (word == "|" && macro == "Cm") joins = true;
      const bool is_flag = macro == "Fl" && word != "|";
      out += (joins || out.empty() ? "" : " ") + std::string(is_flag ? "-" : "") + word;
      joins = word == "|" && macro == "Cm";
    }
  }
  return out + open;
}

/// The items that begin with `macro`, from the line `mark` to the next mark.
std::vector<std::string> plain_items(const std::vector<std::string>& lines, const std::string& mark,
                                     const std::string& macro) {
  std::vector<std::string> out;
  bool inside = false;
  for (const std::string& line : lines) {
    if (line.starts_with(".\\\" ")) inside = line == mark;
    if (inside && line.starts_with(".It " + macro)) out.push_back(plain_item(line));
  }
  return out;
}

/// The text of all files of a directory of the source, one after the other.
std::string all_of(const std::string& directory, const std::string& extension) {
  std::string out;
  for (const auto& entry : std::filesystem::directory_iterator(test_data("../../" + directory))) {
    if (entry.path().extension() != extension) continue;
    std::ifstream file(entry.path());
    out.append(std::istreambuf_iterator<char>(file), {});
  }
  return out;
}

}  // namespace

TEST_CASE("every key that nowd.yaml and a job may hold has an entry in the manual") {
  for (const SectionTable* table : all_section_tables()) {
    CAPTURE(table->page, table->name);
    const std::vector<std::string> names = table->names();
    const WordSet known(names.begin(), names.end());
    const WordSet entries = items(page(std::string(table->page)), ".\\\" keys: " + std::string(table->name), "Ic");
    CHECK(missing(known, entries) == WordSet{});
    CHECK(missing(entries, known) == WordSet{});  // nothing is promised that is not there
  }
}

TEST_CASE("the tables of keys are those of all kinds of mappings") { CHECK(all_section_tables().size() == 33); }

TEST_CASE("every word that nowctl explains stands in the manual, and no other") {
  std::map<WordOf, WordSet> explained;
  for (const WordMeaning& each : meanings()) explained[each.of].emplace(each.word);
  for (const auto& [of, words] : explained) {
    CAPTURE(to_string(of));
    CHECK(items(page("nowctl.1"), ".\\\" words: " + std::string(to_string(of)), "Ic") == words);
  }
}

TEST_CASE("every word that the ledger's constraints allow has a meaning") {
  const std::pair<const char*, WordOf> constraints[] = {{"run_state_known", WordOf::run_state},
                                                        {"run_kind_known", WordOf::run_kind},
                                                        {"run_verdict_known", WordOf::verdict},
                                                        {"occurrence_state_known", WordOf::occurrence_state},
                                                        {"occurrence_reason_known", WordOf::occurrence_reason},
                                                        {"occurrence_range_reason_known", WordOf::occurrence_reason},
                                                        {"inference_stop_known", WordOf::stop},
                                                        {"inference_stop_action_known", WordOf::stop_action},
                                                        {"inference_retry_class_known", WordOf::retry_class},
                                                        {"inference_state_known", WordOf::call_state},
                                                        {"tool_call_state_known", WordOf::call_state},
                                                        {"tool_call_effect_known", WordOf::effect},
                                                        {"delivery_state_known", WordOf::delivery_state},
                                                        {"alert_kind_known", WordOf::alert_kind},
                                                        {"hold_reason_known", WordOf::hold_reason},
                                                        {"clock_event_kind_known", WordOf::clock_event},
                                                        {"provider_state_known", WordOf::account_state}};
  const std::string sql = all_of("migrations", ".sql");
  for (const auto& [name, of] : constraints) {
    const std::regex list(std::string(name) + "\\s+check \\([a-z_]+ in \\(([^)]*)\\)");
    WordSet allowed;
    for (std::sregex_iterator each(sql.begin(), sql.end(), list), end; each != end; ++each) {
      const std::string words = (*each)[1];
      const std::regex quoted("'([a-z_]+)'");
      for (std::sregex_iterator word(words.begin(), words.end(), quoted); word != end; ++word)
        allowed.insert((*word)[1]);
    }
    CAPTURE(name);
    CHECK(!allowed.empty());
    for (const std::string& word : allowed) {
      CAPTURE(word);
      CHECK(meaning_of(of, word) != nullptr);
    }
  }
}

TEST_CASE("every reason that a run may end with has a meaning") {
  const auto has_meaning = [](std::string_view word) {
    return meaning_of(WordOf::run_reason, word) != nullptr || meaning_of(WordOf::stop, word) != nullptr ||
           meaning_of(WordOf::verdict, word) != nullptr || meaning_of(WordOf::rule, word) != nullptr;
  };
  for (const std::string_view word : run_reason_words) {
    CAPTURE(word);
    CHECK((word.empty() || has_meaning(word)));
  }
  for (int stop = 0; stop <= static_cast<int>(Stop::unknown); ++stop)
    CHECK(meaning_of(WordOf::stop, to_string(static_cast<Stop>(stop))) != nullptr);
  for (int verdict = 0; verdict <= static_cast<int>(Verdict::contradicted); ++verdict)
    CHECK(meaning_of(WordOf::verdict, to_string(static_cast<Verdict>(verdict))) != nullptr);
  for (const char* rule : {"valid_for", "fresh", "rollover", "skew", "data", "lint", "model_as_of"})
    CHECK(meaning_of(WordOf::rule, rule) != nullptr);
}

TEST_CASE("the manual has the synopsis and the options of every command, and no others") {
  const auto lines = page("nowctl.1");
  Globals globals;
  WordSet names, described_names;
  for (const Option& option : global_options(globals)) names.insert(option.name);
  CHECK(missing(names, items(lines, ".\\\" options: global", "Fl")) == WordSet{});
  names.clear();
  for (const Command& command : all_commands()) {
    if (command.hidden) continue;
    CAPTURE(command.name);
    const std::string mark = ".\\\" command: " + command.name;
    CHECK(plain_items(lines, mark, "Ic") == usage_forms(command));
    std::vector<std::string> options;
    for (const Option& option : command.options) options.push_back(form_of(option));
    CHECK(plain_items(lines, mark, "Fl") == options);
    names.insert(mark);
  }
  for (const std::string& line : lines)
    if (line.starts_with(".\\\" command: ")) described_names.insert(line);
  CHECK(described_names == names);
}
