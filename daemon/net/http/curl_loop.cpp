#include "net/http/curl_loop.hpp"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "foundation/fd.hpp"
#include "foundation/text/words.hpp"
#include "net/http/http_client.hpp"
#include "net/http/http_rules.hpp"

namespace asio = boost::asio;

namespace nowd {
namespace {

constexpr long max_idle_connections = 256;

/// libcurl's process-wide state: created before the first handle, freed at the end of the process.
struct CurlLibrary {
  CurlLibrary() {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl cannot be initialised");
  }
  ~CurlLibrary() { curl_global_cleanup(); }
};

void* make_multi() {
  static const CurlLibrary library;
  if (CURLM* multi = curl_multi_init()) return multi;
  throw std::runtime_error("libcurl has no memory for a multi handle");
}

int make_epoll() {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return epoll;
}

}  // namespace

CurlLoop::CurlLoop(const asio::any_io_executor& executor)
    : timer_(executor), sockets_(executor, make_epoll()), multi_(make_multi()) {
  ignore_broken_pipes();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, max_idle_connections);
}

CurlLoop::~CurlLoop() { close(); }

void CurlLoop::add(void* easy, CurlTransfer& transfer) {
  transfers_.emplace(easy, &transfer);
  curl_multi_add_handle(multi_, easy);  // only starts the timer
}

void CurlLoop::remove(void* easy) {
  const auto found = transfers_.find(easy);
  if (found == transfers_.end()) return;
  curl_multi_remove_handle(multi_, easy);  // first, because it may still call back
  std::erase(touched_, found->second);
  transfers_.erase(found);
}

void CurlLoop::touch(CurlTransfer& transfer) {
  if (touched_.empty() || touched_.back() != &transfer) touched_.push_back(&transfer);
}

void CurlLoop::close() {
  while (!transfers_.empty()) {
    const auto [easy, transfer] = *transfers_.begin();
    remove(easy);
    transfer->finished(CURLE_ABORTED_BY_CALLBACK);
  }
  timer_.cancel();
  sockets_.cancel();
  if (multi_ != nullptr) curl_multi_cleanup(std::exchange(multi_, nullptr));
}

int CurlLoop::on_socket(void*, int fd, int what, void* self, void*) {
  return static_cast<CurlLoop*>(self)->watch(fd, what) ? 0 : -1;
}

int CurlLoop::on_timer(void*, long milliseconds, void* self) {
  static_cast<CurlLoop*>(self)->start_timer(milliseconds);
  return 0;
}

bool CurlLoop::watch(int fd, int what) {
  if (what == CURL_POLL_REMOVE) {
    unwatch(fd);
    return true;
  }
  epoll_event event{};
  if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
  event.data.fd = fd;
  const int epoll = sockets_.native_handle();
  if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0) return true;
  if (errno != ENOENT || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) return false;
  ++watched_;
  wait_for_sockets();
  return true;
}

void CurlLoop::unwatch(int fd) {
  if (epoll_ctl(sockets_.native_handle(), EPOLL_CTL_DEL, fd, nullptr) != 0) return;
  if (--watched_ == 0) sockets_.cancel();  // or the io_context would never run out of work
}

void CurlLoop::wait_for_sockets() {
  if (watched_ == 0 || std::exchange(waiting_, true)) return;
  auto on_ready = [weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!self || self->closed()) return;
    self->waiting_ = false;
    if (!error) self->read_sockets();
    if (!self->closed()) self->wait_for_sockets();
  };
  sockets_.async_wait(asio::posix::descriptor_base::wait_read, std::move(on_ready));
}

