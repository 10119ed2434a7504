// The contract over the ledger in Postgres, which goes by its own clock.
#include "ledger/contract_world.hpp"
#include "ledger/ledger_fixture.hpp"

namespace nowd::test {
namespace {

std::string interval(microseconds span) { return std::to_string(span.count()) + " microseconds"; }

class PgWorld final : public World {
 public:
  Ledger& daemon(std::optional<Uuid> predecessor) override {
    daemons_.push_back(fixture_.daemon(std::move(predecessor)));
    return *daemons_.back();
  }
  Uuid node_of(const Ledger& daemon) const override { return static_cast<const PgLedger&>(daemon).node(); }
  Instant now() override { return *pg::instant_of(fixture_.sql("select clock_timestamp()").rows[0][0]); }
  VirtualClock& clock() override { return fixture_.clock(); }
  boost::asio::io_context& io() override { return fixture_.io(); }

  void due(const JobName& job, microseconds ago) override { fixture_.due(job, interval(ago)); }
  void neglect(const JobName& job, seconds ago) override {
    fixture_.sql("delete from nowd.occurrence where job = $1", {job});
    fixture_.sql(
        "update nowd.job_cursor set planned_from = t, materialised_through = t"
        " from (select clock_timestamp() - $2::interval) as at(t) where job = $1",
        {job, interval(ago)});
  }
  void pause(const JobName& job) override { fixture_.sql("select nowd.pause($1, 'test')", {job}); }
  void resume(const JobName& job) override { fixture_.sql("select nowd.resume($1)", {job}); }
  std::int64_t ask(const JobName& job, std::optional<Instant> as_of) override {
    const pg::Value at = as_of ? pg::Value(rfc3339(*as_of)) : pg::Value();
    return std::stoll(*fixture_.sql("select nowd.run($1, as_of => $2::timestamptz)", {job, at}).rows[0][0]);
  }

  std::vector<Seen> occurrences(const JobName& job) override {
    std::vector<Seen> found;
    for (const pg::Values& row :
         fixture_
             .sql("select scheduled_at, state, coalesce(reason, ''), kind, buffered, attempts, coalesced_into,"
                  " window_start from nowd.occurrence where job = $1 order by scheduled_at",
                  {job})
             .rows)
      found.push_back({*pg::instant_of(row[0]), *row[1], *row[2], *parse_run_kind(*row[3]), row[4] == "t",
                       std::stoi(*row[5]), pg::instant_of(row[6]), *pg::instant_of(row[7])});
    return found;
  }
  std::vector<MissedRange> ranges(const JobName& job) override {
    std::vector<MissedRange> found;
    for (const pg::Values& row : fixture_
                                     .sql("select first_at, last_at, count, state, coalesce(reason, ''), coalesced_into"
                                          " from nowd.occurrence_range where job = $1 order by first_at",
                                          {job})
                                     .rows)
      found.push_back({*pg::instant_of(row[0]), *pg::instant_of(row[1]), std::stoll(*row[2]),
                       parse_occurrence_state(*row[3]).value(), parse_occurrence_reason(*row[4]).value(),
                       pg::instant_of(row[5])});
    return found;
  }
  Instant planned_through(const JobName& job) override {
    return *pg::instant_of(
        fixture_.sql("select materialised_through from nowd.job_cursor where job = $1", {job}).rows[0][0]);
  }
  std::string run(RunId run) override {
    return *fixture_
                .sql("select state || coalesce(' ' || reason, '') from nowd.run where run = $1::bigint",
                     {to_string(run)})
                .rows[0][0];
  }
  std::int64_t ask_even_if_paused(const JobName& job) override {
    return std::stoll(*fixture_
                           .sql("insert into nowd.request (job, scheduled_at, as_of_given, effects, even_if_paused)"
                                " values ($1, clock_timestamp(), false, true, true) returning request",
                                {job})
                           .rows[0][0]);
  }
  std::string request(std::int64_t request) override {
    return fixture_.one("select state || coalesce(' ' || reason, '') from nowd.request where request = " +
                        std::to_string(request));
  }
  std::string requests(const JobName& job) override {
    return fixture_.one(
        "select coalesce(string_agg(state || coalesce(' ' || reason, ''), ', ' order by request), '')"
        " from nowd.request where job = '" +
        job + "'");
  }

 private:
  LedgerFixture fixture_;
  std::vector<std::unique_ptr<PgLedger>> daemons_;
};

}  // namespace

std::unique_ptr<World> make_world() { return std::make_unique<PgWorld>(); }

}  // namespace nowd::test
