#include "net/mail_exchange.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "net/http_rules.hpp"

namespace asio = boost::asio;

namespace nowd {
namespace {

/// steady_timer stands still while the host sleeps, and a virtual clock moves without it: look at least this often.
constexpr milliseconds look{1'000};
constexpr std::size_t longest_reply = 500;
constexpr int goodbye = 221;

/// "250 done" ends a reply; "250-more" does not (RFC 5321, 4.2.1).
int last_line_code(std::string_view line) {
  int code = 0;
  if (line.size() < 3 || (line.size() > 3 && line[3] != ' ')) return 0;
  const auto [end, failed] = std::from_chars(line.data(), line.data() + 3, code);
  return failed == std::errc{} && end == line.data() + 3 ? code : 0;
}

/// curl ends with one of these where the server's reply was no.
bool is_refusal(int curl_code) {
  return curl_code == CURLE_SEND_ERROR || curl_code == CURLE_LOGIN_DENIED || curl_code == CURLE_WEIRD_SERVER_REPLY ||
         curl_code == CURLE_REMOTE_ACCESS_DENIED || curl_code == CURLE_QUOTE_ERROR;
}

}  // namespace

MailExchange::MailExchange(std::shared_ptr<CurlLoop> loop, asio::any_io_executor executor, const Clock& clock,
                           MailRequest request, bool probe)
    : loop_(std::move(loop)),
      clock_(clock),
      request_(std::move(request)),
      probe_(probe),
      changed_(std::move(executor)) {}

MailExchange::~MailExchange() {
  if (easy_ == nullptr) return;
  loop_->remove(easy_);
  curl_easy_cleanup(easy_);
  curl_slist_free_all(static_cast<curl_slist*>(recipients_));
}

asio::awaitable<MailOutcome> MailExchange::run() {
  start();
  while (!outcome_) {
    const nanoseconds left = began_ + request_.timeout - clock_.tick();
    changed_.expires_after(std::clamp(left, nanoseconds{0}, nanoseconds{look}));
    co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (outcome_) break;
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);
    if (clock_.tick() - began_ >= request_.timeout)
      end_broken("no end within " + std::to_string(request_.timeout.count()) +
                 " ms; check the server and the network, or allow more time");
  }
  co_return std::move(*outcome_);
}

void MailExchange::start() {
  began_ = clock_.tick();
  if (loop_->closed()) return end(MailOutcome::End::not_sent, "the mail client is closed");
  easy_ = curl_easy_init();
  if (easy_ == nullptr) throw std::runtime_error("libcurl has no memory for a mail");
  set_up();
  probe_ ? static_cast<void>(curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, "NOOP")) : set_mail();
  loop_->add(easy_, *this);
}

void MailExchange::set_up() {
  static_assert(sizeof curl_words_ >= CURL_ERROR_SIZE);
  const auto reply = +[](char* data, std::size_t, std::size_t size, void* self) -> std::size_t {
    static_cast<MailExchange*>(self)->on_reply({data, size});
    return size;
  };
  const auto open = +[](void* self, curlsocktype, curl_sockaddr* address) -> curl_socket_t {
    return static_cast<MailExchange*>(self)->on_open_socket(address->family, address->socktype, address->protocol);
  };
  const auto ignore = +[](char*, std::size_t, std::size_t size, void*) -> std::size_t { return size; };
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, curl_words_.data());
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);  // or a mail given up while it resolves blocks the loop
  curl_easy_setopt(easy_, CURLOPT_URL, request_.server.c_str());
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 1L);  // a connection kept from before may be dead: doubt for nothing
  curl_easy_setopt(easy_, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.timeout.count()));
  curl_easy_setopt(easy_, CURLOPT_USE_SSL, long{request_.tls_required ? CURLUSESSL_ALL : CURLUSESSL_NONE});
  curl_easy_setopt(easy_, CURLOPT_SERVER_RESPONSE_TIMEOUT,
                   static_cast<long>(std::chrono::ceil<seconds>(request_.timeout).count()));
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, open);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, reply);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, ignore);
  if (request_.user.empty()) return;
  curl_easy_setopt(easy_, CURLOPT_USERNAME, request_.user.c_str());
  curl_easy_setopt(easy_, CURLOPT_PASSWORD, request_.password.c_str());
}

