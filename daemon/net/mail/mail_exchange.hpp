// One mail on its way: what curl tells of the conversation written down, its deadline, its outcome. Blocks.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/fd.hpp"
#include "net/mail/mail_client.hpp"

namespace nowd {

/// talking --the server asks for the text (354)--> handing over --all of it given to curl--> handed over
///
/// For a thread of its own, not for CurlLoop: libcurl waits for the server's word on a mail, and for its goodbye,
/// within one call (smtp_done, smtp_disconnect), whichever interface is used; and a mail that is taken off the multi
/// interface half-way gets its final dot all the same, so that a torso would be delivered.
class MailExchange {
 public:
  /// A probe ends with NOOP where a mail would begin. `given_up` is asked at least once a second.
  MailExchange(const Clock& clock, MailRequest request, bool probe, std::function<bool()> given_up);
  ~MailExchange();
  MailExchange(const MailExchange&) = delete;
  MailExchange& operator=(const MailExchange&) = delete;

  /// Runs it to its end: once.
  MailOutcome perform();

 private:
  enum class Stage { talking, handing_over, handed_over };

  void set_up();
  void set_callbacks();
  void set_mail();
  bool is_late() const;
  MailOutcome outcome_of(int curl_code) const;
  MailOutcome ended(MailOutcome::End end, std::string detail) const;
  std::string explain(int curl_code) const;

  // What curl's callbacks write down.
  int on_open_socket(int family, int type, int protocol);
  void hang_up();
  void on_command(std::string_view line);
  void on_reply(std::string_view line);
  void on_recipient(int code);
  std::size_t on_text(char* into, std::size_t room);

  const Clock& clock_;
  MailRequest request_;
  bool probe_;
  std::function<bool()> given_up_;
  void* easy_ = nullptr;
  void* recipients_ = nullptr;          ///< a curl_slist
  std::array<char, 256> curl_words_{};  ///< CURL_ERROR_SIZE
  std::vector<FileDescriptor> sockets_;

  Stage stage_ = Stage::talking;
  std::size_t given_ = 0;            ///< bytes of the text
  bool reply_after_text_ = false;    ///< the server's word on the mail has come
  bool asks_for_recipient_ = false;  ///< the last command was RCPT
  std::size_t asked_ = 0;            ///< recipients
  std::vector<RefusedRecipient> refused_to_;
  bool last_word_ = false;  ///< nothing that the server says from here on counts
  int code_ = 0;
  std::string reply_;
  std::optional<Reading> started_;
  Tick began_;
};

}  // namespace nowd
