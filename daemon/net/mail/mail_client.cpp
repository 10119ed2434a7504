#include "net/mail/mail_client.hpp"

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

#include "foundation/fd.hpp"
#include "net/mail/mail_exchange.hpp"

namespace asio = boost::asio;

namespace nowd {
namespace {

constexpr std::size_t mails_at_once = 4;

/// One mail, between the loop and a thread. All but `given_up` is the loop's alone.
struct Job {
  explicit Job(const asio::any_io_executor& executor) : done(executor, asio::steady_timer::time_point::max()) {}
  std::atomic<bool> given_up = false;
  std::optional<MailOutcome> outcome;
  std::exception_ptr failure;
  asio::steady_timer done;  ///< cancelled when there is an outcome
};

}  // namespace

struct MailClient::Impl {
  Impl(asio::any_io_executor on, const Clock& reads) : executor(std::move(on)), clock(reads) {}

  void start(std::shared_ptr<Job> job, MailRequest request, bool probe) {
    auto work = [this, job = std::move(job), request = std::move(request), probe]() mutable {
      std::optional<MailOutcome> outcome;
      std::exception_ptr failure;
      try {
        MailExchange exchange(clock, std::move(request), probe, [&] { return job->given_up || closing; });
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

  /// Takes only a weak hold: the coroutine may be started, or go on, after the client is gone.
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
      job->given_up = true;
      throw boost::system::system_error(asio::error::operation_aborted);
    }
    if (job->failure) std::rethrow_exception(job->failure);
    co_return std::move(*job->outcome);
  }

  asio::any_io_executor executor;
  const Clock& clock;
  std::atomic<bool> closing = false;
  asio::thread_pool pool{mails_at_once};
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
