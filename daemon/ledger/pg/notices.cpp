#include "ledger/pg/notices.hpp"

#include <boost/asio/post.hpp>

#include "ledger/pg/session/connection.hpp"

namespace nowd {

Notices::Notices(boost::asio::any_io_executor executor, std::string conninfo, std::function<void()> heard)
    : executor_(std::move(executor)),
      conninfo_(std::move(conninfo)),
      heard_(std::move(heard)),
      thread_([this] { loop(); }) {}

Notices::~Notices() {
  stopping_ = true;
  thread_.join();
}

void Notices::loop() {
  while (!stopping_) {
    try {
      pg::Connection connection(conninfo_, "nowd-notices");
      connection.listen("nowd");
      while (!stopping_)
        if (connection.wait_for_notification(seconds{1})) boost::asio::post(executor_, heard_);
    } catch (const std::exception&) {
      std::this_thread::sleep_for(seconds{1});
    }
  }
}

}  // namespace nowd
