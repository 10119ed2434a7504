#include "net/mail_client.hpp"

#include <utility>

#include "net/curl_loop.hpp"
#include "net/mail_exchange.hpp"

namespace asio = boost::asio;

namespace nowd {

struct MailClient::Impl {
  Impl(asio::any_io_executor on, const Clock& reads)
      : executor(std::move(on)), clock(reads), loop(std::make_shared<CurlLoop>(executor)) {}

  /// Takes only a weak hold: the coroutine may be started, or go on, after the client is gone.
  static asio::awaitable<MailOutcome> run(std::weak_ptr<Impl> client, MailRequest request, bool probe) {
    auto impl = client.lock();
    if (!impl) co_return MailOutcome{MailOutcome::End::not_sent, 0, "the mail client is closed", {}, {}};
    MailExchange exchange(impl->loop, impl->executor, impl->clock, std::move(request), probe);
    impl.reset();
    co_return co_await exchange.run();
  }

  asio::any_io_executor executor;
  const Clock& clock;
  std::shared_ptr<CurlLoop> loop;
};

MailClient::MailClient(asio::any_io_executor executor, const Clock& clock)
    : impl_(std::make_shared<Impl>(std::move(executor), clock)) {}

MailClient::~MailClient() { impl_->loop->close(); }

asio::awaitable<MailOutcome> MailClient::send(MailRequest request) {
  return Impl::run(impl_, std::move(request), false);
}

asio::awaitable<MailOutcome> MailClient::probe(MailRequest request) {
  return Impl::run(impl_, std::move(request), true);
}

}  // namespace nowd
