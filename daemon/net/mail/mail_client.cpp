#include "net/mail/mail_client.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <cstring>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/fd.hpp"
#include "foundation/text/words.hpp"
#include "net/http/http_rules.hpp"

namespace asio = boost::asio;

namespace nowd {
namespace {

constexpr std::size_t max_reply = 16 * 1024;  // larger than any message: callers redact it before they cut it
constexpr int goodbye = 221;
constexpr int service_closing = 421;  // the server closes the connection; may follow any command

// Misspelt until curl 8.2.
#if LIBCURL_VERSION_NUM >= 0x080200
constexpr CURLoption allow_refused_recipients = CURLOPT_MAIL_RCPT_ALLOWFAILS;
#else
constexpr CURLoption allow_refused_recipients = CURLOPT_MAIL_RCPT_ALLLOWFAILS;
#endif

/// "250 done" ends a reply; "250-more" does not (RFC 5321, 4.2.1).
int last_line_code(std::string_view line) {
  int code = 0;
  if (line.size() < 3 || (line.size() > 3 && line[3] != ' ')) return 0;
  const auto [end, failed] = std::from_chars(line.data(), line.data() + 3, code);
  return failed == std::errc{} && end == line.data() + 3 ? code : 0;
}

/// curl's codes for a negative reply of the server.
bool is_refusal(int curl_code) {
  return curl_code == CURLE_SEND_ERROR || curl_code == CURLE_LOGIN_DENIED || curl_code == CURLE_WEIRD_SERVER_REPLY ||
         curl_code == CURLE_REMOTE_ACCESS_DENIED || curl_code == CURLE_QUOTE_ERROR;
}

/// One mail: records curl's reports of the conversation, enforces the deadline, has the outcome. Blocks.
///
/// talking --the server asks for the text (354)--> handing over --curl has all of it--> handed over
///
/// Runs on a thread, not in CurlLoop: libcurl waits for the server's reply to a mail, and for its goodbye, within one
/// call (smtp_done, smtp_disconnect) of any interface; and a mail that is removed from the multi interface half-way
/// still gets its final dot, so that the server would deliver a part of the mail.
class MailExchange {
 public:
  /// A probe sends NOOP in place of a mail. Calls `is_cancelled` at least once a second.
  MailExchange(const Clock& clock, MailRequest request, bool probe, std::function<bool()> is_cancelled);
  ~MailExchange();
  MailExchange(const MailExchange&) = delete;
  MailExchange& operator=(const MailExchange&) = delete;

  /// Sends the mail. Call it once.
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

  // Called by curl's callbacks.
  int on_open_socket(int family, int type, int protocol);
  void hang_up();
  void on_command(std::string_view line);
  void on_reply(std::string_view line);
  void on_recipient(int code);
  std::size_t on_text(char* into, std::size_t room);

  const Clock& clock_;
  MailRequest request_;
  bool probe_;
  std::function<bool()> is_cancelled_;
  void* easy_ = nullptr;
  void* recipients_ = nullptr;          ///< a curl_slist
  std::array<char, 256> curl_words_{};  ///< CURL_ERROR_SIZE
  std::vector<FileDescriptor> sockets_;

  Stage stage_ = Stage::talking;
  std::size_t sent_ = 0;             ///< bytes of the text that curl has
  bool reply_after_text_ = false;    ///< the server has replied to the mail
  bool asks_for_recipient_ = false;  ///< the last command was RCPT
  std::size_t asked_ = 0;            ///< recipients sent so far
  std::vector<RefusedRecipient> refused_to_;
  bool last_word_ = false;  ///< later replies do not count
  int code_ = 0;
  std::string reply_;
  std::optional<Reading> started_;
  Tick began_;
};

MailExchange::MailExchange(const Clock& clock, MailRequest request, bool probe, std::function<bool()> is_cancelled)
    : clock_(clock),
      request_(std::move(request)),
      probe_(probe),
      is_cancelled_(std::move(is_cancelled)),
      easy_(curl_easy_init()),
      began_(clock.tick()) {
  if (easy_ == nullptr) throw std::runtime_error("libcurl has no memory for a mail");
}

MailExchange::~MailExchange() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(static_cast<curl_slist*>(recipients_));
}

MailOutcome MailExchange::perform() {
  if (is_cancelled_()) return outcome_of(CURLE_ABORTED_BY_CALLBACK);
  set_up();
  set_callbacks();
  if (probe_)
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, "NOOP");
  else
    set_mail();
  return outcome_of(curl_easy_perform(easy_));
}

