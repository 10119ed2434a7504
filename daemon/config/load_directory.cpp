// load_jobs: which files there are, and that no two of them define the same job.
#include <algorithm>
#include <filesystem>

#include "config/load.hpp"
#include "config/yaml/report.hpp"
#include "config/yaml/source_text.hpp"
#include "foundation/text/nearest.hpp"

namespace nowd {
namespace {

namespace fs = std::filesystem;

/// Editors and deployment tools leave hidden files behind (.#job.yaml, ..data); they hold no jobs.
bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

bool is_yaml(const fs::path& path) { return path.extension() == ".yaml" || path.extension() == ".yml"; }

/// The YAML files below a directory, which may be a link itself; linked directories inside it are not followed.
std::vector<std::string> files_below(const std::string& directory, std::error_code& failed) {
  std::vector<std::string> files;
  fs::recursive_directory_iterator it(directory, failed), end;
  while (!failed && it != end) {
    const bool is_directory = it->is_directory(failed);
    if (is_hidden(it->path()))
      it.disable_recursion_pending();
    else if (!is_directory && is_yaml(it->path()))
      files.push_back(it->path().string());
    failed.clear();  // a dangling link is reported when it is read
    it.increment(failed);
  }
  std::sort(files.begin(), files.end());
  return files;
}

struct Place {
  std::string file;
  int line;
};

/// A guess looks at every job's name: with more of them a thousand loose ends would take minutes.
constexpr std::size_t max_guesses = 20;

using Follows = std::map<JobName, JobName>;

/// The jobs that a chain of followers leads back to. Each job is looked at once, whatever the chains are.
std::set<JobName> in_circles(const Follows& follows) {
  std::set<JobName> circling;
  std::map<JobName, std::size_t> seen;  // and in which walk
  std::size_t walk = 0;
  for (const auto& [start, unused] : follows) {
    ++walk;
    auto at = follows.find(start);
    while (at != follows.end() && seen.emplace(at->first, walk).second) at = follows.find(at->second);
    if (at == follows.end() || seen.at(at->first) != walk) continue;
    for (auto member = at; circling.insert(member->first).second;) member = follows.find(member->second);
  }
  return circling;
}

/// Collects the jobs and faults of every file, each file once.
class JobLoader {
 public:
  explicit JobLoader(const JobContext& context) : context_(context) {}

  void add(const std::string& path) {
    std::error_code failed;
    if (!fs::is_directory(path, failed)) return add_file(path);
    const std::vector<std::string> files = files_below(path, failed);
    for (const std::string& file : files) add_file(file);
    if (failed) report(path, {}, "the directory cannot be read: " + failed.message() + "; check its permissions");
  }

  LoadedJobs finish() {
    refuse_duplicates();
    refuse_broken_twins();
    refuse_loose_ends();
    for (const auto& [file, good] : out_.files)
      if (!good) drop_jobs_of(file);
    return std::move(out_);
  }

 private:
  void add_file(const std::string& file) {
    std::error_code unknown;
    const fs::path real = fs::canonical(file, unknown);
    if (!unknown && !seen_.insert(real.string()).second) return;
    const auto text = read_source(file);
    if (!text) {
      out_.files[file] = false;
      return report(file, {}, text.error().message + "; check the path; jobs in it keep their last good revision");
    }
    LoadedJobs one = parse_jobs(*text, file, context_);
    for (Job& job : one.jobs) {
      places_[job.name].push_back({file, std::stoi(job.source.substr(file.size() + 1))});
      out_.jobs.push_back(std::move(job));
    }
    for (const JobName& name : one.broken_jobs) broken_in_.emplace(name, file);
    out_.files.merge(one.files);
    out_.broken_jobs.merge(one.broken_jobs);
    std::move(one.diagnostics.begin(), one.diagnostics.end(), std::back_inserter(out_.diagnostics));
  }

  /// Which of two is meant is not for nowd to guess: neither is taken.
  void refuse_duplicates() {
    for (const auto& [name, places] : places_)
      for (std::size_t i = 0; i < places.size() && places.size() > 1; ++i) {
        const Place& other = places[i == 0 ? 1 : 0];
        refuse(places[i], "job '" + name + "' is defined at " + other.file + ":" + std::to_string(other.line) +
                              " too; rename one of them, or remove it");
      }
  }

  /// The same holds where one of the two files has faults of its own.
  void refuse_broken_twins() {
    for (const auto& [name, places] : places_)
      if (const auto broken = broken_in_.find(name); broken != broken_in_.end())
        refuse(places.front(), "job '" + name + "' is named in " + broken->second +
                                   " too, a file with faults; rename one of them, or remove it");
  }

  /// after: a job that is not there, or a chain that comes back to its start, would never run.
  void refuse_loose_ends() {
    Follows follows;
    for (const Job& job : out_.jobs)
      if (job.after) follows[job.name] = *job.after;
    const std::set<JobName> circling = in_circles(follows);
    std::size_t loose = 0;
    for (const auto& [name, upstream] : follows) {
      const Place& place = places_[name].front();
      if (context_.all_jobs && !places_.contains(upstream) && !broken_in_.contains(upstream))
        refuse(place, name + ": after: there is no job '" + upstream + "'" +
                          (++loose <= max_guesses ? did_you_mean(upstream, names()) : ""));
      if (circling.contains(name))
        refuse(place, name + ": after: the chain from '" + upstream + "' comes back to this job; break it");
    }
  }

  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& [name, unused] : places_) out.push_back(name);
    return out;
  }

  void refuse(const Place& place, std::string message) {
    report(place.file, {place.line, 1}, std::move(message));
    out_.files[place.file] = false;
  }

  void drop_jobs_of(const std::string& file) {
    std::erase_if(out_.jobs, [&](const Job& job) {
      if (job.source.substr(0, job.source.rfind(':')) != file) return false;
      out_.broken_jobs.insert(job.name);
      return true;
    });
  }

  void report(const std::string& file, Mark at, std::string message) {
    out_.diagnostics.push_back({Diagnostic::Severity::error, file, at.line, at.column, std::move(message)});
  }

  const JobContext& context_;
  LoadedJobs out_;
  std::set<std::string> seen_;
  std::map<JobName, std::vector<Place>> places_;
  std::map<JobName, std::string> broken_in_;  ///< names found in files with faults, and in which
};

}  // namespace

LoadedJobs load_jobs(const std::vector<std::string>& paths, const JobContext& context) {
  JobLoader loader(context);
  for (const std::string& path : paths) loader.add(path);
  return loader.finish();
}

std::vector<std::string> job_files(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const std::string& path : paths) {
    std::error_code failed;
    if (!fs::is_directory(path, failed))
      out.push_back(path);
    else
      std::ranges::move(files_below(path, failed), std::back_inserter(out));
  }
  return out;
}

}  // namespace nowd