void MailExchange::set_mail() {
  const auto text = +[](char* into, std::size_t, std::size_t room, void* self) -> std::size_t {
    return static_cast<MailExchange*>(self)->on_text(into, room);
  };
  const std::string from = "<" + request_.from + ">";
  for (const std::string& address : request_.to) {
    curl_slist* longer = curl_slist_append(static_cast<curl_slist*>(recipients_), ("<" + address + ">").c_str());
    if (longer == nullptr) throw std::bad_alloc();
    recipients_ = longer;
  }
  curl_easy_setopt(easy_, CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(easy_, CURLOPT_MAIL_RCPT, static_cast<curl_slist*>(recipients_));
  curl_easy_setopt(easy_, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy_, CURLOPT_READFUNCTION, text);
  curl_easy_setopt(easy_, CURLOPT_READDATA, this);
}

void MailExchange::on_reply(std::string_view line) {
  if (!started_) started_ = clock_.read();
  const std::string_view text = trimmed(line);
  const int code = last_line_code(text);
  if (code == 0 || code == goodbye || last_word_) return;
  code_ = code;
  reply_ = text.substr(0, longest_reply);
  reply_after_text_ = stage_ == Stage::handed_over && code / 100 != 3;
  const bool maybe_unknown_command = code >= 500 && code < 505;  // to which curl may have another in its place
  last_word_ = reply_after_text_ || (code >= 400 && !maybe_unknown_command);
  if (last_word_) hang_up();
}

/// curl would say QUIT and let the whole loop wait for the answer; now it cannot.
void MailExchange::hang_up() {
  for (const FileDescriptor& socket : sockets_) ::shutdown(socket.get(), SHUT_WR);
}

/// Keeps a second descriptor of each: which one curl goes on with, and when it closes it, is its own affair.
int MailExchange::on_open_socket(int family, int type, int protocol) {
  const int socket = ::socket(family, type | SOCK_CLOEXEC, protocol);
  if (socket >= 0) sockets_.emplace_back(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
  return socket;
}

/// Called once the server asked for the text, and again until there is no more of it.
std::size_t MailExchange::on_text(char* into, std::size_t room) {
  const std::size_t size = std::min(room, request_.text.size() - given_);
  std::memcpy(into, request_.text.data() + given_, size);
  given_ += size;
  // In doubt from here on: curl puts the final dot behind what it has, and may have sent it when the connection breaks.
  stage_ = given_ == request_.text.size() ? Stage::handed_over : Stage::handing_over;
  return size;
}

void MailExchange::finished(int curl_code) {
  if (curl_code == CURLE_OK) return end(MailOutcome::End::accepted, reply_);
  if (curl_code == CURLE_ABORTED_BY_CALLBACK) return end_broken("the mail client was closed");
  if (reply_after_text_ || is_refusal(curl_code)) return end_answered(curl_code);
  end_broken(explain(curl_code));
}

void MailExchange::end_answered(int curl_code) {
  if (reply_after_text_ && code_ < 400) return end(MailOutcome::End::accepted, reply_);
  if (code_ >= 500) return end(MailOutcome::End::refused, reply_);
  if (code_ >= 400) return end(MailOutcome::End::not_sent, reply_);
  end_broken(explain(curl_code));
}

void MailExchange::end_broken(std::string detail) {
  if (reply_after_text_) return end_answered(CURLE_OK);
  if (stage_ != Stage::handed_over) return end(MailOutcome::End::not_sent, std::move(detail));
  end(MailOutcome::End::in_doubt, "after the whole text: " + detail + "; the server may have the mail");
}

void MailExchange::end(MailOutcome::End end, std::string detail) {
  if (outcome_) return;
  if (easy_ != nullptr) loop_->remove(easy_);
  outcome_ = {end, code_, std::move(detail), started_, clock_.read()};
  changed_.cancel();
}

std::string MailExchange::explain(int curl_code) const {
  std::string why = curl_words_.data();
  if (why.empty()) why = curl_easy_strerror(static_cast<CURLcode>(curl_code));
  switch (curl_code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return why + "; check the name and DNS";
    case CURLE_COULDNT_CONNECT:
      return why + "; check the address, the port and the network";
    case CURLE_USE_SSL_FAILED:
      return "the server does not offer STARTTLS, or refused it (" + why + "); nothing is sent without TLS";
    case CURLE_PEER_FAILED_VERIFICATION:
      return why + "; check the certificate's names and dates, this host's clock and its CA certificates";
    case CURLE_SSL_CONNECT_ERROR:
      return "TLS failed: " + why + "; smtps:// is for port 465, smtp:// with STARTTLS for 587";
    default:
      return "the connection was lost: " + why;
  }
}

}  // namespace nowd
