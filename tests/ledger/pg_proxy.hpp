// A proxy in front of Postgres that breaks a connection exactly at COMMIT, before the server got it or after it obeyed,
// and lets nobody in for a while.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>
#include <list>
#include <string>
#include <thread>

namespace nowd::test {

class PgProxy {
 public:
  enum class Fault { none, before_commit, after_commit };

  /// `conninfo` must have host=DIRECTORY and port=N, as a private server's has.
  explicit PgProxy(const std::string& conninfo);
  ~PgProxy();

  std::string conninfo() const { return conninfo_; }
  /// Strikes once, at the next COMMIT of any connection.
  void inject(Fault fault) { fault_ = fault; }
  bool injected() const { return fault_ == Fault::none; }
  /// The same, and no connection is let in from then on, until open().
  void inject_and_close(Fault fault) {
    closes_ = true;
    fault_ = fault;
  }
  void open() { closed_ = closes_ = false; }

 private:
  using Socket = boost::asio::local::stream_protocol::socket;
  struct Link {
    Link(Socket a, Socket b) : client(std::move(a)), server(std::move(b)) {}
    Socket client, server;
    std::thread up, down;
    std::atomic<bool> drop_reply{false};
  };
  void accept();
  bool strikes(Fault fault);
  void copy_up(Link& link);
  void copy_down(Link& link);
  static void cut(Link& link);

  std::string conninfo_;
  std::filesystem::path directory_;
  std::string server_path_;
  boost::asio::io_context io_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::list<Link> links_;
  std::atomic<Fault> fault_{Fault::none};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> closes_{false}, closed_{false};
  std::thread accepting_;
};

}  // namespace nowd::test
