#include "support/smtp_fixture.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

namespace nowd::test {
namespace {

std::string polite_reply(const std::string& stage) {
  if (stage == "GREETING") return "220 test.example ready";
  if (stage == "EHLO") return "250-test.example\r\n250-8BITMIME\r\n250 AUTH PLAIN";
  if (stage == "AUTH") return "334 ";
  if (stage == "LOGIN") return "235 welcome";
  if (stage == "DATA") return "354 go ahead";
  if (stage == "DOT") return "250 queued as 42";
  if (stage == "QUIT") return "221 bye";
  return stage == "TEXT" ? "" : "250 ok";
}

}  // namespace

struct SmtpFixture::State {
  struct Step {
    SmtpAct act;
    int nth;
  };

  State() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener, 8) != 0)
      throw std::runtime_error("no port for the SMTP server");
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }

  void serve_all() {
    for (;;) {
      const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (accepted < 0) return;
      {
        const std::lock_guard lock(mutex);
        if (stopping) return static_cast<void>(::close(accepted));
        socket = accepted;
      }
      buffer.clear();
      seen.clear();
      serve();
      const std::lock_guard lock(mutex);
      ::close(std::exchange(socket, -1));
    }
  }

  void serve() {
    if (!act("GREETING")) return;
    while (const auto line = read_line()) {
      {
        const std::lock_guard lock(mutex);
        commands.push_back(*line);
      }
      const std::string word = line->substr(0, line->find(' '));
      if (!act(word) || word == "QUIT") return;
      if (word == "AUTH" && last_reply.starts_with("334") && !(read_line() && act("LOGIN"))) return;
      if (word == "DATA" && last_reply.starts_with("354") && !read_text()) return;
    }
  }

  bool read_text() {
    std::string text;
    bool first = true;
    while (auto line = read_line()) {
      if (std::exchange(first, false) && !act("TEXT")) return false;
      if (*line == ".") {
        const std::lock_guard lock(mutex);
        texts.push_back(text);
        break;
      }
      text += (line->starts_with('.') ? line->substr(1) : *line) + "\r\n";
    }
    return act("DOT");
  }

  /// False if the connection is to be closed.
  bool act(const std::string& stage) {
    const SmtpAct todo = act_at(stage);
    last_reply = todo.reply;
    if (!todo.reply.empty()) {
      const std::string bytes = todo.reply + "\r\n";
      ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    if (todo.then == SmtpAct::Then::hang)
      while (read_line()) {  // says nothing more
      }
    if (todo.then == SmtpAct::Then::stall) {
      std::unique_lock lock(mutex);
      resumed.wait(lock, [&] { return may_resume || stopping; });
      return true;
    }
    return todo.then == SmtpAct::Then::go_on;
  }

  SmtpAct act_at(const std::string& stage) {
    const std::lock_guard lock(mutex);
    const int count = ++seen[stage];
    const auto found = steps.find(stage);
    if (found != steps.end() && (found->second.nth == 0 || found->second.nth == count)) return found->second.act;
    return {polite_reply(stage)};
  }

  std::optional<std::string> read_line() {
    std::size_t end;
    while ((end = buffer.find("\r\n")) == std::string::npos) {
      char piece[4096];
      const ssize_t got = ::recv(socket, piece, sizeof piece, 0);
      if (got <= 0) return std::nullopt;
      buffer.append(piece, static_cast<std::size_t>(got));
    }
    std::string line = buffer.substr(0, end);
    buffer.erase(0, end + 2);
    return line;
  }

  int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port = 0;
  mutable std::mutex mutex;
  std::condition_variable resumed;
  bool may_resume = false;
  bool stopping = false;
  int socket = -1;
  std::map<std::string, Step> steps;
  std::vector<std::string> commands;
  std::vector<std::string> texts;
  std::string buffer;               ///< the server thread's own, as the rest
  std::map<std::string, int> seen;  ///< how often a stage came on this connection
  std::string last_reply;
  std::jthread thread;
};

SmtpFixture::SmtpFixture() : state_(std::make_unique<State>()) {
  state_->thread = std::jthread([state = state_.get()] { state->serve_all(); });
}

SmtpFixture::~SmtpFixture() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->resumed.notify_all();
    if (state_->socket >= 0) ::shutdown(state_->socket, SHUT_RDWR);
    ::shutdown(state_->listener, SHUT_RDWR);  // wakes accept()
  }
  state_->thread.join();
  ::close(state_->listener);
}

void SmtpFixture::at(const std::string& stage, SmtpAct act, int nth) {
  const std::lock_guard lock(state_->mutex);
  state_->steps[stage] = {std::move(act), nth};
}

void SmtpFixture::resume() {
  const std::lock_guard lock(state_->mutex);
  state_->may_resume = true;
  state_->resumed.notify_all();
}

std::string SmtpFixture::url() const { return "smtp://127.0.0.1:" + std::to_string(state_->port); }

std::vector<std::string> SmtpFixture::commands() const {
  const std::lock_guard lock(state_->mutex);
  return state_->commands;
}

std::vector<std::string> SmtpFixture::texts() const {
  const std::lock_guard lock(state_->mutex);
  return state_->texts;
}

}  // namespace nowd::test