/// A socket may be closed since epoll reported it, and its number reused: curl then reads and finds no data.
void CurlLoop::read_sockets() {
  std::array<epoll_event, 64> ready;  // at most, so that other handlers get a turn
  const int count = epoll_wait(sockets_.native_handle(), ready.data(), static_cast<int>(ready.size()), 0);
  for (int i = 0; i < count && !closed(); ++i) {
    const auto& [events, data] = ready[static_cast<std::size_t>(i)];
    // An error without these flags: curl examines the socket itself.
    enter(data.fd, ((events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) | ((events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0));
  }
}

void CurlLoop::start_timer(long milliseconds) {
  timer_.cancel();
  if (milliseconds < 0) return;
  timer_.expires_after(std::chrono::milliseconds(milliseconds));
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && !self->closed()) self->enter(CURL_SOCKET_TIMEOUT, 0);
  });
}

void CurlLoop::enter(int fd, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, fd, events, &running);
  handle_events();
}

/// Handles the recorded events. A transfer may end others here, so the loops keep no iterator across the calls.
void CurlLoop::handle_events() {
  while (!touched_.empty()) {
    CurlTransfer* transfer = touched_.back();
    touched_.pop_back();
    transfer->turn_ended();
  }
  int left = 0;
  while (!closed()) {
    const CURLMsg* message = curl_multi_info_read(multi_, &left);
    if (message == nullptr) return;
    if (message->msg != CURLMSG_DONE) continue;
    const auto found = transfers_.find(message->easy_handle);
    const CURLcode code = message->data.result;  // `message` is gone after remove()
    if (found == transfers_.end()) continue;
    CurlTransfer* transfer = found->second;
    remove(message->easy_handle);
    transfer->finished(code);
  }
}

namespace {

/// Small: each open stream has a buffer, there may be many streams, and events are short.
constexpr long stream_buffer = 4 * 1024;

bool has_header(const HttpRequest& request, std::string_view header) {
  return std::ranges::any_of(request.headers, [&](const auto& entry) { return lower(entry.first) == header; });
}

bool takes_body(const HttpRequest& request) {
  return !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
}

}  // namespace

CurlRequest::CurlRequest(const HttpRequest& request, bool streamed) : easy_(curl_easy_init()) {
  static_assert(sizeof detail_ >= CURL_ERROR_SIZE);
  if (easy_ == nullptr) throw std::runtime_error("libcurl has no memory for a request");
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, detail_.data());
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);  // or a cancelled name resolution would block the loop
  curl_easy_setopt(easy_, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  curl_easy_setopt(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  // HttpExchange ends the exchange itself; curl needs the timeout to reserve time for a second address of the host.
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  if (streamed) curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, stream_buffer);
  // A proxy would resolve the name without a check of the address.
  if (!request.use_proxy || !request.allow_private) curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  // Events must not wait in a decompressor, so a stream asks for no coding. curl decodes a coded answer anyway.
  if (!has_header(request, "accept-encoding"))
    curl_easy_setopt(easy_, CURLOPT_ACCEPT_ENCODING, streamed ? "identity" : "gzip");
  if (!streamed && !is_safe_method(request.method)) curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 1L);
  set_method(request);
  set_headers(request);
}

CurlRequest::~CurlRequest() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(static_cast<curl_slist*>(headers_));
}

void CurlRequest::set_method(const HttpRequest& request) {
  if (request.method == "HEAD") {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
    return;
  }
  if (takes_body(request)) {
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void CurlRequest::set_headers(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    const std::string_view text = trimmed(value);
    // In curl "Name;" is a header without a value, and "Name:" removes the header.
    add_header(text.empty() ? name + ";" : name + ": " + std::string(text));
  }
  add_header("Expect:");  // or a large body waits a second for "100 Continue"
  if (!has_header(request, "content-type")) add_header("Content-Type:");  // or curl claims that it is a form
  if (!has_header(request, "user-agent")) add_header("User-Agent: nowd");
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, static_cast<curl_slist*>(headers_));
}

void CurlRequest::add_header(const std::string& line) {
  curl_slist* longer = curl_slist_append(static_cast<curl_slist*>(headers_), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  headers_ = longer;
}

}  // namespace nowd
