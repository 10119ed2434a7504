#include "architecture/rules.hpp"

#include <algorithm>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

namespace nowd::architecture {
namespace {

constexpr std::size_t max_file = 450;

/// Folders of a module in layers: a file includes its own layer and the lower ones, never a higher one. A module that
/// is not named here has no such rule.
struct Layer {
  std::string_view folder;
  int height;
};
constexpr Layer layers[] = {
    {"config/yaml", 0},      {"config/actions", 1},  {"config/table", 1},  {"domain/run/machine", 3},
    {"config/canonical", 2}, {"config/job", 2},      {"config/daemon", 2}, {"config", 3},
    {"domain/schedule", 0},  {"domain/model", 0},    {"domain/prompt", 0}, {"domain/clocks", 1},
    {"domain/lint", 1},      {"domain/delivery", 2}, {"domain/job", 2},    {"domain/policy", 2},
    {"domain/gates", 3},     {"domain/planning", 3}, {"domain/run", 3},
};

/// A package that one place hides from the rest: files whose path matches `where`.
struct Package {
  std::string_view prefix;
  std::string_view where;
  std::string_view said;
};
constexpr Package packages[] = {
    {"pqxx/", "(ledger|postgres)/.*\\.cpp|ledger/pg/.*", "ledger/ and postgres/, in .cpp and in ledger/pg/"},
    {"libpq", "(ledger|postgres)/.*\\.cpp|ledger/pg/.*", "ledger/ and postgres/, in .cpp and in ledger/pg/"},
    {"curl/", "net/.*\\.cpp", "net/*.cpp"},
    {"boost/beast", "net/.*\\.cpp", "net/*.cpp"},
    {"yaml-cpp/", "config/.*\\.cpp", "config/*.cpp"},
    {"date/", "foundation/.*\\.cpp", "foundation/*.cpp"},
    {"valijson/", "tools/.*\\.cpp", "tools/*.cpp"},
};

/// What may stand in the code of some modules only.
struct Word {
  std::string pattern;
  Names modules;
  bool forbidden_there;  ///< else: forbidden everywhere else
  std::string_view said;
};
const std::vector<Word>& words() {
  static const std::vector<Word> table = {
      {R"(\bnow\s*\(\s*\)|\bclock_gettime\b|\bgettimeofday\b|\btime\s*\(\s*(nullptr|NULL|0)\s*\))",
       {"domain"},
       true,
       "domain/ asks no clock: now is an argument"},
      // At the start of a literal, or of a line of a raw one: prose may speak of selecting.
      {R"rule((^|")\s*(select\s.*\sfrom\s|select\s+[a-z_.]+\(|insert\s+into\s|delete\s+from\s|update\s+\S+\s+set\s|(create|alter|drop)\s+(table|index|view|function|schema|role|database)\s))rule",
       {"ledger", "postgres"},
       false,
       "SQL is written in ledger/, postgres/ and migrations/ only"},
  };
  return table;
}

bool matches(std::string_view text, std::string_view pattern) {
  return std::regex_match(text.begin(), text.end(), std::regex(pattern.begin(), pattern.end()));
}

/// Where the comment of a line begins, at its mark; npos if it has none. "https://" in a literal is none.
std::size_t comment_begin(std::string_view line, std::string_view mark) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && line.substr(i).starts_with(mark)) {
      return i;
    }
  }
  return std::string_view::npos;
}

std::string_view code_of(std::string_view line) { return line.substr(0, comment_begin(line, "//")); }

std::string_view folder_of(std::string_view path) { return path.substr(0, std::min(path.rfind('/'), path.size())); }

std::string_view module_of(std::string_view path) { return path.substr(0, path.find('/')); }

const Layer* layer_of(std::string_view file) {
  const auto found = std::ranges::find(layers, folder_of(file), &Layer::folder);
  return found == std::end(layers) ? nullptr : &*found;
}

bool has_layers(std::string_view module) {
  return std::ranges::any_of(layers, [&](const Layer& layer) { return module_of(layer.folder) == module; });
}

/// The name between <> or "" of an #include, or nothing; `ours` if it was "".
std::string_view included(std::string_view code, bool& ours) {
  if (!code.starts_with("#include ")) return {};
  code.remove_prefix(std::string_view("#include ").size());
  ours = code.starts_with('"');
  const auto end = code.find(ours ? '"' : '>', 1);
  return end == std::string_view::npos ? std::string_view() : code.substr(1, end - 1);
}

class Reading {
 public:
  Reading(const Arrows& arrows, std::string_view file) : arrows_(arrows), file_(file), module_(module_of(file)) {}

