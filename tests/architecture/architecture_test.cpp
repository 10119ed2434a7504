#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "architecture/rules.hpp"
#include "architecture/tree.hpp"
#include "support/catch.hpp"

using namespace nowd::architecture;
namespace fs = std::filesystem;

namespace {

const fs::path daemon_directory = root() / "daemon";

std::vector<fs::path> sources() { return files_below(daemon_directory, {".hpp", ".cpp"}); }

/// As the link lines state them: ARROWS in daemon/MODULE/CMakeLists.txt.
const Arrows& arrows() {
  static const Arrows read_once = [] {
    Arrows out;
    for (const auto& entry : fs::directory_iterator(daemon_directory))
      if (fs::exists(entry.path() / "CMakeLists.txt"))
        out[entry.path().filename().string()] = read_arrows(read_file(entry.path() / "CMakeLists.txt"));
    return out;
  }();
  return read_once;
}

std::vector<Breach> breaches(std::string_view file, std::string_view text) {
  return nowd::architecture::breaches(arrows(), file, text);
}

/// The one breach in a text, for the cases that say what one looks like.
std::string only_breach(std::string_view file, std::string_view text) {
  const auto found = breaches(file, text);
  if (found.size() != 1) return std::to_string(found.size()) + " breaches";
  return std::to_string(found.front().line) + ": " + found.front().what;
}

}  // namespace

TEST_CASE("every file of daemon/ keeps the arrows and the rules of the house") {
  std::vector<Breach> found;
  for (const auto& path : sources()) {
    const auto file = fs::relative(path, daemon_directory).generic_string();
    for (auto& breach : breaches(file, read_file(path))) found.push_back(std::move(breach));
  }
  for (const auto& breach : found) UNSCOPED_INFO(breach);
  CHECK(found.empty());
  CHECK(sources().size() > 300);  // or this test reads the wrong directory
}

TEST_CASE("the link line of a module names the modules that it includes, and no others") {
  Arrows used;
  for (const auto& path : sources()) {
    const auto file = fs::relative(path, daemon_directory).generic_string();
    const std::string module = file.substr(0, file.find('/'));
    used[module].merge(included_modules(read_file(path)));
    used[module].erase(module);
  }
  for (const auto& [module, names] : arrows()) {
    INFO("daemon/" << module << "/CMakeLists.txt, ARROWS");
    CHECK(names == used[module]);
  }
}

// Two types of one name are one to the linker: what is compiled with the one works on objects of the other.
TEST_CASE("no two types of a namespace have the same name") {
  std::map<std::string, std::set<std::string>> files;
  const std::regex opens(R"(namespace ([\w:]+) \{)");
  const std::regex defines(R"((?:struct|class|enum class) (\w+)(?: final)?(?: :.*)? ?\{.*)");
  for (const auto& path : sources()) {
    std::istringstream text(read_file(path));
    std::string space;
    bool is_local = false;
    std::smatch found;
    for (std::string line; std::getline(text, line);) {
      if (line == "namespace {") is_local = true;
      if (line == "}  // namespace") is_local = false;
      if (std::regex_match(line, found, opens)) space = found[1];
      if (!is_local && std::regex_match(line, found, defines))
        files[space + "::" + found[1].str()].insert(fs::relative(path, daemon_directory).generic_string());
    }
  }
  CHECK(files.size() > 300);
  for (const auto& [name, places] : files) {
    INFO(name << " stands in " << *places.begin() << " and " << *places.rbegin());
    CHECK(places.size() == 1);
  }
}

TEST_CASE("an include against the arrows is named with its line") {
  CHECK(only_breach("domain/model/stop.cpp", "#include \"domain/model/stop.hpp\"\n\n#include \"net/http/sse.hpp\"\n") ==
        "3: domain/ may not include net/http/sse.hpp");
  CHECK(only_breach("net/sse.cpp", "#include \"domain/job/job.hpp\"\n") ==
        "1: net/ may not include domain/job/job.hpp");
  CHECK(only_breach("ledger/reader.cpp", "#include \"providers/wire/provider.hpp\"\n") ==
        "1: ledger/ may not include providers/wire/provider.hpp");
  CHECK(only_breach("providers/openai.cpp", "#include \"tools/tool.hpp\"\n") ==
        "1: providers/ may not include tools/tool.hpp");
  CHECK(only_breach("ctl/main.cpp", "#include \"app/app.hpp\"\n") == "1: ctl/ may not include app/app.hpp");
  CHECK(only_breach("net/sse.cpp", "#include \"sse.hpp\"\n") == "1: \"sse.hpp\" is not named from daemon/ on");
  CHECK(breaches("runtime/driver.cpp", "#include \"ledger/ledger.hpp\"\n#include \"tools/tool.hpp\"\n").empty());
}

