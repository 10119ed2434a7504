#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "tools/call_fixture.hpp"

using namespace nowd;
using namespace nowd::test;
namespace fs = std::filesystem;

namespace {

/// A directory of its own for each test.
class Directory {
 public:
  Directory() {
    std::string pattern = (fs::temp_directory_path() / "nowd-file-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Directory() { fs::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string file(const std::string& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

Input file_input(std::string path) {
  Input input;
  input.name = "file";
  input.action = FileAction{std::move(path)};
  return input;
}

}  // namespace

TEST_CASE("a file is read, with its data time") {
  const Directory directory;
  Caller caller;
  Input input = file_input(directory.file("a.json", R"({"at":"2026-05-31T10:00:00Z"})"));
  input.data_time = "/at";
  const auto outcome = caller.fetch(input);
  CHECK(outcome.state == CallState::confirmed);
  CHECK(outcome.result == R"({"at":"2026-05-31T10:00:00Z"})");
  CHECK(outcome.data->newest == parse_rfc3339("2026-05-31T10:00:00Z").value());
  CHECK(outcome.started.has_value());
  CHECK(outcome.ended.has_value());
}

TEST_CASE("a path may name the day, but no value in it may climb") {
  const Directory directory;
  directory.file("2026-06-01.txt", "today");
  Caller caller;
  CHECK(caller.fetch(file_input(directory.path().string() + "/{{today}}.txt")).result == "today");
  caller.environment.inputs = {{"up", "../2026-06-01.txt"}, {"sub", "x"}};
  CHECK(caller.fetch(file_input(directory.path().string() + "/none/{{inputs.up}}")).state == CallState::refused);
  CHECK(caller.fetch(file_input("{{inputs.up}}")).state == CallState::refused);
  CHECK(caller.fetch(file_input("relative.txt")).state == CallState::refused);
}

TEST_CASE("what is no regular file is refused, and never waited for") {
  const Directory directory;
  const std::string pipe = (directory.path() / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  Caller caller;
  CHECK(caller.fetch(file_input(pipe)).error == "file " + pipe + " is not a regular file");
  CHECK(caller.fetch(file_input(directory.path().string())).state == CallState::refused);
  CHECK(caller.fetch(file_input("/dev/zero")).state == CallState::refused);
  const auto missing = caller.fetch(file_input("/nonexistent/x"));
  CHECK(missing.state == CallState::refused);
  CHECK(missing.error == "file /nonexistent/x: No such file or directory");
}

TEST_CASE("a large file is cut, and an empty one is an empty result") {
  const Directory directory;
  Caller caller;
  Input input = file_input(directory.file("big", std::string(100'000, 'x')));
  input.max_bytes = 500;
  const auto outcome = caller.fetch(input);
  CHECK(outcome.state == CallState::confirmed);
  CHECK(outcome.cut);
  CHECK(outcome.result.size() <= 500);
  CHECK(caller.fetch(file_input(directory.file("empty", ""))).state == CallState::confirmed);
}