  std::vector<Breach> read(std::string_view text) {
    const auto allowed = arrows_.find(module_);
    if (allowed == arrows_.end()) return {{file_, 1, "module " + module_ + "/ has no CMakeLists.txt with ARROWS"}};
    if (has_layers(module_) && layer_of(file_) == nullptr)
      found(std::string(folder_of(file_)) + "/ has no layer in tests/architecture/rules.cpp");
    const auto lines = lines_of(text);
    for (line_ = 1; line_ <= lines.size(); ++line_) read_line(code_of(lines[line_ - 1]), allowed->second);
    line_ = lines.size();
    if (lines.size() > max_file) found("more than " + std::to_string(max_file) + " lines: split it by idea");
    if (is_header() && !guarded_) found("a header without #pragma once");
    return std::move(breaches_);
  }

 private:
  bool is_header() const { return file_.ends_with(".hpp"); }
  void found(std::string what) { breaches_.push_back({file_, line_, std::move(what)}); }

  void read_line(std::string_view code, const Names& allowed) {
    bool ours = false;
    if (const auto name = included(code, ours); !name.empty()) {
      ours ? read_own(name, allowed) : read_package(name);
      return;
    }
    if (is_header()) read_header_line(code);
    for (const auto& [word, pattern] : compiled_words())
      if (word->modules.contains(module_) == word->forbidden_there &&
          std::regex_search(code.begin(), code.end(), pattern))
        found(std::string(word->said));
  }

  void read_header_line(std::string_view code) {
    if (code.starts_with('#')) {
      if (!guarded_ && !code.starts_with("#pragma once")) found("#pragma once comes first in a header");
      guarded_ = true;
    }
    if (code.find("using namespace ") != std::string_view::npos) found("using namespace in a header");
  }

  void read_own(std::string_view name, const Names& allowed) {
    if (is_header() && !guarded_) read_header_line("#include");
    if (name.find('/') == std::string_view::npos)
      return found("\"" + std::string(name) + "\" is not named from daemon/ on");
    const auto module = module_of(name);
    if (module != module_ && !allowed.contains(module)) found(module_ + "/ may not include " + std::string(name));
    const Layer* here = layer_of(file_);
    const Layer* there = layer_of(name);
    if (module == module_ && here != nullptr && there != nullptr && there->height > here->height)
      found(std::string(here->folder) + "/ may not include " + std::string(name) + ", which is in a higher layer");
  }

  void read_package(std::string_view name) {
    if (is_header() && !guarded_) read_header_line("#include");
    for (const auto& package : packages)
      if (name.starts_with(package.prefix) && !matches(file_, package.where))
        found(std::string(name) + " is for " + std::string(package.said) + " only");
    if (module_ == "domain" && name.starts_with("boost/asio")) found("domain/ is pure: no Asio");
  }

  static const std::vector<std::pair<const Word*, std::regex>>& compiled_words() {
    static const auto compiled = [] {
      std::vector<std::pair<const Word*, std::regex>> list;
      for (const auto& word : words())
        list.emplace_back(&word, std::regex(word.pattern, std::regex::icase | std::regex::optimize));
      return list;
    }();
    return compiled;
  }

  const Arrows& arrows_;
  std::string file_;
  std::string module_;
  std::size_t line_ = 1;
  bool guarded_ = false;
  std::vector<Breach> breaches_;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Breach& breach) {
  return out << "daemon/" << breach.file << ":" << breach.line << ": " << breach.what;
}

Names read_arrows(std::string_view cmake) {
  Names names;
  const auto begin = cmake.find(" ARROWS ");
  if (begin == std::string_view::npos) return names;
  std::istringstream words{std::string(cmake.substr(begin + std::string_view(" ARROWS ").size()))};
  for (std::string word; words >> word;) {
    const bool is_last = word.ends_with(')');
    if (is_last) word.pop_back();
    if (word.empty() || word == "USES" || word == "SOURCES") break;
    names.insert(word);
    if (is_last) break;
  }
  return names;
}

std::vector<Breach> breaches(const Arrows& arrows, std::string_view file, std::string_view text) {
  return Reading(arrows, file).read(text);
}

Names included_modules(std::string_view text) {
  Names names;
  for (const std::string& line : lines_of(text)) {
    bool ours = false;
    const auto name = included(code_of(line), ours);
    if (ours && !name.empty()) names.emplace(module_of(name));
  }
  return names;
}

std::string_view comment_of(std::string_view line, std::string_view mark) {
  const auto begin = comment_begin(line, mark);
  return begin == std::string_view::npos ? std::string_view() : line.substr(begin + mark.size());
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace nowd::architecture
