// What `nowctl validate FILE` checks of single files.
#include "ctl/check/checked_files.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::ctl;
namespace fs = std::filesystem;

namespace {

/// A configuration with one job, "git-digest", and a folder for files beside it.
class Setup {
 public:
  Setup() {
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
    fs::create_directory(path_ + "/jobs");
    write("jobs/digest.yaml", job("git-digest", "schedule: manual"));
    write("nowd.yaml", "jobs: jobs\nproviders: {demo: {api: script, script: [Hello]}}\n");
  }
  ~Setup() { fs::remove_all(path_); }

  static std::string job(const std::string& name, const std::string& start) {
    return "name: " + name + "\nprompt: Hello\n" + start + "\n";
  }
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(path_ + "/" + name) << text;
    return path_ + "/" + name;
  }
  std::string said_of(const std::vector<std::string>& files) {
    const LoadedConfig config = checked_config(path_ + "/nowd.yaml");
    REQUIRE(config.ok());
    std::string out;
    for (const Diagnostic& one : check_files(files, &config.config).diagnostics) out += one.str() + "\n";
    return out;
  }

 private:
  std::string path_ = "/tmp/nowd-files-XXXXXX";
};

}  // namespace

TEST_CASE("a single file may follow a job of the configuration, or of another file that is named with it") {
  Setup setup;
  const std::string follower = setup.write("follower.yaml", Setup::job("weekly", "after: git-digest"));
  CHECK(setup.said_of({follower}).empty());
  const std::string last = setup.write("last.yaml", Setup::job("last", "after: weekly"));
  CHECK(setup.said_of({follower, last}).empty());
}

TEST_CASE("a single file that follows a job that is nowhere is a fault, with the nearest name") {
  Setup setup;
  const std::string file = setup.write("weekly.yaml", Setup::job("weekly", "after: git-digst"));
  const std::string said = setup.said_of({file});
  CHECK(said.find("weekly: after: there is no job 'git-digst'; did you mean 'git-digest'?") != std::string::npos);
}

TEST_CASE("a job whose own file is broken can be followed") {
  Setup setup;
  setup.write("jobs/broken.yaml", Setup::job("broken", "schedule: manual\nfoo: 1"));
  const std::string file = setup.write("weekly.yaml", Setup::job("weekly", "after: broken"));
  CHECK(setup.said_of({file}).empty());
}
