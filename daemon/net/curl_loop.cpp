#include "net/curl_loop.hpp"

#include <curl/curl.h>

#include <stdexcept>
#include <utility>

#include "net/broken_pipe.hpp"

namespace asio = boost::asio;

namespace nowd {
namespace {

constexpr long kIdleConnections = 256;

/// libcurl's process-wide state: made before the first handle, given back when the process ends.
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

}  // namespace

CurlLoop::CurlLoop(asio::any_io_executor executor)
    : executor_(std::move(executor)), timer_(executor_), multi_(make_multi()) {
  ignore_broken_pipes();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kIdleConnections);
}

CurlLoop::~CurlLoop() { close(); }

void CurlLoop::add(void* easy, CurlTransfer& transfer) {
  transfers_.emplace(easy, &transfer);
  curl_multi_add_handle(multi_, easy);  // does nothing yet but ask for the timer
}

void CurlLoop::remove(void* easy) {
  const auto found = transfers_.find(easy);
  if (found == transfers_.end()) return;
  curl_multi_remove_handle(multi_, easy);  // may still call back, so it comes first
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
  auto& entry = watches_[fd];
  if (!entry) {
    entry = std::make_shared<Watch>(executor_);
    boost::system::error_code error;
    entry->descriptor.assign(fd, error);
    if (error) watches_.erase(fd);
    if (error) return false;
  }
  entry->wanted = what;
  arm(fd, entry);
  return true;
}

void CurlLoop::unwatch(int fd) {
  const auto found = watches_.find(fd);
  if (found == watches_.end()) return;
  found->second->wanted = 0;
  found->second->descriptor.release();  // the descriptor is curl's: it closes it, we only stop watching
  watches_.erase(found);
}

void CurlLoop::arm(int fd, const std::shared_ptr<Watch>& watch) {
  if ((watch->wanted & CURL_POLL_IN) != 0 && !std::exchange(watch->reading, true)) wait(fd, watch, true);
  if ((watch->wanted & CURL_POLL_OUT) != 0 && !std::exchange(watch->writing, true)) wait(fd, watch, false);
}

void CurlLoop::wait(int fd, const std::shared_ptr<Watch>& watch, bool for_read) {
  const auto direction = for_read ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write;
  auto on_ready = [weak = weak_from_this(), watch, fd, for_read](const boost::system::error_code& error) {
    (for_read ? watch->reading : watch->writing) = false;
    const int events = for_read ? CURL_POLL_IN : CURL_POLL_OUT;
    const auto self = weak.lock();
    // `wanted` is 0 once curl gave the descriptor up: its number may be another socket's by now.
    if (!self || self->closed() || (watch->wanted & events) == 0) return;
    self->enter(fd, error ? CURL_CSELECT_ERR : for_read ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
    if (!self->closed()) self->arm(fd, watch);
  };
  watch->descriptor.async_wait(direction, std::move(on_ready));
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
  act();
}

/// Acts on what curl said. Whatever a transfer does here may end others, so nothing is held across the calls.
void CurlLoop::act() {
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

}  // namespace nowd
