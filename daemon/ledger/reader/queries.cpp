#include "ledger/reader/queries.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "ledger/pg/session/as_result.hpp"
#include "ledger/pg/session/connection.hpp"

namespace asio = boost::asio;

namespace nowd {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t query_threads = 4;
constexpr int max_rows = 10'000;
constexpr milliseconds servers_own_end{500};  ///< so long the server's own word for a timeout is waited for
constexpr std::string_view insufficient_privilege = "42501";
constexpr std::string_view undefined_table = "42P01";

/// The query inside one that gives its rows as JSON: an end of statement or a comment in it cannot end the frame.
std::string framed(std::string sql, std::size_t max_bytes) {
  while (!sql.empty() && (sql.back() == ';' || sql.back() == '\n' || sql.back() == ' ' || sql.back() == '\t'))
    sql.pop_back();
  return "select left(coalesce(json_agg(row_to_json(q)), '[]')::text, " + std::to_string(max_bytes + 1) +
         ") from (select * from (\n" + sql + "\n) as u limit " + std::to_string(max_rows) + ") as q";
}

Error out_of_time(milliseconds timeout) {
  return unavailable("no answer within " + human(timeout) + ", the wait for a free thread included");
}

/// "permission denied for table orders" → "orders"; empty where the server speaks another language.
std::string table_of(const std::string& message) {
  for (const std::string_view kind : {"table ", "view ", "relation ", "materialized view ", "foreign table "}) {
    const std::string mark = "permission denied for " + std::string(kind);
    if (const std::size_t at = message.find(mark); at != std::string::npos)
      return message.substr(at + mark.size(), message.find_first_of(" \n", at + mark.size()) - at - mark.size());
  }
  return "";
}

std::string role_of(pg::Connection& connection) {
  pg::Transaction transaction(connection);
  return transaction.run({"query role", "select quote_ident(current_user)"}).rows.at(0)[0].value_or("ROLE");
}

/// A job's query reads tables of its own: the ledger's hints do not help there.
Result<std::string> failed(pg::Connection& connection, const pg::SqlError& error) {
  if (error.sqlstate == undefined_table)
    return invalid(pg::sentence(error.what()) + "; write the table's name with its schema, as in public.orders");
  if (error.sqlstate != insufficient_privilege) return pg::to_error(error);
  const std::string table = table_of(error.what());
  return refused(pg::sentence(error.what()) + "; let its owner run: grant select on " +
                 (table.empty() ? "TABLE" : table) + " to " + role_of(connection));
}

}  // namespace

/// One query between the coroutine that waits for it and the thread that asks it.
struct Queries::Asked {
  Asked(const asio::any_io_executor& executor, Query asked) : query(std::move(asked)), ended(executor) {}

  const Query query;
  const Steady::time_point deadline = Steady::now() + query.timeout;
  // The coroutine's:
  asio::steady_timer ended;
  std::optional<Result<std::string>> answer;
  // Of both:
  std::mutex mutex;
  bool given_up = false;
  pg::Connection* connection = nullptr;  ///< while the query may be under way there

  milliseconds left() const { return std::chrono::ceil<milliseconds>(deadline - Steady::now()); }
  bool is_over() const { return given_up || left() <= milliseconds{0}; }

  bool lend(pg::Connection* lent) {
    const std::lock_guard lock(mutex);
    connection = lent;
    return !given_up;
  }
  void cancel_query() {
    const std::lock_guard lock(mutex);
    if (connection != nullptr) connection->cancel_query();
  }
  void give_up() {
    const std::lock_guard lock(mutex);
    given_up = true;
  }
};

namespace {

Result<std::string> ask(pg::Connection& connection, const Query& query, milliseconds left) {
  try {
    pg::Transaction transaction(connection);
    transaction.run_script("set transaction read only; set local statement_timeout = " +
                           std::to_string(std::max(left, milliseconds{1}).count()));
    const std::string sql = framed(query.sql, query.max_bytes);
    const pg::Values parameters(query.parameters.begin(), query.parameters.end());
    return *transaction.run({"query", sql.c_str()}, parameters).rows.at(0)[0];
  } catch (const pg::SqlError& error) {
    return failed(connection, error);
  }
}

}  // namespace

/// On a thread of the pool.
Result<std::string> Queries::answer(Asked& asked) {
  if (asked.is_over()) return out_of_time(asked.query.timeout);
  return pg::as_result([&]() -> Result<std::string> {
    pg::Connection connection(asked.query.database, "nowd-query");
    struct Lent {
      Asked& asked;
      ~Lent() { asked.lend(nullptr); }
    } lent{asked};
    if (!asked.lend(&connection) || asked.left() <= milliseconds{0}) return out_of_time(asked.query.timeout);
    return ask(connection, asked.query, asked.left());
  });
}

Queries::Queries(asio::any_io_executor executor, std::string own_database)
    : executor_(std::move(executor)), own_database_(std::move(own_database)), threads_(query_threads), cancelling_(1) {}

Queries::~Queries() {
  threads_.join();
  cancelling_.join();
}

asio::awaitable<Result<std::string>> Queries::run(Query query) {
  if (query.database.empty()) query.database = own_database_;
  const auto asked = std::make_shared<Asked>(executor_, std::move(query));
  asked->ended.expires_at(asked->deadline + servers_own_end);
  asio::post(threads_, [asked, here = executor_] {
    Result<std::string> got = answer(*asked);
    asio::post(here, [asked, got = std::move(got)]() mutable {
      asked->answer = std::move(got);
      asked->ended.cancel();
    });
  });
  co_await asked->ended.async_wait(asio::as_tuple(asio::use_awaitable));
  if (asked->answer) co_return std::move(*asked->answer);
  asked->give_up();
  asio::post(cancelling_, [asked] { asked->cancel_query(); });
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none)
    throw boost::system::system_error(asio::error::operation_aborted);
  co_return out_of_time(asked->query.timeout);
}

}  // namespace nowd
