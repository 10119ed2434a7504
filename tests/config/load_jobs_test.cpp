// Directories of job files: which files count, and what a broken one does to the others.
#include <sys/stat.h>

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

TEST_CASE("a chain of twenty thousand jobs is looked through once, and the circle at its end is named") {
  const Folder folder;
  const int jobs = 20'000;
  std::string text;
  const auto name = [](int i) { return "job-" + std::to_string(i); };
  for (int i = 0; i < jobs; ++i) {
    text += "name: " + name(i) + "\nprompt: x\nschedule: manual\nafter: " + name(i + 1) + "\n---\n";
    if (i % 5000 == 4999) {
      folder.write("jobs-" + std::to_string(i) + ".yaml", text);
      text.clear();
    }
  }
  folder.write("last.yaml", "name: " + name(jobs) + "\nprompt: x\nschedule: manual\nafter: " + name(jobs - 2) + "\n");
  const LoadedJobs loaded =
      load_jobs({folder.path()}, {.config = &sample_config(), .now = early_june(), .all_jobs = true});
  std::size_t circling = 0;
  for (const std::string& message : said(loaded.diagnostics))
    circling += message.find("comes back to this job") != std::string::npos ? 1 : 0;
  CHECK(circling == 3);
}

TEST_CASE("thousands of jobs after a job that is not there are each named, and not guessed about for minutes") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 3000; ++i)
    text +=
        "name: job-" + std::to_string(i) + "\nprompt: x\nschedule: manual\nafter: jbo-" + std::to_string(i) + "\n---\n";
  folder.write("jobs.yaml", text);
  const LoadedJobs loaded =
      load_jobs({folder.path()}, {.config = &sample_config(), .now = early_june(), .all_jobs = true});
  std::size_t loose = 0;
  for (const std::string& message : said(loaded.diagnostics))
    loose += message.find("there is no job 'jbo-") != std::string::npos ? 1 : 0;
  CHECK(loose == 3000);
}

TEST_CASE("a link to a file of the kernel or to a pipe is refused, and does not hold the reload up") {
  const Folder folder;
  folder.write("good.yaml", job("good"));
  for (const char* target : {"/proc/kmsg", "/proc/self/status", "/dev/zero", "/sys/kernel/uevent_seqnum"})
    fs::create_symlink(target, folder.path(std::to_string(std::hash<std::string>{}(target)) + ".yaml"));
  REQUIRE(::mkfifo(folder.path("pipe.yaml").c_str(), 0600) == 0);
  const LoadedJobs loaded = folder.load();
  CHECK(names(loaded) == std::vector<std::string>{"good"});
  CHECK(said(loaded.diagnostics).size() == 5);
  for (const std::string& message : said(loaded.diagnostics))
    CHECK((message.find("not a regular file") != std::string::npos ||
           message.find("cannot be opened") != std::string::npos));
}

TEST_CASE("a credential is no prompt: its text would stand in the ledger") {
  const Folder folder;
  folder.write("creds/key", "s3cret-value");
  fs::create_symlink(folder.path("creds/key"), folder.path("innocent.txt"));
  REQUIRE(::setenv("CREDENTIALS_DIRECTORY", folder.path("creds").c_str(), 1) == 0);
  for (const std::string& file :
       {folder.path("creds/key"), folder.path("innocent.txt"), std::string("creds/../creds/key"),
        std::string("/run/credentials/nowd.service/key")}) {
    folder.write("a.yaml", "name: a\nschedule: manual\nprompt: {file: " + file + "}\n");
    CHECK(says(said(folder.load().diagnostics), {"is a credential"}));
  }
  folder.write("a.yaml", job("a") + "inputs: {k: {file: " + folder.path("creds/key") + "}}\n");
  CHECK(says(said(folder.load().diagnostics), {"is a credential"}));
  ::unsetenv("CREDENTIALS_DIRECTORY");
}
