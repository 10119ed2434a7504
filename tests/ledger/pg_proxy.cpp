#include "ledger/pg_proxy.hpp"

#include <stdlib.h>
#include <sys/socket.h>

#include <boost/asio/write.hpp>
#include <regex>
#include <stdexcept>

namespace nowd::test {
namespace {

std::string value_of(const std::string& conninfo, const std::string& key) {
  std::smatch found;
  if (!std::regex_search(conninfo, found, std::regex("(?:^| )" + key + "=(\\S+)")))
    throw std::runtime_error("no " + key);
  return found[1];
}

std::filesystem::path fresh_directory() {
  char name[] = "/tmp/nowd-proxy-XXXXXX";
  if (mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp");
  return name;
}

}  // namespace

PgProxy::PgProxy(const std::string& conninfo) : directory_(fresh_directory()), acceptor_(io_) {
  const std::string name = ".s.PGSQL." + value_of(conninfo, "port");
  server_path_ = value_of(conninfo, "host") + "/" + name;
  conninfo_ = conninfo + " host=" + directory_.string();
  acceptor_.open();
  acceptor_.bind((directory_ / name).string());
  acceptor_.listen();
  accepting_ = std::thread([this] { accept(); });
}

PgProxy::~PgProxy() {
  stopping_ = true;
  shutdown(acceptor_.native_handle(), SHUT_RDWR);
  accepting_.join();
  for (Link& link : links_) {
    cut(link);
    link.up.join();
    link.down.join();
  }
  std::filesystem::remove_all(directory_);
}

void PgProxy::cut(Link& link) {
  shutdown(link.client.native_handle(), SHUT_RDWR);
  shutdown(link.server.native_handle(), SHUT_RDWR);
}

void PgProxy::accept() {
  for (;;) {
    boost::system::error_code failed;
    Socket client = acceptor_.accept(failed);
    if (failed || stopping_) return;
    if (closed_) continue;
    Socket server(io_);
    server.connect(boost::asio::local::stream_protocol::endpoint(server_path_), failed);
    if (failed) continue;
    Link& link = links_.emplace_back(std::move(client), std::move(server));
    link.up = std::thread([this, &link] { copy_up(link); });
    link.down = std::thread([this, &link] { copy_down(link); });
  }
}

bool PgProxy::strikes(Fault fault) {
  if (fault_ != fault) return false;
  closed_ = closes_.load();
  return fault_.compare_exchange_strong(fault, Fault::none);
}

void PgProxy::copy_up(Link& link) {
  char bytes[65536];
  boost::system::error_code failed;
  for (;;) {
    const std::size_t size = link.client.read_some(boost::asio::buffer(bytes), failed);
    if (failed) break;
    if (std::string_view(bytes, size).find("COMMIT") != std::string_view::npos) {
      if (strikes(Fault::before_commit)) break;
      if (strikes(Fault::after_commit)) link.drop_reply = true;
    }
    boost::asio::write(link.server, boost::asio::buffer(bytes, size), failed);
    if (failed) break;
  }
  if (!link.drop_reply) cut(link);
}

void PgProxy::copy_down(Link& link) {
  char bytes[65536];
  boost::system::error_code failed;
  for (;;) {
    const std::size_t size = link.server.read_some(boost::asio::buffer(bytes), failed);
    if (failed || link.drop_reply) break;  // the server has obeyed, and its answer is lost
    boost::asio::write(link.client, boost::asio::buffer(bytes, size), failed);
    if (failed) break;
  }
  cut(link);
}

}  // namespace nowd::test
