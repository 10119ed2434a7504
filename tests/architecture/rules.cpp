#include "architecture/rules.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <regex>
#include <set>

namespace nowd::architecture {
namespace {

constexpr std::size_t max_file = 450;

using Names = std::set<std::string, std::less<>>;

/// The arrows: what each module may include besides itself.
const std::map<std::string, Names, std::less<>>& arrows() {
  static const std::map<std::string, Names, std::less<>> table = {
      {"foundation", {}},
      {"domain", {"foundation"}},
      {"net", {"foundation"}},
      {"config", {"foundation", "domain"}},
      {"postgres", {"foundation"}},
      {"ledger", {"foundation", "domain"}},
      {"providers", {"foundation", "domain", "net"}},
      {"tools", {"foundation", "domain", "net"}},
      {"delivery", {"foundation", "domain", "net"}},
      {"runtime", {"foundation", "domain", "net", "config", "ledger", "providers", "tools", "delivery"}},
      {"surface", {"foundation", "domain", "net", "ledger", "runtime"}},
      {"app",
       {"foundation", "domain", "net", "config", "postgres", "ledger", "providers", "tools", "delivery", "runtime",
        "surface"}},
      {"ctl",
       {"foundation", "domain", "net", "config", "ledger", "providers", "tools", "delivery", "runtime", "surface"}},
  };
  return table;
}

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

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

/// Without a // comment; "https://" in a literal is none.
std::string_view code_of(std::string_view line) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && line.substr(i, 2) == "//") {
      return line.substr(0, i);
    }
  }
  return line;
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
  explicit Reading(std::string_view file) : file_(file), module_(file.substr(0, file.find('/'))) {}

  std::vector<Breach> read(std::string_view text) {
    const auto allowed = arrows().find(module_);
    if (allowed == arrows().end()) return {{file_, 1, "module " + module_ + "/ has no rule in tests/architecture"}};
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
    const auto slash = name.find('/');
    if (slash == std::string_view::npos) return found("\"" + std::string(name) + "\" is not named from daemon/ on");
    const auto module = name.substr(0, slash);
    if (module != module_ && !allowed.contains(module)) found(module_ + "/ may not include " + std::string(name));
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

  std::string file_;
  std::string module_;
  std::size_t line_ = 0;
  bool guarded_ = false;
  std::vector<Breach> breaches_;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Breach& breach) {
  return out << "daemon/" << breach.file << ":" << breach.line << ": " << breach.what;
}

std::vector<Breach> breaches(std::string_view file, std::string_view text) { return Reading(file).read(text); }

std::vector<std::string> modules() {
  std::vector<std::string> names;
  for (const auto& entry : arrows()) names.push_back(entry.first);
  return names;
}

}  // namespace nowd::architecture
