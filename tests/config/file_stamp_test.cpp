#include "config/file_stamp.hpp"

#include <stdlib.h>

#include <fstream>

#include "support/catch.hpp"

using namespace nowd;
namespace fs = std::filesystem;

namespace {

struct Files {
  fs::path directory;
  Files() {
    char name[] = "/tmp/nowd-stamp-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    directory = name;
    fs::create_directory(directory / "jobs");
    write("nowd.yaml", "jobs: jobs\n");
    write("jobs/a.yaml", "name: a\n");
    age("nowd.yaml", hours{1});
    age("jobs/a.yaml", hours{1});
    age("jobs", hours{1});
  }
  ~Files() { fs::remove_all(directory); }
  void write(const char* file, const char* text) const { std::ofstream(directory / file) << text; }
  void age(const char* file, nanoseconds by) const {
    fs::last_write_time(directory / file, fs::file_time_type::clock::now() - by);
  }
  FileStamp stamp() const { return stamp_of((directory / "nowd.yaml").string(), {(directory / "jobs").string()}); }
};

}  // namespace

TEST_CASE_METHOD(Files, "files at rest have the same stamp twice, and none that changed of late") {
  CHECK(stamp() == stamp());
  CHECK(!stamp().changed_within(seconds{60}));
}

TEST_CASE_METHOD(Files, "a file that is rewritten, cut short or removed, and a directory that is emptied, show") {
  const FileStamp before = stamp();
  SECTION("rewritten") { write("jobs/a.yaml", "name: b\n"); }
  SECTION("cut short") { write("jobs/a.yaml", ""); }
  SECTION("the configuration") { write("nowd.yaml", "jobs: jobs\n\n"); }
  SECTION("removed") { fs::remove(directory / "jobs/a.yaml"); }
  CHECK(stamp() != before);
  CHECK(stamp().changed_within(seconds{60}));
}

TEST_CASE_METHOD(Files, "a file from the future is no news, and one that is not there is no error") {
  age("jobs/a.yaml", -hours{1});
  CHECK(!stamp().changed_within(seconds{60}));
  CHECK(stamp_of("/nowhere/nowd.yaml", {"/nowhere/jobs"}) == FileStamp());
}
