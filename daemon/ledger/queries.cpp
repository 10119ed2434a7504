#include "ledger/queries.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "ledger/pg/as_result.hpp"
#include "ledger/pg/connection.hpp"

namespace asio = boost::asio;

namespace nowd {
namespace {

constexpr std::size_t threads = 4;
constexpr int most_rows = 10'000;

/// The query inside one that gives its rows as JSON: an end of statement or a comment in it cannot end the frame.
std::string framed(std::string sql, std::size_t max_bytes) {
  while (!sql.empty() && (sql.back() == ';' || sql.back() == '\n' || sql.back() == ' ' || sql.back() == '\t'))
    sql.pop_back();
  return "select left(coalesce(json_agg(row_to_json(q)), '[]')::text, " + std::to_string(max_bytes + 1) +
         ") from (select * from (\n" + sql + "\n) as u limit " + std::to_string(most_rows) + ") as q";
}

Result<std::string> answer(const Query& query, const std::string& database) {
  return pg::as_result([&]() -> Result<std::string> {
    pg::Connection connection(database, "nowd-query");
    pg::Transaction transaction(connection);
    transaction.run_script("set transaction read only; set local statement_timeout = " +
                           std::to_string(query.timeout.count()));
    const std::string sql = framed(query.sql, query.max_bytes);
    const pg::Values parameters(query.parameters.begin(), query.parameters.end());
    return *transaction.run({"query", sql.c_str()}, parameters).rows.at(0)[0];
  });
}

}  // namespace

Queries::Queries(asio::any_io_executor executor, std::string own_database)
    : executor_(std::move(executor)), own_database_(std::move(own_database)), threads_(threads) {}

Queries::~Queries() { threads_.join(); }

asio::awaitable<Result<std::string>> Queries::run(Query query) {
  if (query.database.empty()) query.database = own_database_;
  auto on_thread = [](Query asked) -> asio::awaitable<Result<std::string>> { co_return answer(asked, asked.database); };
  co_return co_await asio::co_spawn(threads_, on_thread(std::move(query)), asio::use_awaitable);
}

}  // namespace nowd
