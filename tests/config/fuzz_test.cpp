// Good files with random damage: never a crash, and always either jobs or a fault with its place.
#include <fstream>
#include <random>
#include <sstream>

#include "config/canonical/canonical.hpp"
#include "config/support.hpp"
#include "support/catch.hpp"
#include "support/places.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

std::string file(const std::string& name) {
  std::ifstream in(test_data("config") / name);
  std::stringstream text;
  text << in.rdbuf();
  REQUIRE_FALSE(text.str().empty());
  return text.str();
}

/// Damage that looks like a slip of the hand: a byte changed, lost, doubled, or a piece moved elsewhere.
void damage(std::string& text, std::mt19937& random) {
  static const std::string marks = "{}[]:,-#&*!|>'\"%@`?\n \t<=~.0\\";
  auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random()) % std::max<std::size_t>(1, limit); };
  if (text.empty()) return;
  const std::size_t at = below(text.size());
  switch (below(5)) {
    case 0:
      text[at] = static_cast<char>(below(256));
      break;
    case 1:
      text[at] = marks[below(marks.size())];
      break;
    case 2:
      text.erase(at, 1 + below(8));
      break;
    case 3:
      text.insert(at, 1, marks[below(marks.size())]);
      break;
    default:
      text.insert(below(text.size()), text.substr(at, below(40)));
      break;
  }
}

std::vector<std::string> documents_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t start = 0, end; start < text.size(); start = end) {
    end = std::min(text.find("---\n", start + 1), text.size());
    out.push_back(text.substr(start, end - start));
  }
  return out;
}

bool all_have_a_place(const std::vector<Diagnostic>& diagnostics) {
  return std::all_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& one) { return one.line >= 1 && one.column >= 1 && !one.message.empty(); });
}

constexpr unsigned seed = 20260601;

}  // namespace

TEST_CASE("a damaged job file gives jobs or faults with a place, and never both") {
  const std::string whole = file("jobs.yaml");
  const std::vector<std::string> documents = documents_of(whole);
  REQUIRE(documents.size() == 10);
  const Config config = load_config(test_data("config/nowd.yaml")).config;
  std::mt19937 random(seed);
  int broken = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = round % 10 == 0 ? whole : documents[static_cast<std::size_t>(round) % documents.size()];
    for (int i = 0; i <= round % 4; ++i) damage(text, random);
    const LoadedJobs found = parse_jobs(text, "job.yaml", {.config = &config, .now = early_june()});
    broken += found.ok() ? 0 : 1;
    const bool right = all_have_a_place(found.diagnostics) && (found.ok() || found.jobs.empty()) &&
                       (!found.ok() || found.broken_jobs.empty()) && found.files.at("job.yaml") == found.ok();
    if (!right) {
      INFO("round " << round << "\n" << text);
      REQUIRE(right);
    }
    for (const Job& job : found.jobs)
      if (job_from_canonical(job.canonical, &config).has_error()) FAIL("round " << round << ": " << job.canonical);
  }
  CHECK(broken > 10'000);
  CHECK(broken < 20'000);
}

TEST_CASE("a damaged configuration gives faults with a place, or none") {
  const std::string good = file("nowd.yaml");
  std::mt19937 random(seed);
  for (int round = 0; round < 5'000; ++round) {
    std::string text = good;
    for (int i = 0; i <= round % 4; ++i) damage(text, random);
    const LoadedConfig found = parse_config(text, "nowd.yaml");
    if (!all_have_a_place(found.diagnostics)) {
      INFO("round " << round << "\n" << text);
      REQUIRE(all_have_a_place(found.diagnostics));
    }
  }
}
