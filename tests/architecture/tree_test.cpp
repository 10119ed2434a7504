// The tree against its own map: pages that comments cite, paths that docs/architecture.md names, sizes of folders, and
// the plainness of comments.
#include <map>
#include <set>

#include "architecture/rules.hpp"
#include "architecture/tree.hpp"
#include "support/catch.hpp"

using namespace nowd::architecture;
namespace fs = std::filesystem;

namespace {

/// Budgets: they may only fall.
constexpr double max_vague_words_per_thousand = 2;
constexpr std::size_t max_dead_citations = 0;

constexpr std::size_t max_entries = 14;
/// Folders that have more entries than max_entries. A folder leaves this list when it has been divided.
const std::map<std::string, std::size_t> crowded_folders = {
    {"daemon/foundation", 17}, {"tests", 20},         {"tests/config", 20},  {"tests/domain/clocks", 16},
    {"tests/domain/run", 16},  {"tests/e2e", 25},     {"tests/ledger", 44},  {"tests/net", 15},
    {"tests/providers", 35},   {"tests/runtime", 18}, {"tests/support", 16},
};

std::string name_in_tree(const fs::path& path) { return fs::relative(path, root()).generic_string(); }

/// A path of docs/architecture.md counts from the root, or from daemon/.
bool is_in_tree(const std::string& path) { return fs::exists(root() / path) || fs::exists(root() / "daemon" / path); }

std::size_t entries_of(const fs::path& folder) {
  const auto entries = fs::directory_iterator(folder);
  return static_cast<std::size_t>(std::distance(fs::begin(entries), fs::end(entries)));
}

std::vector<fs::path> pages() {
  std::vector<fs::path> found = files_below(root() / "docs", {".md"});
  for (const char* page : {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"})
    found.push_back(root() / page);
  return found;
}

}  // namespace

TEST_CASE("a page that a comment cites is in the tree") {
  std::size_t dead = 0;
  for (const char* folder : {"daemon", "tests", "migrations"})
    for (const auto& file : files_below(root() / folder, {".hpp", ".cpp", ".sql"}))
      for (const std::string& line : lines_of(read_file(file))) {
        const std::string comment(comment_of(line, file.extension() == ".sql" ? "--" : "//"));
        if (comment.find(".md") == std::string::npos) continue;
        for (const std::string& page : matches_in(comment, R"(([\w./-]+\.md)\b)"))
          if (!fs::exists(root() / page)) {
            UNSCOPED_INFO(name_in_tree(file) << " cites " << page);
            ++dead;
          }
      }
  CHECK(dead <= max_dead_citations);
}

TEST_CASE("every path that docs/architecture.md names exists") {
  const auto paths = matches_in(read_file(root() / "docs/architecture.md"), R"(`([\w.-]+(?:/[\w.-]*)+)`)");
  CHECK(paths.size() > 40);
  for (const std::string& path : paths) {
    INFO(path);
    CHECK(is_in_tree(path));
  }
}

TEST_CASE("the table of modules in docs/architecture.md has the arrows of the link lines") {
  const std::string page = read_file(root() / "docs/architecture.md");
  std::size_t modules = 0;
  for (const auto& entry : fs::directory_iterator(root() / "daemon")) {
    if (!entry.is_directory()) continue;
    ++modules;
    const std::string module = entry.path().filename().string();
    INFO("row of daemon/" << module);
    const auto cells = matches_in(page, R"(\n\| `daemon/)" + module + R"(` \| ([^|]*) \|)");
    REQUIRE(cells.size() == 1);
    const std::string arrows = cells.front() == "-" ? "" : " ARROWS " + cells.front();
    CHECK(read_arrows(arrows) == read_arrows(read_file(entry.path() / "CMakeLists.txt")));
  }
  CHECK(modules > 10);
}

TEST_CASE("a link of one page to another leads to a file") {
  for (const auto& page : pages()) {
    INFO(name_in_tree(page));
    CHECK(fs::exists(page));
    for (const std::string& link : matches_in(read_file(page), R"(\]\(([\w./-]+)(?:#[\w-]*)?\))")) {
      INFO(name_in_tree(page) << " links to " << link);
      CHECK(fs::exists(page.parent_path() / link));
    }
  }
}

TEST_CASE("a folder has few entries, so that a reader sees all of it") {
  for (const char* top : {"cmake", "daemon", "docs", "tests"}) {
    std::set<fs::path> folders;
    for (const auto& file : files_below(root() / top, {".hpp", ".cpp", ".md", ".cmake", ".txt"}))
      for (fs::path folder = file.parent_path(); folder != root(); folder = folder.parent_path())
        folders.insert(folder);
    for (const auto& folder : folders) {
      const auto crowded = crowded_folders.find(name_in_tree(folder));
      INFO(name_in_tree(folder) << ": divide it by idea");
      CHECK(entries_of(folder) <= (crowded == crowded_folders.end() ? max_entries : crowded->second));
    }
  }
}

TEST_CASE("comments are written in plain words") {
  WordCount total;
  for (const auto& file : files_below(root() / "daemon", {".hpp", ".cpp"}))
    for (const std::string& line : lines_of(read_file(file))) {
      const WordCount count = count_vague_words(comment_of(line));
      total.words += count.words;
      total.counted += count.counted;
    }
  UNSCOPED_INFO(total.counted << " of " << total.words << " words of comments: use the noun of the thing instead");
  CHECK(total.words > 10'000);
  CHECK(total.per_thousand() <= max_vague_words_per_thousand);
}

TEST_CASE("vague words are counted as whole words, in any case") {
  CHECK(count_vague_words(" Tells what whatever retold: nobody's.").counted == 3);
  CHECK(count_vague_words(" Tells what whatever retold: nobody's.").words == 5);
  CHECK(count_vague_words(comment_of("log(\"what // who\");")).words == 0);
}