void MailExchange::set_up() {
  static_assert(sizeof curl_words_ >= CURL_ERROR_SIZE);
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, curl_words_.data());
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);  // or a cancelled name resolution would block its thread
  curl_easy_setopt(easy_, CURLOPT_URL, request_.server.c_str());
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  curl_easy_setopt(easy_, CURLOPT_FORBID_REUSE, 1L);
  const auto timeout = static_cast<long>(request_.timeout.count());
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, timeout);
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, timeout);
  curl_easy_setopt(easy_, CURLOPT_SERVER_RESPONSE_TIMEOUT, timeout / 1000 + 1);
  curl_easy_setopt(easy_, CURLOPT_USE_SSL, long{request_.tls_required ? CURLUSESSL_ALL : CURLUSESSL_NONE});
  if (request_.user.empty()) return;
  curl_easy_setopt(easy_, CURLOPT_USERNAME, request_.user.c_str());
  curl_easy_setopt(easy_, CURLOPT_PASSWORD, request_.password.c_str());
}

void MailExchange::set_callbacks() {
  const auto reply = +[](char* data, std::size_t, std::size_t size, void* self) -> std::size_t {
    static_cast<MailExchange*>(self)->on_reply({data, size});
    return size;
  };
  const auto open = +[](void* self, curlsocktype, curl_sockaddr* address) -> curl_socket_t {
    return static_cast<MailExchange*>(self)->on_open_socket(address->family, address->socktype, address->protocol);
  };
  // The only way to match a reply to its command. Ignores curl's other debug data, which may contain the password.
  const auto sent = +[](CURL*, curl_infotype type, char* data, std::size_t size, void* self) -> int {
    if (type == CURLINFO_HEADER_OUT) static_cast<MailExchange*>(self)->on_command({data, size});
    return 0;
  };
  const auto ignore = +[](char*, std::size_t, std::size_t size, void*) -> std::size_t { return size; };
  const auto progress = +[](void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) -> int {
    const auto& mail = *static_cast<MailExchange*>(self);
    return mail.is_cancelled_() || mail.is_late() ? 1 : 0;
  };
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, open);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, reply);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_DEBUGFUNCTION, sent);
  curl_easy_setopt(easy_, CURLOPT_DEBUGDATA, this);
  curl_easy_setopt(easy_, CURLOPT_VERBOSE, 1L);  // for the callback only
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, ignore);
  curl_easy_setopt(easy_, CURLOPT_XFERINFOFUNCTION, progress);
  curl_easy_setopt(easy_, CURLOPT_XFERINFODATA, this);
  curl_easy_setopt(easy_, CURLOPT_NOPROGRESS, 0L);
}

/// On the boot clock: curl's clock stops while the host sleeps.
bool MailExchange::is_late() const { return clock_.tick() - began_ >= request_.timeout; }

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
  curl_easy_setopt(easy_, allow_refused_recipients, 1L);
  curl_easy_setopt(easy_, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy_, CURLOPT_READFUNCTION, text);
  curl_easy_setopt(easy_, CURLOPT_READDATA, this);
}

void MailExchange::on_command(std::string_view line) {
  asks_for_recipient_ = line.starts_with("RCPT TO:");
  if (asks_for_recipient_) ++asked_;
}

/// The refusal of one recipient decides about the mail only if no other recipient is left.
void MailExchange::on_recipient(int code) {
  if (code >= 400) refused_to_.push_back({request_.to.at(asked_ - 1), code, reply_});
  last_word_ = refused_to_.size() == request_.to.size();
  if (last_word_) hang_up();
}

void MailExchange::on_reply(std::string_view line) {
  if (!started_) started_ = clock_.read();
  const std::string_view text = trimmed(line);
  const int code = last_line_code(text);
  if (code == 0 || code == goodbye || last_word_) return;
  code_ = code;
  reply_ = text.substr(0, max_reply);
  if (asks_for_recipient_ && code != service_closing) return on_recipient(code);
  reply_after_text_ = stage_ == Stage::handed_over && code / 100 != 3;
  const bool maybe_unknown_command = code >= 500 && code < 505;  // curl may send another command instead
  last_word_ = reply_after_text_ || (code >= 400 && !maybe_unknown_command);
  if (last_word_) hang_up();
}

/// Shuts the sockets down, so that curl does not send QUIT and wait for its answer: the outcome is known.
void MailExchange::hang_up() {
  for (const FileDescriptor& socket : sockets_) ::shutdown(socket.get(), SHUT_WR);
}

