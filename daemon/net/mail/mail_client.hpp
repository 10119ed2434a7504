// Hands one mail to an SMTP server, with libcurl on a few threads of its own; certificates are verified.
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
  bool tls_required = true;  ///< smtp:// then insists on STARTTLS
  std::string user;          ///< empty = no login
  std::string password;
  std::string from;
  std::vector<std::string> to;  ///< those that the server accepts get the mail, though it refuses others
  std::string text;             ///< the whole message, lines ended by CR LF
  milliseconds timeout{30'000};
};

/// An address to which the server said no.
struct RefusedRecipient {
  std::string address;
  int code = 0;       ///< 4xx: not now; 5xx: never
  std::string reply;  ///< "550 no such user"
};

/// How far an attempt got: decides whether it may be repeated.
struct MailOutcome {
  enum class End {
    accepted,  ///< the server has the mail, for all but the refused
    refused,   ///< the server said no for good (5xx), to the mail or to every recipient
    not_sent,  ///< it does not have the mail: not reached, a 4xx, or lost before all of the text was handed over
    in_doubt   ///< lost between the end of the text and the server's reply
  };
  End end = End::not_sent;
  int code = 0;                    ///< of the server's last reply; 0 = none
  std::string detail;              ///< that reply, or what went wrong and the remedy
  std::optional<Reading> started;  ///< when the server first spoke
  Reading ended;
  std::vector<RefusedRecipient> refused_to;
};

/// One connection for each mail, four at once; more wait. Cancelling the awaiting coroutine (terminal) throws
/// operation_aborted; the connection then closes within a second. Destroying the client ends what is under way, and
/// waits that long. Reads its clock on its threads.
class MailClient {
 public:
  MailClient(boost::asio::any_io_executor executor, const Clock& clock);
  ~MailClient();
  MailClient(const MailClient&) = delete;
  MailClient& operator=(const MailClient&) = delete;

  boost::asio::awaitable<MailOutcome> send(MailRequest request);

  /// Connects, greets, starts TLS and logs in, and does nothing else; `accepted` if the server allowed it all. Sender,
  /// recipients and text of the request are not looked at.
  boost::asio::awaitable<MailOutcome> probe(MailRequest request);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace nowd
