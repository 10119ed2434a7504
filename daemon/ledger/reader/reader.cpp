#include "ledger/reader/reader.hpp"

#include "ledger/reader/reader.sql.hpp"
#include "ledger/reader/reader_impl.hpp"

namespace nowd {

ReaderRoles reader_roles(pg::Transaction& transaction) {
  ReaderRoles roles;
  for (const pg::Values& row : transaction.run(sql::read_groups).rows) {
    const std::string become = "set local role " + row[0].value() + "; ";
    (row[0] == "nowd_reader" ? roles.reader : roles.operator_) = become;
  }
  return roles;
}

Result<std::vector<Json>> LedgerReader::Impl::ask_for_rows(const pg::Statement& statement, const std::string& relation,
                                                           const pg::Values& values) {
  return ask(
      [&](pg::Transaction& t) -> Result<std::vector<Json>> { return rows->read(t, statement, relation, values); });
}

void LedgerReader::Impl::become_operator(pg::Transaction& transaction) const {
  if (!roles.operator_.empty()) transaction.run_script(roles.operator_);
}

Result<pg::Value> LedgerReader::Impl::act_by(const pg::Statement& statement, const pg::Values& values) {
  return act([&](pg::Transaction& t) -> Result<pg::Value> { return t.run(statement, values).rows.at(0).at(0); });
}

std::string LedgerReader::Impl::limits() const {
  return patience ? "; set local statement_timeout = " + std::to_string(patience->count()) : "";
}

LedgerReader::LedgerReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LedgerReader::~LedgerReader() = default;
LedgerReader::LedgerReader(LedgerReader&&) noexcept = default;

Result<LedgerReader> LedgerReader::open(const std::string& conninfo, std::optional<milliseconds> patience) {
  return pg::as_result([&]() -> Result<LedgerReader> {
    auto impl = std::make_unique<Impl>(conninfo);
    impl->patience = patience;
    pg::Transaction transaction(impl->connection);
    if (patience) transaction.run_script(impl->limits());
    if (transaction.run(sql::has_schema).rows[0][0] != "t")
      return invalid("the database has no schema nowd: make it with nowctl migrate, or name another with --database");
    impl->roles = reader_roles(transaction);
    impl->become_operator(transaction);
    impl->rows.emplace(transaction);
    return LedgerReader(std::move(impl));
  });
}

}  // namespace nowd
