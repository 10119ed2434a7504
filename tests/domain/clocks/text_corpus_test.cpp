// Measures the check of texts: against texts.tsv, written before the rules and then used to make them; against
// texts_held_out.tsv, which they were not made for (its mistakes are not printed, so that it stays so); and against
// texts_later.tsv, written to break them. Columns: language, verdict, as_of, zone, what the run was given, the text
// ("\n" is a line's end). The window is the day before as_of. Prints recall, precision and the right texts refused.
#include <cstdio>
#include <fstream>
#include <map>

#include "domain/clocks/clock_runs.hpp"
#include "domain/lint/text_check.hpp"
#include "support/catch.hpp"
#include "support/places.hpp"

using namespace nowd;

namespace {

struct Row {
  std::string language;
  bool wrong = false;
  TextFacts facts;
  std::string given;
  std::string text;
};

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells(1);
  for (const char c : line) c == '\t' ? cells.emplace_back() : cells.back() += c;
  return cells;
}

std::string lines(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool end = text.substr(at, 2) == "\\n";
    out += end ? '\n' : text[at];
    at += end ? 1 : 0;
  }
  return out;
}

std::vector<Row> read(const std::string& file) {
  std::ifstream in(test_data("clocks") / file);
  std::vector<Row> rows;
  std::string line;
  std::getline(in, line);  // the head
  while (std::getline(in, line)) {
    const auto cells = split(line);
    REQUIRE(cells.size() == 6);
    REQUIRE((cells[1] == "right" || cells[1] == "wrong"));
    const Instant as_of = test::at(cells[2]);
    rows.push_back({cells[0],
                    cells[1] == "wrong",
                    {as_of, Zone::find(cells[3]).value(), as_of - days{1}},
                    lines(cells[4]),
                    lines(cells[5])});
  }
  return rows;
}

struct Tally {
  int wrong = 0, found = 0, right = 0, refused = 0;

  void count(bool is_wrong, bool is_found) {
    (is_wrong ? wrong : right) += 1;
    (is_wrong ? found : refused) += is_found ? 1 : 0;
  }
  void print(const std::string& name) const {
    const double precision = found + refused == 0 ? 1 : double(found) / (found + refused);
    const double recall = wrong == 0 ? 1 : double(found) / wrong;
    std::printf("  %-10s recall %5.1f %% (%d of %d)  precision %5.1f %%  right texts refused %d of %d\n", name.c_str(),
                100 * recall, found, wrong, 100 * precision, refused, right);
  }
};

Tally measure(const std::string& file, bool name_mistakes) {
  std::map<std::string, Tally> languages;
  Tally all;
  for (const Row& row : read(file)) {
    const auto found = check_text(row.text, row.facts, {row.given});
    languages[row.language].count(row.wrong, !found.empty());
    all.count(row.wrong, !found.empty());
    if (!name_mistakes || row.wrong == !found.empty()) continue;
    std::printf("  %s: %s\n", row.wrong ? "MISSED" : "REFUSED", row.text.c_str());
    for (const TextFinding& each : found) std::printf("    %s\n", to_string(each).c_str());
  }
  std::printf("%s\n", file.c_str());
  for (const auto& [language, tally] : languages) tally.print(language);
  all.print("all");
  return all;
}

void demand(const Tally& tally) {
  CHECK(tally.found * 100 >= tally.wrong * 95);
  CHECK(tally.refused * 1000 <= tally.right * 5);
}

}  // namespace

TEST_CASE("nearly every planted contradiction is found, and right texts pass") {
  const Tally tally = measure("texts.tsv", true);
  CHECK(tally.wrong + tally.right >= 300);
  demand(tally);
}

TEST_CASE("so it is with texts that the rules were not made for") { demand(measure("texts_held_out.tsv", false)); }

TEST_CASE("so it is with texts written to break the rules, after they had passed") {
  demand(measure("texts_later.tsv", true));
}
