#include "ledger/reader/reader_pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

namespace asio = boost::asio;

namespace nowd {
namespace {

constexpr std::size_t pool_threads = 2;
constexpr int max_requested = 8;
constexpr seconds patience{3};

/// Counts the question also when its coroutine is cut.
class Counted {
 public:
  explicit Counted(int& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;

 private:
  int& count_;
};

Result<Json> answer(const std::string& database, const ReaderPool::Question& question) {
  Result<LedgerReader> reader = LedgerReader::open(database, patience);
  if (!reader) return reader.error();
  return question(*reader);
}

}  // namespace

ReaderPool::ReaderPool(asio::any_io_executor executor, std::string database)
    : executor_(std::move(executor)), database_(std::move(database)), threads_(pool_threads) {}

ReaderPool::~ReaderPool() { threads_.join(); }

asio::awaitable<Result<Json>> ReaderPool::ask(Question question) {
  if (asked_ >= max_requested)
    co_return Error{ErrorKind::budget_spent, "too many pages are being read at once; try again"};
  const Counted counted(asked_);
  auto on_thread = [](std::string database, Question asked) -> asio::awaitable<Result<Json>> {
    co_return answer(database, asked);
  };
  co_return co_await asio::co_spawn(threads_, on_thread(database_, std::move(question)), asio::use_awaitable);
}

}  // namespace nowd
