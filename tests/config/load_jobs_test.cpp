// Directories of job files: which files count, and what a broken one does to the others.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config/support.hpp"
#include "foundation/random.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

namespace fs = std::filesystem;

/// A directory of its own, removed with all that is in it.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("nowd-config-" + random_uuid())) { fs::create_directories(path_); }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path(const std::string& name = "") const {
    return name.empty() ? path_.string() : (path_ / name).string();
  }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  LoadedJobs load() const { return load_jobs({path()}, {.config = &sample_config(), .now = early_june()}); }

 private:
  fs::path path_;
};

std::string job(const std::string& name) { return "name: " + name + "\nschedule: manual\nprompt: x\n"; }

std::vector<std::string> names(const LoadedJobs& loaded) {
  std::vector<std::string> out;
  for (const Job& one : loaded.jobs) out.push_back(one.name);
  return out;
}

}  // namespace

TEST_CASE("jobs are the YAML files below the directories, in their order, whatever else lies there") {
  const Folder folder;
  folder.write("b.yaml", job("b"));
  folder.write("a/z.yml", job("z"));
  folder.write("a/deep/er/y.yaml", job("y"));
  folder.write("README.md", "name: readme");
  folder.write("c.yaml.bak", "name: bak");
  folder.write(".#b.yaml", "name: editor");
  folder.write("..data/b.yaml", job("b"));
  const LoadedJobs loaded = folder.load();
  CHECK(loaded.ok());
  CHECK(names(loaded) == std::vector<std::string>{"y", "z", "b"});
  CHECK(loaded.files.size() == 3);
}

TEST_CASE("a file that is named twice, or reached by a link, counts once") {
  const Folder folder;
  folder.write("a.yaml", job("a"));
  fs::create_symlink(folder.path("a.yaml"), folder.path("link.yaml"));
  const LoadedJobs loaded = load_jobs({folder.path("a.yaml"), folder.path(), folder.path("a.yaml")},
                                      {.config = &sample_config(), .now = early_june()});
  CHECK(loaded.ok());
  CHECK(names(loaded) == std::vector<std::string>{"a"});
}

TEST_CASE("a missing directory is an error, not an empty one") {
  const LoadedJobs loaded = load_jobs({"/nonexistent/jobs.d"}, {.now = early_june()});
  CHECK_FALSE(loaded.ok());
  CHECK(says(said(loaded.diagnostics), {"no such file"}));
  CHECK(loaded.diagnostics.at(0).file == "/nonexistent/jobs.d");
}

TEST_CASE("a dangling link and a directory named like a job are faults of their own, not the end") {
  const Folder folder;
  folder.write("good.yaml", job("good"));
  fs::create_symlink("/nonexistent", folder.path("gone.yaml"));
  fs::create_directories(folder.path("dir.yaml"));
  const LoadedJobs loaded = folder.load();
  CHECK(names(loaded) == std::vector<std::string>{"good"});
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].file == folder.path("gone.yaml"));
  CHECK_FALSE(loaded.files.at(folder.path("gone.yaml")));
}

TEST_CASE("a broken file does not stop the others, and its jobs are named") {
  const Folder folder;
  folder.write("bad.yaml", job("first") + "---\n" + job("second") + "promt: x\n");
  folder.write("good.yaml", job("good"));
  const LoadedJobs loaded = folder.load();
  CHECK(names(loaded) == std::vector<std::string>{"good"});
  CHECK(loaded.broken_jobs == std::set<JobName>{"first", "second"});
  CHECK_FALSE(loaded.files.at(folder.path("bad.yaml")));
  CHECK(loaded.files.at(folder.path("good.yaml")));
}

TEST_CASE("the jobs of a file that is not even YAML are named by their lines") {
  const Folder folder;
  folder.write("bad.yaml",
               "name: first\n  schedule: [\n---\nname: \"second\"  # comment\n---\nname: Not A Name\n  name: nested\n");
  CHECK(folder.load().broken_jobs == std::set<JobName>{"first", "second"});
}

TEST_CASE("a warning does not break a file") {
  const Folder folder;
  folder.write("a.yaml", "name: a\nschedule: 30 2 * * * Europe/Berlin\nprompt: x\n");
  const LoadedJobs loaded = folder.load();
  CHECK(loaded.ok());
  CHECK(loaded.diagnostics.size() == 2);
  CHECK(loaded.files.at(folder.path("a.yaml")));
}

TEST_CASE("of two files that define one job neither is taken, and both are named") {
  const Folder folder;
  folder.write("a.yaml", "# the first\n" + job("twin"));
  folder.write("b.yaml", job("other") + "---\n" + job("twin"));
  folder.write("c.yaml", job("alone"));
  const LoadedJobs loaded = folder.load();
  CHECK(names(loaded) == std::vector<std::string>{"alone"});
  CHECK(loaded.broken_jobs == std::set<JobName>{"other", "twin"});
  REQUIRE(loaded.diagnostics.size() == 2);
  CHECK(loaded.diagnostics[0].str() == folder.path("a.yaml") + ":2:1: job 'twin' is defined at " +
                                           folder.path("b.yaml") + ":5 too; rename one of them, or remove it");
  CHECK(loaded.diagnostics[1].str().starts_with(folder.path("b.yaml") + ":5:1: job 'twin' is defined at "));
}

TEST_CASE("a job that a broken file names too is not taken from the good one") {
  const Folder folder;
  folder.write("broken.yaml", job("moved") + "promt: x\n");
  folder.write("good.yaml", job("moved"));
  const LoadedJobs loaded = folder.load();
  CHECK(loaded.jobs.empty());
  CHECK(loaded.broken_jobs == std::set<JobName>{"moved"});
  CHECK(says(said(loaded.diagnostics), {"1:1: job 'moved' is named in " + folder.path("broken.yaml") + " too"}));
}

TEST_CASE("a link to a file of the kernel's is refused before it is read, and a credential before it is kept") {
  const Folder folder;
  fs::create_symlink("/proc/kmsg", folder.path("kernel.yaml"));
  CHECK(says(said(folder.load().diagnostics), {"one of the kernel's", "name a YAML file"}));
  const Folder credentials;
  credentials.write("openai", "sk-this-is-the-key");
  ::setenv("CREDENTIALS_DIRECTORY", credentials.path().c_str(), 1);
  const Folder jobs;
  jobs.write("a.yaml", "name: a\nschedule: manual\nprompt: {file: " + credentials.path("openai") + "}\n");
  const auto found = said(jobs.load().diagnostics);
  ::unsetenv("CREDENTIALS_DIRECTORY");
  CHECK(says(found, {"is a credential", "${credential:NAME}"}));
  CHECK_FALSE(says(found, {"sk-this-is-the-key"}));
}
