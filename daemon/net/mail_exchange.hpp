// One mail on its way: what curl tells of the conversation written down, its deadline, its outcome.
#pragma once

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/curl_loop.hpp"
#include "net/file_descriptor.hpp"
#include "net/mail_client.hpp"

namespace nowd {

/// talking --the server asks for the text (354)--> handing over --all of it given to curl--> handed over
class MailExchange final : public CurlTransfer {
 public:
  /// A probe ends with NOOP where a mail would begin.
  MailExchange(std::shared_ptr<CurlLoop> loop, boost::asio::any_io_executor executor, const Clock& clock,
               MailRequest request, bool probe);
  ~MailExchange() override;

  /// Runs it to its end. Cancelled: throws operation_aborted; the destructor then closes the connection.
  boost::asio::awaitable<MailOutcome> run();

 private:
  enum class Stage { talking, handing_over, handed_over };

  void turn_ended() override {}
  void finished(int curl_code) override;

  void start();
  void set_up();
  void set_mail();
  void end(MailOutcome::End end, std::string detail);
  /// Broken off: by the deadline, a lost connection, the client's end.
  void end_broken(std::string detail);
  void end_answered(int curl_code);
  std::string explain(int curl_code) const;

  // What curl's callbacks write down.
  int on_open_socket(int family, int type, int protocol);
  void hang_up();
  void on_reply(std::string_view line);
  std::size_t on_text(char* into, std::size_t room);

  std::shared_ptr<CurlLoop> loop_;
  const Clock& clock_;
  MailRequest request_;
  bool probe_;
  void* easy_ = nullptr;
  void* recipients_ = nullptr;          ///< a curl_slist
  std::array<char, 256> curl_words_{};  ///< CURL_ERROR_SIZE
  boost::asio::steady_timer changed_;   ///< the next look at the deadline; cancelling it means: look now

  std::vector<FileDescriptor> sockets_;
  Stage stage_ = Stage::talking;
  std::size_t given_ = 0;          ///< bytes of the text
  bool reply_after_text_ = false;  ///< the server's word on the mail has come
  bool last_word_ = false;         ///< nothing that the server says from here on counts
  int code_ = 0;
  std::string reply_;
  std::optional<Reading> started_;
  Tick began_;
  std::optional<MailOutcome> outcome_;
};

}  // namespace nowd
