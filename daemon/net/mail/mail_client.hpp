// Sends mails to an SMTP server with libcurl on its own threads. Verifies certificates.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/time/clock.hpp"

namespace nowd {

struct MailRequest {
  std::string server;        ///< "smtps://host:465", or "smtp://host:587"
  bool tls_required = true;  ///< smtp:// then requires STARTTLS
  std::string user;          ///< empty = no login
  std::string password;
  std::string from;
  std::vector<std::string> to;  ///< accepted recipients get the mail even if the server refuses others
  std::string text;             ///< the whole message, with CR LF line ends
  milliseconds timeout{30'000};
};

/// An address that the server refused.
struct RefusedRecipient {
  std::string address;
  int code = 0;       ///< 4xx: temporary; 5xx: permanent
  std::string reply;  ///< "550 no such user"
};

/// The outcome and the progress of an attempt, which decide whether it may be repeated.
struct MailOutcome {
  enum class End {
    accepted,  ///< the server has the mail, for all recipients except the refused ones
    refused,   ///< permanent refusal (5xx) of the mail or of every recipient
    not_sent,  ///< the server does not have the mail: not reached, a 4xx, or a connection lost before the end of the
               ///< text
    in_doubt   ///< connection lost between the end of the text and the server's reply
  };
  End end = End::not_sent;
  int code = 0;                    ///< of the server's last reply; 0 = none
  std::string detail;              ///< that reply, or the error and its remedy
  std::optional<Reading> started;  ///< first reply of the server
  Reading ended;
  std::vector<RefusedRecipient> refused_to;
};

/// One connection per mail, at most four at a time; further mails wait. Terminal cancellation of the awaiting coroutine
/// throws operation_aborted, and the connection closes within a second. The destructor ends all mails and waits for
/// that. Reads its clock on its threads.
class MailClient {
 public:
  MailClient(boost::asio::any_io_executor executor, const Clock& clock);
  ~MailClient();
  MailClient(const MailClient&) = delete;
  MailClient& operator=(const MailClient&) = delete;

  boost::asio::awaitable<MailOutcome> send(MailRequest request);

  /// Connects, greets, starts TLS and logs in, nothing else. `accepted` if all of it succeeded. Ignores sender,
  /// recipients and text of the request.
  boost::asio::awaitable<MailOutcome> probe(MailRequest request);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace nowd
