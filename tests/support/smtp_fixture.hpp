// A scripted SMTP server on loopback for tests: polite unless told otherwise.
//
//   SmtpFixture server;
//   server.at("RCPT", {"550 no such user"});
//   ... send ...
//   CHECK(server.commands().back() == "QUIT");
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace nowd::test {

/// What to do at a stage instead of being polite. hang: says nothing more; stall: does not even read until resume().
struct SmtpAct {
  std::string reply{};  ///< "550 no"; empty = none
  enum class Then { go_on, hang_up, hang, stall } then = Then::go_on;
};

/// Stages: "GREETING", each command by its word (EHLO, AUTH, and its second line LOGIN, MAIL, RCPT, DATA, NOOP …),
/// "TEXT" (while the text comes: its first line has been read) and "DOT" (the end of the text). One connection at a
/// time, on a thread of its own.
class SmtpFixture {
 public:
  SmtpFixture();
  ~SmtpFixture();  ///< ends everything at once
  SmtpFixture(const SmtpFixture&) = delete;
  SmtpFixture& operator=(const SmtpFixture&) = delete;

  /// `nth`: 0 = each time the stage comes, 1 = only the first time …
  void at(const std::string& stage, SmtpAct act, int nth = 0);

  void resume();

  std::string url() const;                    ///< "smtp://127.0.0.1:PORT"
  std::vector<std::string> commands() const;  ///< lines as they came, without those of texts
  std::vector<std::string> texts() const;     ///< of each mail that was complete: before its dot, with dots unstuffed

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nowd::test
