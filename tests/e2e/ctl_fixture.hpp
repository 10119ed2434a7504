// nowctl as a person calls it: a directory with files, what it answered, and a ledger with a little history.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "e2e/daemon.hpp"
#include "foundation/json.hpp"
#include "ledger/pg/session/connection.hpp"
#include "ledger/schema/migrator.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"
#include "support/places.hpp"

namespace nowd::test {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Answer {
  int code = -1;
  std::string out, err;
  std::vector<Json> rows() const {
    std::vector<Json> all;
    std::string rest = out;
    for (std::size_t end; (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1))
      all.push_back(Json::parse(rest.substr(0, end)));
    return all;
  }
};

/// A directory with whatever files a case writes, and nowctl run in it.
struct Ctl {
  std::filesystem::path directory;
  Ctl() {
    char name[] = "/tmp/nowd-ctl-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    directory = name;
  }
  ~Ctl() {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }
  std::string file(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((directory / name).parent_path());
    std::ofstream(directory / name) << text;
    return (directory / name).string();
  }
  Answer nowctl(const std::vector<std::string>& arguments) const {
    std::vector<std::string> argv{"/bin/sh", "-c", "unset NOWD_CONFIG; exec \"$@\" 2>" + (directory / "err").string(),
                                  "sh", built("daemon/ctl/nowctl")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    Process process(argv, directory / "out");
    Answer answer;
    answer.code = process.wait();
    answer.out = process.output();
    answer.err = read_file(directory / "err");
    return answer;
  }
};

struct SeededCtl : Ctl, MigratedDatabase {
  SeededCtl() {
    REQUIRE(migrate(conninfo(), {}).has_value());
    pg::Connection connection(conninfo(), "test");
    pg::Transaction transaction(connection);
    transaction.run_script(read_file(test_data("ledger/seed.sql")));
    transaction.commit();
  }
  Answer ask(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--database", conninfo()});
    return nowctl(arguments);
  }
};

inline bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
inline bool is_one_line(const std::string& text) { return !text.empty() && text.find('\n') == text.size() - 1; }

}  // namespace nowd::test