/// Keeps a duplicate of each descriptor for hang_up(): curl may use any of its sockets and close it at any time.
int MailExchange::on_open_socket(int family, int type, int protocol) {
  const int socket = ::socket(family, type | SOCK_CLOEXEC, protocol);
  if (socket >= 0) sockets_.emplace_back(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
  return socket;
}

/// Called after the server has asked for the text, repeatedly until its end.
std::size_t MailExchange::on_text(char* into, std::size_t room) {
  const std::size_t size = std::min(room, request_.text.size() - sent_);
  std::memcpy(into, request_.text.data() + sent_, size);
  sent_ += size;
  // In doubt from here on: curl appends the final dot, and may have sent it before the connection breaks.
  stage_ = sent_ == request_.text.size() ? Stage::handed_over : Stage::handing_over;
  return size;
}

MailOutcome MailExchange::outcome_of(int curl_code) const {
  using End = MailOutcome::End;
  if (curl_code == CURLE_OK || (reply_after_text_ && code_ < 400)) return ended(End::accepted, reply_);
  if (!refused_to_.empty() && refused_to_.size() == request_.to.size()) {
    const auto later = std::ranges::find_if(refused_to_, [](const auto& one) { return one.code < 500; });
    return later == refused_to_.end() ? ended(End::refused, reply_) : ended(End::not_sent, later->reply);
  }
  if (reply_after_text_ || is_refusal(curl_code)) {
    if (code_ >= 500) return ended(End::refused, reply_);
    if (code_ >= 400) return ended(End::not_sent, reply_);
  }
  const std::string why = explain(curl_code);
  if (stage_ != Stage::handed_over) return ended(End::not_sent, why);
  return ended(End::in_doubt, "after the whole text: " + why + "; the server may have the mail");
}

MailOutcome MailExchange::ended(MailOutcome::End end, std::string detail) const {
  return {end, code_, std::move(detail), started_, clock_.read(), refused_to_};
}

std::string MailExchange::explain(int curl_code) const {
  std::string why = curl_words_.data();
  if (why.empty()) why = curl_easy_strerror(static_cast<CURLcode>(curl_code));
  if (curl_code == CURLE_OPERATION_TIMEDOUT || is_late())
    return "no end within " + std::to_string(request_.timeout.count()) +
           " ms; check the server and the network, or allow more time";
  switch (curl_code) {
    case CURLE_ABORTED_BY_CALLBACK:
      return "the mail was cancelled";
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

constexpr std::size_t max_mails = 4;

/// One mail, shared between the loop and a thread. Only `cancelled` is shared; the loop owns the rest.
struct Job {
  explicit Job(const asio::any_io_executor& executor) : done(executor, asio::steady_timer::time_point::max()) {}
  std::atomic<bool> cancelled = false;
  std::optional<MailOutcome> outcome;
  std::exception_ptr failure;
  asio::steady_timer done;  ///< its cancellation signals the outcome
};

}  // namespace

struct MailClient::Impl {
  Impl(asio::any_io_executor on, const Clock& wall) : executor(std::move(on)), clock(wall) {}

  void start(std::shared_ptr<Job> job, MailRequest request, bool probe) {
    auto work = [this, job = std::move(job), request = std::move(request), probe]() mutable {
      std::optional<MailOutcome> outcome;
      std::exception_ptr failure;
      try {
        MailExchange exchange(clock, std::move(request), probe, [&] { return job->cancelled || closing; });
        outcome = exchange.perform();
      } catch (...) {
        failure = std::current_exception();
      }
      asio::post(executor, [job = std::move(job), outcome = std::move(outcome), failure]() mutable {
        job->outcome = std::move(outcome);
        job->failure = failure;
        job->done.cancel();
      });
    };
    asio::post(pool, std::move(work));
  }

  /// Keeps a weak pointer only: the coroutine may start or resume after the client's destruction.
  static asio::awaitable<MailOutcome> run(std::weak_ptr<Impl> client, MailRequest request, bool probe) {
    auto impl = client.lock();
    if (!impl) co_return MailOutcome{MailOutcome::End::not_sent, 0, "the mail client is closed", {}, {}, {}};
    const auto job = std::make_shared<Job>(impl->executor);
    impl->start(job, std::move(request), probe);
    impl.reset();
    while (!job->outcome && !job->failure) {
      co_await job->done.async_wait(asio::as_tuple(asio::use_awaitable));
      const auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() == asio::cancellation_type::none) continue;
      job->cancelled = true;
      throw boost::system::system_error(asio::error::operation_aborted);
    }
    if (job->failure) std::rethrow_exception(job->failure);
    co_return std::move(*job->outcome);
  }

  asio::any_io_executor executor;
  const Clock& clock;
  std::atomic<bool> closing = false;
  asio::thread_pool pool{max_mails};
};

MailClient::MailClient(asio::any_io_executor executor, const Clock& clock)
    : impl_(std::make_shared<Impl>(std::move(executor), clock)) {
  ignore_broken_pipes();
}

MailClient::~MailClient() {
  impl_->closing = true;
  impl_->pool.join();
}

asio::awaitable<MailOutcome> MailClient::send(MailRequest request) {
  return Impl::run(impl_, std::move(request), false);
}

asio::awaitable<MailOutcome> MailClient::probe(MailRequest request) {
  return Impl::run(impl_, std::move(request), true);
}

}  // namespace nowd
