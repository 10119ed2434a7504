#include "e2e/daemon.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "ledger/schema/migrator.hpp"
#include "support/places.hpp"

namespace nowd::test {

void wait_for(const std::string& what, const std::function<bool()>& happened, std::chrono::seconds at_most) {
  const auto limit = std::chrono::steady_clock::now() + at_most;
  while (!happened()) {
    if (std::chrono::steady_clock::now() > limit)
      throw std::runtime_error("waited " + std::to_string(at_most.count()) + " s in vain for " + what);
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
}

std::string built(const std::string& relative) { return test_build(relative).string(); }

Process::Process(std::vector<std::string> argv, std::filesystem::path output)
    : pid_(fork()), output_(std::move(output)) {
  if (pid_ != 0) return;
  const int fd = open(output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(fd, STDOUT_FILENO);
  dup2(fd, STDERR_FILENO);
  std::vector<char*> words;
  for (std::string& word : argv) words.push_back(word.data());
  words.push_back(nullptr);
  execv(words[0], words.data());
  _exit(127);
}

Process::~Process() {
  if (ended()) return;
  signal(SIGKILL);
  wait();
}

void Process::signal(int number) const { kill(pid_, number); }

int Process::wait() {
  if (status_ < 0) {
    int status = 0;
    waitpid(pid_, &status, 0);
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status) + (WCOREDUMP(status) ? 128 : 0);
  }
  return status_;
}

bool Process::ended() {
  if (status_ >= 0) return true;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status) + (WCOREDUMP(status) ? 128 : 0);
  return true;
}

std::string Process::output() const {
  std::ifstream file(output_);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

DaemonFixture::DaemonFixture(const std::string& superuser, const std::string& daemon)
    : daemon_(daemon), session_(std::make_unique<SqlSession>(superuser)) {
  char name[] = "/tmp/nowd-e2e-XXXXXX";
  if (mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp");
  directory_ = name;
  std::filesystem::create_directory(directory_ / "jobs");
  const auto migrated = migrate(superuser, {});
  if (!migrated) throw std::runtime_error(migrated.error().message);
}

DaemonFixture::~DaemonFixture() {
  process_.reset();
  std::filesystem::remove_all(directory_);
}

void DaemonFixture::configure(const std::string& yaml) {
  std::ofstream file(directory_ / "nowd.yaml");
  file << "database: \"" << daemon_ << "\"\nstate: " << (directory_ / "state").string() << "\njobs: ["
       << (directory_ / "jobs").string() << "]\n"
       << yaml;
}

void DaemonFixture::job(const std::string& name, const std::string& yaml) {
  std::ofstream(directory_ / "jobs" / (name + ".yaml")) << "name: " << name << "\n" << yaml;
}

void DaemonFixture::remove_job(const std::string& name) {
  std::filesystem::remove(directory_ / "jobs" / (name + ".yaml"));
}

void DaemonFixture::move_to(const std::string& superuser, const std::string& daemon) {
  session_ = std::make_unique<SqlSession>(superuser);
  daemon_ = daemon;
}

Process& DaemonFixture::start_only() {
  process_.reset();
  const auto log = directory_ / ("log" + std::to_string(++started_));
  std::vector<std::string> words = through_;
  words.insert(words.end(), {built("daemon/app/nowd"), "--config", (directory_ / "nowd.yaml").string()});
  process_ = std::make_unique<Process>(std::move(words), log);
  return *process_;
}

Process& DaemonFixture::start() {
  Process& process = start_only();
  wait_for("nowd to serve", [&] {
    if (process.ended()) throw std::runtime_error("nowd ended: " + process.output());
    return process.output().find(" serves ") != std::string::npos;
  });
  return process;
}

std::string DaemonFixture::get(const std::string& path) const {
  using boost::asio::local::stream_protocol;
  boost::asio::io_context io;
  stream_protocol::socket socket(io);
  boost::system::error_code failed;
  socket.connect(stream_protocol::endpoint((directory_ / "http.sock").string()), failed);
  if (failed) return "";
  boost::asio::write(
      socket, boost::asio::buffer("GET " + path + " HTTP/1.1\r\nHost: nowd\r\nConnection: close\r\n\r\n"), failed);
  std::string answer;
  boost::asio::read(socket, boost::asio::dynamic_buffer(answer), failed);
  const std::size_t body = answer.find("\r\n\r\n");
  return body == std::string::npos ? "" : answer.substr(9, 3) + " " + answer.substr(body + 4);
}

std::string DaemonFixture::one(const std::string& text) {
  const pg::Table table = sql(text);
  return table.empty() ? "nothing" : table.rows[0][0].value_or("null");
}

std::string DaemonFixture::run(const std::string& job) {
  const std::string request = one("select nowd.run('" + job + "')");
  const std::string ended = "select state from nowd.run where request = " + request + " and ended_at is not null";
  wait_for("the run of " + job, [&] { return one(ended) != "nothing"; });
  return one(ended);
}

}  // namespace nowd::test