TEST_CASE("an include of a higher layer of the same module is named with its line") {
  CHECK(only_breach("config/yaml/mapping.cpp", "#include \"config/job/job_section.hpp\"\n") ==
        "1: config/yaml/ may not include config/job/job_section.hpp, which is in a higher layer");
  CHECK(only_breach("domain/lint/text_words.cpp", "#include \"domain/run/facts.hpp\"\n") ==
        "1: domain/lint/ may not include domain/run/facts.hpp, which is in a higher layer");
  CHECK(breaches("config/load.cpp", "#include \"config/job/job_section.hpp\"\n").empty());
  CHECK(breaches("domain/run/plan.cpp", "#include \"domain/gates/guard.hpp\"\n").empty());
  CHECK(only_breach("domain/words/word.cpp", "int x;\n") ==
        "1: domain/words/ has no layer in tests/architecture/rules.cpp");
}

TEST_CASE("the arrows are read from the call of nowd_module") {
  CHECK(read_arrows("nowd_module(a\n  SOURCES\n    a.cpp\n  ARROWS b c\n  USES D::d)\n") == Names{"b", "c"});
  CHECK(read_arrows("nowd_module(a\n  SOURCES\n    a.cpp\n  ARROWS b)\nadd_executable(x main.cpp)\n") == Names{"b"});
  CHECK(read_arrows("nowd_module(a\n  SOURCES\n    a.cpp)\n").empty());
}

TEST_CASE("a module without a rule is a breach, not a gap") {
  CHECK(only_breach("utils/strings.cpp", "int x;\n") == "1: module utils/ has no CMakeLists.txt with ARROWS");
}

TEST_CASE("a package is seen by its own module's sources only") {
  CHECK(only_breach("runtime/driver.cpp", "#include <pqxx/pqxx>\n") ==
        "1: pqxx/pqxx is for ledger/ and postgres/, in .cpp and in ledger/pg/ only");
  CHECK(breaches("ledger/ledger.hpp", "#pragma once\n#include <pqxx/connection>\n").size() == 1);
  CHECK(breaches("ledger/pg/rows.hpp", "#pragma once\n#include <pqxx/row>\n").empty());
  CHECK(breaches("net/http_client.hpp", "#pragma once\n#include <curl/curl.h>\n").size() == 1);
  CHECK(breaches("net/http_client.cpp", "#include <curl/curl.h>\n#include <boost/beast/http.hpp>\n").empty());
  CHECK(breaches("surface/page.cpp", "#include <boost/beast/http.hpp>\n").size() == 1);
  CHECK(breaches("domain/schedule/cron.cpp", "#include <date/date.h>\n").size() == 1);
  CHECK(breaches("app/app.cpp", "#include <yaml-cpp/yaml.h>\n").size() == 1);
  CHECK(breaches("config/job/job.cpp", "#include <valijson/schema.hpp>\n").size() == 1);
}

TEST_CASE("the domain has neither Asio nor a clock") {
  CHECK(only_breach("domain/run/step.cpp", "#include <boost/asio/awaitable.hpp>\n") == "1: domain/ is pure: no Asio");
  for (const char* line : {"auto t = clock.now();", "std::chrono::system_clock::now( );",
                           "clock_gettime(CLOCK_REALTIME, &t);", "time(nullptr);"})
    CHECK(only_breach("domain/run/step.cpp", line) == "1: domain/ asks no clock: now is an argument");
  CHECK(breaches("domain/run/step.cpp", "// never now()\nstep(now);\nknown();\n").empty());
  CHECK(breaches("foundation/clock.cpp", "clock_gettime(CLOCK_REALTIME, &t);\n").empty());
}

TEST_CASE("a statement of SQL stands in the ledger only, and prose about it anywhere") {
  for (const char* line : {"exec(\"select name from nowd.job\");", "R\"(\n  insert into nowd.run values (1)\n)\"",
                           "\"UPDATE nowd.job SET x = 1\"", "\"delete from nowd.run\"", "\"create table t (n int)\"",
                           "\"select pg_notify('x', '')\""}) {
    INFO(line);
    CHECK(breaches("runtime/driver.cpp", line).size() == 1);
    CHECK(breaches("ledger/pg/rows.cpp", line).empty());
  }
  CHECK(breaches("app/up.cpp", "out << \"There: select * from nowd.run_clocks\";\n").empty());
  CHECK(breaches("app/up.cpp", "out << \"update the clocks and set them\";\n").empty());
}

TEST_CASE("a header begins with #pragma once and opens no namespace to others") {
  CHECK(breaches("net/a.hpp", "// What it gives.\n#pragma once\n\n#include <string>\n").empty());
  CHECK(only_breach("net/a.hpp", "#include <string>\n#pragma once\n") == "1: #pragma once comes first in a header");
  CHECK(only_breach("net/a.hpp", "int x;\n") == "1: a header without #pragma once");
  CHECK(only_breach("net/a.hpp", "#pragma once\nusing namespace std;\n") == "2: using namespace in a header");
}

TEST_CASE("a file of more than 450 lines is to be split") {
  std::string text;
  for (int i = 0; i < 450; ++i) text += "int x;\n";
  CHECK(breaches("net/a.cpp", text).empty());
  CHECK(only_breach("net/a.cpp", text + "\n") == "451: more than 450 lines: split it by idea");
}
