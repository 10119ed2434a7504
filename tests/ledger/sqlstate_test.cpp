#include "ledger/pg/session/as_result.hpp"

#include "support/catch.hpp"

using namespace nowd::pg;

TEST_CASE("what a server cannot do now is waited for; what is wrong with the statement is not") {
  for (const char* state : {"53000", "53100", "53200", "53300", "53400", "57014", "58000", "58030", "58P01"}) {
    CAPTURE(state);
    CHECK(fault_of(state) == SqlFault::passing);
  }
  for (const char* state : {"57P01", "57P02", "57P03", "57P05", "08000", "08006", "25006", "25P03"}) {
    CAPTURE(state);
    CHECK(fault_of(state) == SqlFault::lost);
  }
  for (const char* state : {"40001", "40P01", "55P03"}) CHECK(fault_of(state) == SqlFault::conflict);
  for (const char* state : {"22003", "22021", "22P02", "22P05", "23502", "23505", "23514", "42601", "42P01", "3F000",
                            "0A000", "21000", "25P02", "54000", "P0001"}) {
    CAPTURE(state);
    CHECK(fault_of(state) == SqlFault::refusal);
  }
}

TEST_CASE("a right that is missing, and a state that nobody knows, are waited for, but not for ever") {
  for (const char* state : {"42501", "", "XX000", "XX001", "72000", "F0000", "HV000", "55006", "ZZZZZ"}) {
    CAPTURE(state);
    CHECK(fault_of(state) == SqlFault::perhaps);
  }
}
